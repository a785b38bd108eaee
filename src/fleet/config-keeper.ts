import type { ConfigState, ReloadAnswer } from '../control/status-document.ts';
import type { Lifetime, Service } from '../lifecycle/lifetime.ts';
import type { PlanDifference } from '../plan.ts';
import type { Report } from '../report/report.ts';
import { Alarm } from './alarm.ts';
import { identityOf, publishedAt, sameTexts, spokenVersion, versionOf } from './config-copy.ts';
import type { ConfigCopy, RemoteVersion } from './config-copy.ts';
import { differenceText } from './difference-text.ts';
import type { ConfigPorts, Current, Start, Waiting } from './config-ports.ts';
import type { LastGood } from './last-good.ts';
import { Refusals } from './refusals.ts';
import { dueAt } from './rollout.ts';
import { Sources } from './sources.ts';
import { chooseStart } from './start-choice.ts';
import { Trial } from './trial.ts';

export interface ConfigKeeperOptions {
  readonly ports: ConfigPorts;
  readonly memory: LastGood;
  readonly hostId: string;
  readonly report: Pick<Report, 'note' | 'trouble' | 'recovered'>;
  /** Epoch milliseconds. */
  readonly now: () => number;
  readonly random: () => number;
}

/** While delivery is watched it is looked at this often. */
const WATCH_EVERY_MS = 1_000;
/** Polls of a fleet are spread by this part of the interval, either way. */
const JITTER = 0.1;

/** What the sources say when they are read again: another config, which can run, or why nothing is to be taken. */
type ReadAgain = ({ readonly outcome: 'another' } & Current) | Exclude<ReloadAnswer, { readonly outcome: 'applied' }>;

/**
 * Keeps the running plan at the version of the config this host is to run.
 *
 *     look ─new version─► read ─► compile ─errors─► refused
 *                                    └─► rollout ─due─► apply ─► trial ─worse─► the version before, and this one refused
 *                                                                  └─as good─► last good
 */
export class ConfigKeeper implements Service {
  readonly name = 'config';
  readonly #o: ConfigKeeperOptions;
  readonly #sources: Sources;
  readonly #trial: Trial;
  readonly #refusals: Refusals;
  #current: Current | null = null;
  #appliedAt = 0;
  #waiting: Waiting | null = null;
  #rollbacks = 0;
  /** One thing at a time: a poll, a reload, a rollback. */
  #busy: Promise<unknown> = Promise.resolve();
  readonly #alarm = new Alarm();

  constructor(options: ConfigKeeperOptions) {
    const { ports, memory, report, now } = options;
    this.#o = options;
    this.#sources = new Sources(ports, report, now);
    this.#trial = new Trial(ports.health, now);
    this.#refusals = new Refusals(memory, report, now);
  }

  get state(): ConfigState {
    return {
      version: versionOf(this.#remote), appliedAt: this.#appliedAt, watchedUntil: this.#trial.until,
      waiting: this.#waiting === null ? null : { version: versionOf(this.#waiting.copy.remote), until: this.#waiting.until },
      refused: this.#refusals.latest, refusals: this.#refusals.count, rollbacks: this.#rollbacks,
      lookedAt: this.#sources.lookedAt, unreachable: this.#sources.unreachable,
    };
  }

  /** What the agent starts with: see `chooseStart`. */
  async start(): Promise<Start> {
    const { start, waiting, before, unreachable } = await chooseStart({ ...this.#o, refusals: this.#refusals });
    if (start.kind === 'none') return start;
    this.#runs(start);
    this.#waiting = waiting;
    if (before !== null) this.#trial.follows(before);
    if (unreachable !== null) this.#sources.missedAtStart(unreachable, versionOf(this.#remote));
    return start;
  }

  /** The agent ends as it should: that is not the fault of the config it began with. */
  endInOrder(): void { this.#o.memory.endInOrder(); }

  /** Looks after the config until `stop`. Only after `start`, and once the agent runs. */
  async run({ stop }: Lifetime): Promise<void> {
    if (this.#trial.before === null) this.#remember();
    else this.#watch();
    // Hosts that start together do not ask together.
    let nextLook = this.#o.now() + this.#interval() * this.#o.random();
    while (!stop.aborted) {
      const due = Math.min(this.#isRemote ? nextLook : Infinity, this.#waiting?.until ?? Infinity) - this.#o.now();
      await this.#alarm.sleep(this.#trial.until === null ? due : Math.min(due, WATCH_EVERY_MS), stop);
      if (stop.aborted) break;
      await this.#alone(() => this.#judge());
      await this.#alone(() => this.#takeWaiting());
      if (!this.#isRemote || this.#o.now() < nextLook) continue;
      await this.#alone(() => this.#look(stop));
      nextLook = this.#o.now() + this.#interval();
    }
    await this.#busy;
  }

  /** Reads all sources again and takes what they say now, whatever the rollout says; a config with errors is refused whole. */
  reload(): Promise<ReloadAnswer> {
    return this.#alone(async (): Promise<ReloadAnswer> => {
      const read = await this.#readAgain('the config cannot be read again');
      if (read.outcome !== 'another') return read;
      this.#o.memory.pardon(identityOf(read.copy.remote));
      return { outcome: 'applied', version: versionOf(read.copy.remote), difference: await this.#take(read) };
    }).finally(() => this.#alarm.ring());
  }

  /** Compiles the config that runs anew and applies it: what it is compiled with has changed. @param why said with the difference */
  renew(why: string): Promise<void> {
    return this.#alone(async () => {
      const { copy } = this.#current!;
      const { plan } = await this.#o.ports.compile(copy);
      // Nothing could run of it: what runs goes on.
      if (plan === null) return;
      const difference = await this.#o.ports.apply(plan);
      this.#current = { copy, plan };
      this.#o.report.note(`config: ${why}: ${differenceText(difference)}`);
    });
  }

  /** What of the running config came from Parameter Store. */
  get #remote(): readonly RemoteVersion[] { return this.#current?.copy.remote ?? []; }
  get #isRemote(): boolean { return this.#remote.length > 0; }

  #interval(): number {
    const ms = this.#current?.plan.config.pollMs ?? 0;
    return ms * (1 - JITTER + 2 * JITTER * this.#o.random());
  }

  #alone<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#busy.then(work);
    this.#busy = done.catch(() => undefined);
    return done;
  }

  async #look(stop: AbortSignal): Promise<void> {
    const { report, hostId, now } = this.#o;
    this.#trial.sample();
    const there = await this.#sources.look();
    if (there === null) return;
    if (there === identityOf(this.#remote)) { this.#sources.reached(); this.#runsAlready(this.#current!.copy); return; }
    const isWaitedFor = this.#waiting !== null && there === identityOf(this.#waiting.copy.remote);
    if (isWaitedFor || this.#refusals.of(there) !== null) { this.#sources.reached(); return; }
    const read = await this.#readAgain('the new version of the config cannot be read');
    // What an agent that ends would be given is never run, and so neither good nor bad: the next start looks again.
    if (read.outcome !== 'another' || stop.aborted) return;
    const until = dueAt(read.plan.config.rollout, hostId, publishedAt(read.copy));
    if (until > now()) {
      this.#waiting = { copy: read.copy, plan: read.plan, until };
      report.note(`config: ${versionOf(read.copy.remote)} is there; this host takes it at ${new Date(until).toISOString()} (agent.rollout)`);
      return;
    }
    await this.#take(read);
  }

  /** @param missed what is said when the sources cannot be read. */
  async #readAgain(missed: string): Promise<ReadAgain> {
    const read = await this.#sources.read(missed, this.#isRemote);
    if (read.kind === 'unreadable') return { outcome: 'unreadable', reason: read.reason };
    const { copy } = read;
    if (this.#current !== null && sameTexts(copy, this.#current.copy)) {
      this.#runsAlready(copy);
      return { outcome: 'unchanged' };
    }
    const { plan, errors } = await this.#o.ports.compile(copy);
    if (plan !== null && errors === null) return { outcome: 'another', copy, plan };
    const reason = errors ?? 'nothing of it can run';
    this.#refusals.refuse(copy.remote, reason);
    return { outcome: 'refused', reason };
  }

  async #takeWaiting(): Promise<void> {
    const waiting = this.#waiting;
    if (waiting === null || this.#o.now() < waiting.until) return;
    this.#waiting = null;
    await this.#take(waiting);
  }

  async #take(next: Current): Promise<PlanDifference> {
    const before = this.#current!;
    const difference = await this.#apply(next);
    this.#waiting = null;
    this.#trial.follows(before);
    this.#watch();
    return difference;
  }

  async #apply(next: Current): Promise<PlanDifference> {
    const difference = await this.#o.ports.apply(next.plan);
    this.#runs(next);
    this.#o.report.note(`config: ${spokenVersion(this.#remote)} applied: ${differenceText(difference)}`);
    return difference;
  }

  #runs({ copy, plan }: Current): void {
    this.#current = { copy, plan };
    this.#appliedAt = this.#o.now();
  }

  #watch(): void {
    const { watchMs } = this.#current!.plan.config.rollout;
    if (watchMs === 0) this.#isGood();
    else this.#trial.watch(watchMs);
  }

  async #judge(): Promise<void> {
    const verdict = this.#trial.verdict();
    if (verdict === 'passed') this.#isGood();
    else if (verdict !== null) await this.#rollBack(verdict.fault);
  }

  async #rollBack(fault: string): Promise<void> {
    const before = this.#trial.before!;
    this.#trial.end();
    this.#rollbacks++;
    this.#refusals.refuse(this.#remote, `taken back: ${fault}`, '`agent status` says how delivery goes');
    await this.#apply(before);
  }

  #isGood(): void {
    this.#trial.end();
    this.#remember();
    const refused = this.#refusals.latest;
    if (refused !== null && refused.at < this.#appliedAt) this.#refusals.settle(this.#remote);
  }

  /** The sources say what runs, perhaps as another version. */
  #runsAlready(copy: ConfigCopy): void {
    this.#current = { copy, plan: this.#current!.plan };
    this.#waiting = null;
    this.#remember();
    this.#refusals.settle(this.#remote);
  }

  /** What runs, and is not on trial, is the last good config. */
  #remember(): void {
    if (this.#trial.before === null && this.#isRemote) this.#o.memory.keep(this.#current!.copy);
  }
}
