// Random schedules of what happens to a log file, its agent and the service, against a model of what must arrive.
//
// Each life of the file (from creation or truncation on) has a number, each line its place in it. The model knows of every
// line whether it must arrive or may be lost, because at some moment it stood in no file that can be read again.
import assert from 'node:assert/strict';
import { appendFileSync, copyFileSync, cpSync, existsSync, readFileSync, readdirSync, readlinkSync, renameSync, rmSync, statSync, truncateSync, unlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import * as fc from 'fast-check';
import type { StartPlan } from '../../src/plan.ts';
import { headHash } from '../../src/files/file-id.ts';
import { rigFor, until } from '../support/rig.ts';
import type { Rig } from '../support/rig.ts';
import { EntryVersions } from './entry-versions.ts';
import type { Change } from './entry-versions.ts';
import { scheduleText, schedules } from './steps.ts';
import type { ServiceState, Step } from './steps.ts';

interface Life {
  readonly number: number;
  lines: number;
  /** Lines before this one may be lost. */
  mayLose: number;
  /** It stands in no directory any more: only the running agent's descriptor has it. */
  unlinked: boolean;
  /** It began with a new file, not with a truncation. */
  readonly created: boolean;
}

const PATIENCE_MS = 15_000;

class Experiment {
  readonly #rig: Rig;
  readonly #app: string;
  readonly #versions: EntryVersions;
  /** What arrived, over all versions of the entry, in order. */
  readonly #arrived: string[] = [];
  readonly #lives: Life[] = [];
  #current: Life;
  #well = true;
  /** Something happened after which lines may come again. */
  #mayRepeat = false;
  #renameOnly = true;
  /** The agent knows this file, or one that leads to it by its rotated names. After a deletion nothing leads to the next file but its own name. */
  #chained = false;
  #knownAtEnd = false;
  #currentAtEnd: Life | null = null;

  constructor(rig: Rig, versions: EntryVersions) {
    this.#rig = rig;
    this.#versions = versions;
    rig.observe(({ messages }) => { this.#arrived.push(...messages); });
    this.#app = rig.path('app.log');
    writeFileSync(this.#app, '');
    this.#current = this.#newLife(true);
  }

  async take(one: Step): Promise<void> {
    const rig = this.#rig;
    switch (one.do) {
      case 'append': this.#append(this.#app, this.#current, one.lines); break;
      case 'rotate': {
        if (this.#isOpen()) this.#chained = true;
        this.#shift();
        renameSync(this.#app, `${this.#app}.1`);
        this.#append(`${this.#app}.1`, this.#current, one.late);
        this.#rotatedAway();
        writeFileSync(this.#app, '');
        this.#current = this.#newLife(true);
        break;
      }
      case 'compress':
        // Of a copy, and of a file that was truncated, the agent must see the plain file.
        if (this.#renameOnly) this.#compress(one.delayed ? 2 : 1);
        break;
      case 'copytruncate':
        this.#renameOnly = false;
        // Content is what tells a copy: of a life of which the agent knows no byte yet, none is told.
        if (!this.#isKnown()) {
          this.#current.mayLose = this.#current.lines;
          if (!this.#follows) this.#chained = false;
        }
        this.#shift();
        copyFileSync(this.#app, `${this.#app}.1`);
        truncateSync(this.#app, 0);
        this.#rotatedAway();
        this.#current = this.#newLife(false);
        break;
      case 'truncate':
        this.#renameOnly = false;
        if (!this.#follows) this.#chained = false;
        this.#current.mayLose = this.#current.lines;
        truncateSync(this.#app, 0);
        this.#current = this.#newLife(false);
        break;
      case 'delete':
        this.#renameOnly = false;
        // Of a life that began with a truncation nobody has noticed, the open descriptor is taken for the life before.
        if (!this.#isOpen() || !(this.#current.created || this.#isKnown())) this.#current.mayLose = this.#current.lines;
        this.#chained = false;
        this.#current.unlinked = true;
        unlinkSync(this.#app);
        writeFileSync(this.#app, '');
        this.#current = this.#newLife(true);
        break;
      case 'stop':
        if (!rig.running) break;
        // A stop drains, and a drain needs a service.
        this.#service('well');
        if (this.#follows) this.#beforeEnd();
        await rig.stop(PATIENCE_MS);
        this.#assertUnlinkedArrived();
        this.#noAgent();
        break;
      case 'crash':
        if (!rig.running) break;
        if (this.#follows) this.#beforeEnd();
        await this.#kill();
        this.#mayRepeat = true;
        this.#noAgent();
        break;
      case 'start':
        if (!rig.running) await rig.start(this.#versions.spec);
        break;
      case 'service': this.#service(one.is); break;
      case 'reload': await this.#reload(one.change, one.awaited); break;
      case 'wait':
        if (one.until !== 'arrived') await delay(one.until);
        else if (this.#follows && this.#well) await this.#allArrived();
        break;
      default: one satisfies never;
    }
    rig.assertAlive();
    this.#assertCheckpointBehind();
  }

  /** Lets everything arrive, stops, and judges. */
  async finish(): Promise<void> {
    this.#service('well');
    this.#versions.change('back');
    if (!this.#rig.running) await this.#rig.start(this.#versions.spec);
    else await this.#rig.apply(this.#versions.spec);
    await this.#changed();
    await this.#allArrived();
    await this.#rig.stop(PATIENCE_MS);
    assert.deepEqual(openBelow(this.#rig.logs), [], 'log files that are still open after the stop');
    this.#assertOrder();
  }

  async #reload(change: Change, awaited: boolean): Promise<void> {
    const follows = this.#follows;
    // Whoever stops following by a change knows what one knows that stops.
    if (follows && change === 'gone') this.#beforeEnd();
    this.#versions.change(change);
    if (!this.#rig.running) return;
    await until('the agent to have a plan', () => { this.#rig.assertAlive(); return this.#rig.agent.budget !== null; }, PATIENCE_MS);
    await this.#rig.apply(this.#versions.spec);
    if (awaited && this.#well) await this.#changed();
  }

  /** Every entry runs by the latest config, or is gone. */
  async #changed(): Promise<void> {
    const { agent, said } = this.#rig;
    await until(`the change to be complete; it said:\n${said.join('\n')}`, () => { this.#rig.assertAlive(); return agent.changing === 0; }, PATIENCE_MS);
  }

  /** An agent runs, and the entry is in its config. */
  get #follows(): boolean { return this.#rig.running && this.#versions.present; }

  async #allArrived(): Promise<void> {
    await until('all lines to arrive', () => { this.#rig.assertAlive(); return this.#missing().length === 0; }, PATIENCE_MS).catch(() => undefined);
    const missing = this.#missing();
    assert.equal(missing.length, 0, `${missing.length} lines did not arrive: ${missing.slice(0, 3).join(', ')} …; it said:\n${this.#rig.said.join('\n')}`);
  }

  #newLife(created: boolean): Life {
    const life = { number: this.#lives.length, lines: 0, mayLose: 0, unlinked: false, created };
    this.#lives.push(life);
    return life;
  }

  #append(path: string, life: Life, count: number): void {
    let text = '';
    for (let i = 0; i < count; i++, life.lines++) text += `${lineOf(life.number, life.lines)}\n`;
    if (text !== '') appendFileSync(path, text);
  }

  /** app.log.1 → app.log.2 and so on, archives too. */
  #shift(): void {
    const end = (n: number): string | undefined => ['', '.gz'].find((one) => existsSync(`${this.#app}.${n}${one}`));
    let last = 0;
    while (end(last + 1) !== undefined) last++;
    for (let n = last; n >= 1; n--) renameSync(`${this.#app}.${n}${end(n)!}`, `${this.#app}.${n + 1}${end(n)!}`);
  }

  /** As gzip does it, from the number `from` on: the archive has the times of the file. */
  #compress(from: number): void {
    for (let n = from; existsSync(`${this.#app}.${n}`) || existsSync(`${this.#app}.${n}.gz`); n++) {
      const path = `${this.#app}.${n}`;
      if (!existsSync(path)) continue;
      const { atime, mtime } = statSync(path);
      writeFileSync(`${path}.gz`, gzipSync(readFileSync(path)));
      utimesSync(`${path}.gz`, atime, mtime);
      unlinkSync(path);
    }
  }

  /** Whether the agent has the present file open. */
  #isOpen(): boolean {
    if (!this.#follows) return false;
    const { ino } = statSync(this.#app);
    return this.#rig.generations.some(({ id, path }) => id.inode === ino && path === this.#app);
  }

  #rotatedAway(): void { if (!this.#chained) this.#current.mayLose = this.#current.lines; }

  /** Whether the agent knows bytes of the present life; a stopped one finds later lives by the one it knew. */
  #isKnown(): boolean {
    if (!this.#follows) return this.#knownAtEnd || this.#current !== this.#currentAtEnd;
    const { ino } = statSync(this.#app);
    const g = this.#rig.generations.find(({ id, path }) => id.inode === ino && path === this.#app);
    if (g === undefined || g.id.headLength === 0) return false;
    const head = readFileSync(this.#app).subarray(0, g.id.headLength);
    return head.length === g.id.headLength && headHash(head) === g.id.headHash;
  }

  /** What SIGKILL leaves: the state directory as it stands at this moment, without what was to be written next. */
  async #kill(): Promise<void> {
    const { stateDir } = this.#rig;
    const kept = `${stateDir}.kept`;
    cpSync(stateDir, kept, { recursive: true, filter: (path) => !statSync(path).isSocket() });
    await this.#rig.crash();
    rmSync(stateDir, { recursive: true });
    renameSync(kept, stateDir);
    // What the agent knew of a file for less than 50 ms may not have been written.
    const inodes = new Map<number, number>();
    for (const name of readdirSync(stateDir).filter((one) => /^(?:checkpoints|journal)-\d+$/.test(one))) {
      for (const [, inode, headLength] of readFileSync(join(stateDir, name), 'utf8').matchAll(/ \["d",\d+,"[^"]*","[^"]*",\d+,(\d+),"[^"]*",(\d+),/g)) inodes.set(Number(inode), Number(headLength));
    }
    if ((inodes.get(statSync(this.#app).ino) ?? 0) === 0) this.#knownAtEnd = false;
    if (readdirSync(this.#rig.logs).some((name) => inodes.has(statSync(this.#rig.path(name)).ino))) return;
    // Nothing that is written leads to the rotated files.
    this.#chained = false;
    for (const life of this.#lives) if (life !== this.#current) life.mayLose = life.lines;
  }

  #beforeEnd(): void {
    this.#knownAtEnd = this.#isKnown();
    if (this.#isOpen()) this.#chained = true;
    this.#currentAtEnd = this.#current;
  }

  #noAgent(): void {
    for (const life of this.#lives) if (life.unlinked) life.mayLose = life.lines;
  }

  /** What no name leads to any more is finished before a stop. */
  #assertUnlinkedArrived(): void {
    const lost = this.#missing().filter((line) => this.#lives[Number(/^L(\d+)/.exec(line)![1])]!.unlinked);
    assert.equal(lost.length, 0, `${lost.length} lines of a deleted file that was open were not sent before the stop: ${lost.slice(0, 3).join(', ')} …`);
  }

  #service(is: ServiceState): void {
    const { faults } = this.#rig.endpoint;
    faults.clear();
    this.#well = is !== 'down';
    const put = { operation: 'PutLogEvents' } as const;
    switch (is) {
      case 'well': break;
      case 'down': faults.add({ ...put, kind: 'error', status: 503 }); break;
      case 'slow': faults.add({ ...put, kind: 'latency', ms: 200 }); break;
      case 'throttling': faults.add({ ...put, kind: 'throttle', probability: 0.3 }); break;
      case 'dropping answers':
        faults.add({ ...put, kind: 'drop-answer', probability: 0.3, count: 3 });
        this.#mayRepeat = true;
        break;
      default: is satisfies never;
    }
  }

  #missing(): string[] {
    const arrived = new Set(this.#arrived);
    return this.#lives.flatMap(({ number, lines, mayLose }) => Array.from({ length: lines - mayLose }, (_, i) => lineOf(number, mayLose + i))).filter((line) => !arrived.has(line));
  }

  /** Every line before the safe offset of the present file has arrived: else a crash now would lose it. */
  #assertCheckpointBehind(): void {
    // After a truncation the agent speaks of the life before, until it has noticed.
    if (!this.#rig.running || !this.#current.created) return;
    const { ino } = statSync(this.#app);
    const g = this.#rig.generations.find(({ id, path }) => id.inode === ino && path === this.#app);
    if (g === undefined) return;
    const arrived = new Set(this.#arrived);
    let end = 0;
    for (let i = 0; i < this.#current.lines; i++) {
      const line = lineOf(this.#current.number, i);
      end += line.length + 1;
      if (end > g.safe.offset) return;
      assert.ok(arrived.has(line), `the safe offset ${g.safe.offset} lies behind ${line}, which has not arrived`);
    }
  }

  #assertOrder(): void {
    const messages = this.#arrived;
    const seen = new Set<string>();
    const firsts = messages.filter((line) => !seen.has(line) && seen.add(line));
    if (!this.#mayRepeat) assert.equal(messages.length, firsts.length, `${messages.length - firsts.length} lines came again although nothing called for it`);
    const last = new Map<number, number>();
    let life = 0;
    for (const line of firsts) {
      const [number, place] = line.slice(1).split(/[: ]/, 2).map(Number) as [number, number];
      assert.ok(place > (last.get(number) ?? -1), `${line} came after line ${last.get(number)} of its file`);
      last.set(number, place);
      // What nothing led to may be found later, or never.
      if (place < this.#lives[number]!.mayLose) continue;
      if (this.#renameOnly) assert.ok(number >= life, `${line} came after lines of the file that followed it`);
      life = Math.max(life, number);
    }
    for (const line of firsts) assert.match(line, /^L\d+:\d+ x*$/, 'no line is damaged');
  }
}

/** Files below a folder that this process has open. */
function openBelow(folder: string): readonly string[] {
  return readdirSync('/proc/self/fd').flatMap((fd) => {
    try {
      const path = readlinkSync(`/proc/self/fd/${fd}`);
      return path.startsWith(folder) ? [path] : [];
    } catch { return []; /* Closed since it was listed. */ }
  });
}

function lineOf(life: number, place: number): string { return `L${life}:${place} `.padEnd(20 + ((life * 31 + place * 17) % 60), 'x'); }

/** Runs one schedule on a rig of its own; rejects with what broke. */
export async function runSchedule(steps: readonly Step[], start: StartPlan = { kind: 'line' }): Promise<void> {
  const afterwards: (() => Promise<void>)[] = [];
  const rig = await rigFor({ after: (fn) => { afterwards.push(fn); } });
  try {
    const versions = new EntryVersions({ path: 'app.log', start, maxEventBytes: 2_000 }, rig.url);
    const experiment = new Experiment(rig, versions);
    await rig.start(versions.spec);
    for (const one of steps) await experiment.take(one);
    await experiment.finish();
  } finally {
    await rig.crash().catch(() => undefined);
    for (const fn of afterwards) await fn().catch(() => undefined);
  }
}

/** Runs schedules for so long; throws with seed, shrunk schedule and what broke. Gives the number of schedules. */
export async function runSchedules({ seconds, seed, shrinkSeconds = 60 }: { readonly seconds: number; readonly seed: number; readonly shrinkSeconds?: number }): Promise<number> {
  let ran = 0;
  const until = performance.now() + seconds * 1_000;
  const result = await fc.check(fc.asyncProperty(schedules, fc.boolean(), async (steps, joined) => { ran++; await runSchedule(steps, { kind: joined ? 'nonspace' : 'line' }); }), {
    seed, numRuns: 1_000_000, interruptAfterTimeLimit: (seconds + shrinkSeconds) * 1_000, markInterruptAsFailure: false,
    // The time limit of the search; a failure found in time has shrinkSeconds more to become small.
    skipAllAfterTimeLimit: Math.max(1, until - performance.now()),
  });
  if (!result.failed) return ran;
  const [steps, joined] = result.counterexample ?? [[], false];
  const error = result.errorInstance instanceof Error ? result.errorInstance.message : String(result.errorInstance);
  throw new Error(`seed ${seed}, path ${result.counterexamplePath}: ${error}\nafter (${joined ? 'joined lines' : 'single lines'}) ${scheduleText(steps)}\n${JSON.stringify(steps)}`);
}
