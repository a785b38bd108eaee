// SIGKILL at random moments: a writer at a steady rate, rotated at random, in front of a service that throttles at random.
// Every line has a number, so that what was lost, came twice, or came out of order is counted exactly, in bounded memory.
import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, mkdtempSync, openSync, renameSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { startEndpoint } from '../../src/local-endpoint/server.ts';
import type { RunningEndpoint } from '../../src/local-endpoint/server.ts';
import { randomOf } from './random.ts';
import type { Random } from './random.ts';

const MAIN = join(import.meta.dirname, '../../src/main.ts');
const LINE_BYTES = 100;
const TICK_MS = 20;
/** What was answered this long before a kill is on disk. */
const JOURNAL_MS = 50;
/** Rotated files that are kept; an older one is deleted, once all its lines have arrived. */
const KEPT_FILES = 12;
const DRAIN_MS = 60_000;

export interface KillOptions {
  readonly rounds: number;
  readonly seed: number;
  readonly bytesPerSecond: number;
  /** Longest life of one agent, milliseconds. */
  readonly longestMs: number;
  /** The agent's program; the sources by default. */
  readonly program?: string;
  readonly onRound?: (round: number, summary: KillSummary) => void;
}

export interface KillSummary {
  readonly seed: number;
  readonly rounds: number;
  readonly written: number;
  readonly rotations: number;
  readonly throttled: number;
  /** Lines that never arrived; known at the end. */
  readonly lost: number;
  /** Lines that came again, over all kills, and the most over one kill. */
  readonly duplicates: number;
  readonly mostDuplicates: number;
  /** Lines that may come again: in flight at a kill, or acknowledged in the last 50 ms before it. */
  readonly repeatable: number;
  /** Kills after which more came again than that. */
  readonly excesses: readonly string[];
  /** Places where a line came before the line before it had, and what is known of the first of them. */
  readonly disordered: number;
  readonly gaps: readonly string[];
  readonly seconds: number;
}

/** Appends numbered lines to `app.log` at a steady rate and rotates it by rename, as logrotate does. */
class Writer {
  readonly #folder: string;
  readonly #bytesPerSecond: number;
  readonly #random: Random;
  /** First line of each file that is kept, newest first: index 0 is app.log. */
  readonly #firsts: number[] = [0];
  readonly #deletable: (line: number) => boolean;
  #fd: number;
  #began = performance.now();
  #timer: NodeJS.Timeout | null = null;
  #rotateAt = 0;
  lines = 0;
  rotations = 0;

  constructor(folder: string, bytesPerSecond: number, random: Random, deletable: (line: number) => boolean) {
    this.#folder = folder;
    this.#bytesPerSecond = bytesPerSecond;
    this.#random = random;
    this.#deletable = deletable;
    this.#fd = openSync(join(folder, 'app.log'), 'a');
  }

  /** Writes a first line: what was rotated away before the agent first saw the file is none of its affair. */
  first(): void { writeSync(this.#fd, this.#line()); }

  start(): void {
    this.#began = performance.now();
    this.#timer = setInterval(() => { this.#tick(); }, TICK_MS);
  }

  stop(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
    closeSync(this.#fd);
  }

  #tick(): void {
    const due = Math.floor((performance.now() - this.#began) / 1000 * this.#bytesPerSecond / LINE_BYTES);
    let text = '';
    while (this.lines < due) text += this.#line();
    if (text !== '') writeSync(this.#fd, text);
    if (performance.now() < this.#rotateAt) return;
    if (this.#rotateAt > 0) this.#rotate();
    this.#rotateAt = performance.now() + this.#random.between(500, 4_000);
  }

  #line(): string { return `${String(this.lines++).padStart(12, '0')} `.padEnd(LINE_BYTES - 1, 'abc "quoted" \\ ') + '\n'; }

  #rotate(): void {
    const path = (n: number): string => join(this.#folder, n === 0 ? 'app.log' : `app.log.${n}`);
    while (this.#firsts.length > KEPT_FILES && this.#deletable(this.#firsts.at(-2)! - 1)) {
      rmSync(path(this.#firsts.length - 1));
      this.#firsts.pop();
    }
    for (let n = this.#firsts.length - 1; n >= 0; n--) renameSync(path(n), path(n + 1));
    // The writer goes on into the renamed file for a moment, as one that is told by a signal.
    this.#firsts.unshift(this.lines);
    closeSync(this.#fd);
    this.#fd = openSync(path(0), 'a');
    this.rotations++;
  }
}

/** Counts arrivals by the number at the beginning of each line. */
class Checker {
  #counts = new Uint8Array(1 << 20);
  /** The least line that has not arrived. */
  next = 0;
  duplicates = 0;
  /** Lines that came before the line before them had. */
  disordered = 0;
  /** The first of them, for the message. */
  readonly gaps: string[] = [];
  total = 0;

  take(messages: readonly string[]): void {
    for (const message of messages) {
      const line = Number(message.slice(0, 12));
      if (line >= this.#counts.length) {
        const larger = new Uint8Array(2 * Math.max(line, this.#counts.length));
        larger.set(this.#counts);
        this.#counts = larger;
      }
      this.total++;
      if (this.#counts[line]! > 0) this.duplicates++;
      else if (line > 0 && this.#counts[line - 1] === 0) {
        this.disordered++;
        if (this.gaps.length < 20) this.gaps.push(`line ${line} came while ${this.next} was the next`);
      }
      this.#counts[line] = Math.min(255, this.#counts[line]! + 1);
      while (this.next < this.#counts.length && this.#counts[this.next]! > 0) this.next++;
    }
  }

  lostOf(lines: number): number {
    let lost = 0;
    for (let line = this.next; line < lines; line++) if ((this.#counts[line] ?? 0) === 0) lost++;
    return lost;
  }
}

interface Child { readonly ended: Promise<void>; isOver(): boolean; signal(name: 'SIGKILL' | 'SIGTERM'): void; said(): string }

function startAgent(root: string, program: string): Child {
  const env = { PATH: process.env['PATH'] ?? '', HOME: root, AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE', AWS_SECRET_ACCESS_KEY: 'none', AWS_EC2_METADATA_DISABLED: 'true' };
  const child = spawn(process.execPath, [program, 'run', '--config', join(root, 'agent.json'), '--state-dir', join(root, 'state')], { stdio: ['ignore', 'ignore', 'pipe'], env });
  let said = '';
  let over = false;
  child.stderr.setEncoding('utf8').on('data', (text: string) => { said = (said + text).slice(-20_000); });
  const ended = new Promise<void>((resolve) => { child.once('exit', () => { over = true; resolve(); }); });
  return { ended, isOver: () => over, signal: (name) => { child.kill(name); }, said: () => said };
}

/** Throttling, outages and slow answers that come and go. */
function unrest(endpoint: RunningEndpoint, random: Random): () => void {
  const change = (): void => {
    endpoint.faults.clear();
    const put = { operation: 'PutLogEvents', seed: random.between(1, 1e9) } as const;
    endpoint.faults.add({ ...put, kind: 'latency', ms: random.between(0, 60) });
    if (random.chance(0.4)) endpoint.faults.add({ ...put, kind: 'throttle', probability: random.next() * 0.6 });
    if (random.chance(0.1)) endpoint.faults.add({ ...put, kind: 'error', status: 503, probability: 0.5 });
  };
  change();
  const timer = setInterval(change, 500);
  return () => { clearInterval(timer); endpoint.faults.clear(); };
}

/** Runs the rounds in a temporary folder and removes it. */
export async function killRounds({ rounds, seed, bytesPerSecond, longestMs, onRound, program = MAIN }: KillOptions): Promise<KillSummary> {
  const random = randomOf(seed);
  const root = mkdtempSync(join(tmpdir(), 'kill-'));
  const logs = join(root, 'logs');
  mkdirSync(logs);
  await using endpoint = await startEndpoint({ maxStoredBytes: 8 << 20 });
  const checker = new Checker();
  /** Stored batches, and when their answer was on its way. */
  const finished: { at: number; readonly events: number }[] = [];
  endpoint.store.observe({
    groupChanged: () => undefined, groupDeleted: () => undefined, streamCreated: () => undefined, streamDeleted: () => undefined,
    stored: ({ messages }) => {
      checker.take(messages);
      const batch = { at: Infinity, events: messages.length };
      finished.push(batch);
      setImmediate(() => { batch.at = performance.now(); });
      if (finished.length > 200) finished.splice(0, 100);
    },
  });
  writeFileSync(join(root, 'agent.json'), JSON.stringify({
    agent: { region: 'us-east-1' },
    logs: { endpoint_override: endpoint.url, force_flush_interval: 0.1, logs_collected: { files: { collect_list: [{ file_path: join(logs, 'app.log'), log_group_name: 'g', log_stream_name: 's', multi_line_timeout: 0.2 }] } } },
  }));
  const writer = new Writer(logs, bytesPerSecond, random, (line) => checker.next > line);
  const began = performance.now();
  const excesses: string[] = [];
  let repeatable = 0;
  let mostDuplicates = 0;
  /** Lines that the kills so far allow to come again and that the agents since may not have reached yet. */
  let allowed = 0;
  /** What was stored last before a kill, for the message. */
  let before: string[] = [];
  const gaps: string[] = [];
  const summary = (lost: number): KillSummary => ({
    seed, rounds, written: writer.lines, rotations: writer.rotations, throttled: endpoint.requests.counts()['PutLogEvents']?.errors['ThrottlingException'] ?? 0,
    lost, duplicates: checker.duplicates, mostDuplicates, repeatable, excesses, disordered: checker.disordered, gaps, seconds: (performance.now() - began) / 1000,
  });
  const judge = (round: number, duplicatesBefore: number, totalBefore: number): void => {
    const again = checker.duplicates - duplicatesBefore;
    mostDuplicates = Math.max(mostDuplicates, again);
    if (again > allowed) excesses.push(`round ${round}: ${again} lines came again of ${allowed} that may; stored last before the kill: ${before.join(', ')}`);
    // A life too short to get past what may come again leaves the rest of it to the next.
    allowed = checker.total - totalBefore > allowed ? 0 : Math.max(0, allowed - again);
  };
  let child: Child | null = null;
  try {
    writer.first();
    for (let round = 1; round <= rounds; round++) {
      const { duplicates, total } = checker;
      const calm = unrest(endpoint, random);
      child = startAgent(root, program);
      // Most kills hit an agent that delivers; every tenth hits one that starts.
      const life = round % 10 === 0 ? random.between(50, 600) : random.between(50, longestMs);
      if (round % 10 !== 0) while (checker.total === total && !child.isOver()) await delay(TICK_MS);
      if (round === 1) writer.start();
      await delay(life);
      if (child.isOver()) throw new Error(`the agent ended by itself:\n${child.said()}`);
      const killedAt = performance.now();
      child.signal('SIGKILL');
      await child.ended;
      while (endpoint.requests.inFlight > 0) await delay(1);
      calm();
      judge(round, duplicates, total);
      // In flight: answered after the kill. Just acknowledged: answered within JOURNAL_MS before it.
      before = finished.map(({ at, events }) => `${events} at ${Math.round(at - killedAt)} ms`).slice(-5);
      const may = finished.filter(({ at }) => at >= killedAt - JOURNAL_MS).reduce((sum, { events }) => sum + events, 0);
      repeatable += may;
      allowed += may;
      for (const gap of checker.gaps.slice(gaps.length)) gaps.push(`round ${round}: ${gap}`);
      onRound?.(round, summary(0));
    }
    const { duplicates, total } = checker;
    writer.stop();
    child = startAgent(root, program);
    const deadline = performance.now() + DRAIN_MS;
    while (checker.next < writer.lines && performance.now() < deadline) await delay(TICK_MS);
    child.signal('SIGTERM');
    await child.ended;
    judge(rounds + 1, duplicates, total);
    return summary(checker.lostOf(writer.lines));
  } finally {
    child?.signal('SIGKILL');
    rmSync(root, { recursive: true, force: true });
  }
}
