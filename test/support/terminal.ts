// A command on a terminal of its own: script(1) of util-linux, which every Linux has, gives it one.
import { spawn, type ChildProcessByStdio } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { atEnd, type Owner } from './at-end.ts';
import { until } from './rig.ts';

/** Escape sequences that move, colour and erase (ECMA-48 CSI), and those that set modes. */
// oxlint-disable-next-line no-control-regex
const SEQUENCES = /\u001b\[[0-9;?]*[A-Za-z]/g;
/** The box of the row at the cursor is cyan; the others are dim. */
const CURSOR = '\u001b[36m\u25fb\u001b[39m ';
/** Marks the question that is open now. */
const OPEN = '\u25c6';

export const KEY = { enter: '\r', down: '\u001b[B', space: ' ', interrupt: '\u0003' } as const;

/** More than any list of a test has. */
const MOST_ROWS = 60;

export interface TerminalSpec {
  readonly command: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
}

export class Terminal {
  readonly #child: ChildProcessByStdio<Writable, Readable, null>;
  readonly #exited: Promise<number>;
  #over = false;
  #said = '';
  /** What was said before it has been dealt with. */
  #mark = 0;

  constructor(t: Owner, { command, cwd, env }: TerminalSpec) {
    const quoted = command.map((word) => `'${word.replaceAll('\'', String.raw`'\''`)}'`).join(' ');
    this.#child = spawn('script', ['-qfec', `stty cols 120 rows 50; exec ${quoted}`, '/dev/null'], { cwd, stdio: ['pipe', 'pipe', 'inherit'], env: { PATH: process.env['PATH'] ?? '', TERM: 'xterm-256color', LANG: 'C.UTF-8', SHELL: '/bin/sh', HOME: cwd, ...env } });
    this.#child.stdout.setEncoding('utf8').on('data', (text: string) => { this.#said += text; });
    this.#exited = new Promise((resolve, reject) => {
      this.#child.once('error', reject);
      this.#child.once('close', (code) => { this.#over = true; resolve(code ?? -1); });
    });
    atEnd(t, async () => {
      if (!this.#over) this.#child.kill('SIGKILL');
      await this.#exited;
    });
  }

  /** All that was on the screen so far, without colours. */
  get text(): string { return this.#said.replaceAll(SEQUENCES, '').replaceAll('\r', ''); }

  /** Waits for an open question that begins so, and answers with keys. */
  async answer(question: string, ...keys: readonly string[]): Promise<void> {
    await this.shows(`${OPEN}  ${question}`);
    this.#mark = this.text.length;
    for (const key of keys) this.#child.stdin.write(key);
  }

  /** Goes down a list in which nothing is chosen until the cursor is at a row that begins so, and takes it alone. */
  async choose(row: string): Promise<void> {
    const cursors = (): readonly string[] => this.#said.split(CURSOR).slice(1).map((text) => text.slice(0, text.search(/[\r\n]|$/)));
    for (let step = 0; !(cursors().at(-1) ?? '').startsWith(row); step++) {
      if (step === MOST_ROWS) throw new Error(`no row of the list begins with ${JSON.stringify(row)}:\n${this.text}`);
      const before = cursors().length;
      this.#child.stdin.write(KEY.down);
      await until('the cursor to move', () => cursors().length > before || this.#over);
    }
    this.#child.stdin.write(KEY.space + KEY.enter);
  }

  /** Waits for a text that was not there before the last answer. */
  async shows(text: string): Promise<void> {
    await until(`the terminal to show ${JSON.stringify(text)}`, () => {
      const found = this.text.includes(text, this.#mark);
      if (!found && this.#over) throw new Error(`the command ended without showing ${JSON.stringify(text)}:\n${this.text}`);
      return found;
    }, 20_000);
  }

  /** Exit code, once the command has ended. */
  exit(): Promise<number> { return this.#exited; }
}
