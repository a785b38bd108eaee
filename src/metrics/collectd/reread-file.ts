import { readFile, stat } from 'node:fs/promises';
import type { Report } from '../../report/report.ts';

/** Collectd's own types.db has 17 KB. */
const MAX_BYTES = 4 << 20;
/** Lines that are named when they cannot be read. */
const MAX_LINES_SAID = 5;

export interface RereadOptions<Content extends { readonly badLines: readonly number[] }> {
  readonly path: string;
  readonly parse: (text: string) => Content;
  /** What a line should be, for one that cannot be read. */
  readonly line: string;
  /** That there is no such file is nothing to say. */
  readonly mayLack: boolean;
  /** What it costs that the file cannot be read, and the next step. */
  readonly missing: string;
  readonly report: Pick<Report, 'trouble' | 'recovered'>;
}

/** A small text file that is read again whenever it has changed. While it cannot be read, what it held last counts. */
export class RereadFile<Content extends { readonly badLines: readonly number[] }> {
  readonly #o: RereadOptions<Content>;
  #version = '';
  #content: Content | null = null;
  #fault: string | null = null;

  constructor(options: RereadOptions<Content>) { this.#o = options; }

  get path(): string { return this.#o.path; }
  /** Why it could not be read at the last look, what that costs and what to do; null: it could, or may lack. */
  get fault(): string | null { return this.#fault; }
  /** What a line should be. */
  get line(): string { return this.#o.line; }

  /** Null until it could be read once. */
  get content(): Content | null { return this.#content; }

  /** Reads the file if it is another one than was read last; whether it was. Says what is wrong with it, and when that is over. Never rejects. */
  async look(): Promise<boolean> {
    const { path, parse, report, mayLack, missing } = this.#o;
    const subject = `collectd file ${path}`;
    try {
      const file = await stat(path, { bigint: true });
      const version = `${file.dev} ${file.ino} ${file.size} ${file.mtimeNs} ${file.ctimeNs}`;
      if (version === this.#version) return false;
      // A pipe would never end.
      if (!file.isFile()) throw new Error('not a regular file');
      if (file.size > MAX_BYTES) throw new Error(`more than ${MAX_BYTES >> 20} MiB`);
      this.#content = parse(await readFile(path, 'utf8'));
      this.#version = version;
      this.#fault = null;
      report.recovered(subject, `${path}: is read again`);
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      this.#fault = mayLack && code === 'ENOENT' && this.#content === null ? null : `cannot be read (${code ?? message}); ${this.#content === null ? missing : 'what it held before still counts'}`;
      if (this.#fault !== null) report.trouble(subject, `${path}: ${this.#fault}. It is tried again every few seconds`);
      // So that it is read again even if it comes back as it was, and is said to be.
      this.#version = '';
      return false;
    }
    this.#sayLines(this.#content.badLines);
    return true;
  }

  #sayLines(lines: readonly number[]): void {
    const { path, line, report } = this.#o;
    const subject = `collectd lines of ${path}`;
    if (lines.length === 0) return report.recovered(subject, `${path}: all of its lines can be read now`);
    const more = lines.length > MAX_LINES_SAID ? ` and ${lines.length - MAX_LINES_SAID} more` : '';
    report.trouble(subject, `${path}: ${lines.length === 1 ? 'line' : 'lines'} ${lines.slice(0, MAX_LINES_SAID).join(', ')}${more} cannot be read and ${lines.length === 1 ? 'is' : 'are'} left out: expected ${line}`);
  }
}
