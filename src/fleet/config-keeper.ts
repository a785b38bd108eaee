import type { Lifetime, Service } from '../lifecycle/lifetime.ts';
import type { Report } from '../report/report.ts';
import type { ConfigPorts, ConfigState, Current, Difference, ReloadAnswer, Start } from './config-ports.ts';
import { HealthWatch } from './health.ts';
import type { Health } from './health.ts';
import { publishedAt, versionOf } from './last-good.ts';
import type { ConfigCopy, LastGood } from './last-good.ts';
import { dueAt } from './rollout.ts';

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
const LONGEST_SLEEP_MS = 3_600_000;
/** A version with which the agent was killed or failed so often is taken back: below the five starts that systemd allows by default. */
const MOST_BEGINNINGS = 3;
/** Polls of a fleet are spread by this part of the interval, either way. */
const JITTER = 0.1;
const SUBJECT = 'config';
const SOURCE = 'config source';
const FILES_NOW = 'what the files say now';

/**
 * Keeps the running plan at the version of the config this host is to run.
 *
 *     look ─new version─► read ─► compile ─errors─► refused
 *                                    └─► rollout ─due─► apply ─► watch ─worse─► the version before, and this one refused
 *                                                                  └─as good─► last good
 */
export class ConfigKeeper implements Service {
  readonly name = 'config';
  readonly #o: ConfigKeeperOptions;
  #current: Current | null = null;
  #appliedAt = 0;
  #before: Current | null = null;
  #watch: HealthWatch | null = null;
  /** How delivery went before the changes that are watched. */
  #baseline: { readonly health: Health; readonly dropRate: number } | null = null;
  #waiting: (Current & { readonly version: string; readonly until: number }) | null = null;
  #refused: ConfigState['refused'] = null;
  #refusals = 0;
  #rollbacks = 0;
  #lookedAt: number | null = null;
  #unreachable: string | null = null;
  #lastHealth: { readonly at: number; readonly health: Health } | null = null;
  /** One thing at a time: a poll, a reload, a rollback. */
  #busy: Promise<unknown> = Promise.resolve();
  /** Ends the present sleep. */
  #wake: () => void = () => {};

  constructor(options: ConfigKeeperOptions) { this.#o = options; }

  get state(): ConfigState {
    const waiting = this.#waiting === null ? null : { version: this.#waiting.version, until: this.#waiting.until };
    return {
      version: this.#current === null ? '' : versionOf(this.#current.copy.remote), appliedAt: this.#appliedAt, watchedUntil: this.#watch?.until ?? null, waiting, refused: this.#refused,
      refusals: this.#refusals, rollbacks: this.#rollbacks, lookedAt: this.#lookedAt, unreachable: this.#unreachable,
    };
  }

  /**
   * Which config the agent starts with: what the sources say, or the last good one where they cannot be reached, hold errors,
   * or are not for this host yet. Files alone are taken as they are: their errors disable entries.
   */
  async start(): Promise<Start> {
    const { ports, memory, report } = this.#o;
    const read = await ports.read();
    if (read.kind === 'unreadable') {
      const good = await this.#lastGood();
      if (good === null) return { kind: 'none', errors: null };
      this.#unreachable = read.reason;
      report.trouble(SOURCE, `the config cannot be read (${read.reason}): started with the last good copy (${versionOf(good.copy.remote)}); it is tried again`);
      return this.#starts(good);
    }
    const { copy } = read;
    const version = versionOf(copy.remote);
    const { plan, errors } = await ports.compile(copy);
    if (version === '') return plan === null ? { kind: 'none', errors: null } : this.#starts({ copy, plan });
    const good = await this.#lastGood();
    if (good === null) return plan === null || errors !== null ? { kind: 'none', errors: plan === null ? null : errors } : this.#starts({ copy, plan });
    // It has worked here: what keeps entries of it from running now lies with this host.
    if (plan !== null && versionOf(good.copy.remote) === version) return this.#starts({ copy, plan });
    const known = memory.refusalOf(version);
    if (known !== null || plan === null || errors !== null) {
      if (known === null) this.#refuse(version, errors ?? 'nothing of it can run');
      else {
        this.#refused = known;
        report.trouble(SUBJECT, `config: ${version} was given up before (${known.reason}): started with ${versionOf(good.copy.remote)}. \`agent reload\` tries it again`);
      }
      return this.#starts(good);
    }
    const until = dueAt(plan.config.rollout, this.#o.hostId, publishedAt(copy));
    if (until > this.#o.now()) {
      this.#waiting = { copy, plan, version, until };
      return this.#starts(good);
    }
    const times = memory.beginningsWith(version);
    if (times >= MOST_BEGINNINGS) {
      this.#refuse(version, `the agent began with it ${times} times and did not last until it was known to work`);
      return this.#starts(good);
    }
    this.#guarded(() => memory.begin(version));
    this.#before = good;
    return this.#starts({ copy, plan });
  }

  /** The agent ends as it should: that is not the fault of the config it began with. */
  endInOrder(): void { this.#guarded(() => this.#o.memory.endInOrder()); }

  /** Looks after the config until `stop`. Only after `start`, and once the agent runs. */
  async run({ stop }: Lifetime): Promise<void> {
    this.#remember();
    if (this.#before !== null) this.#beginWatch(this.#before);
    // Hosts that start together do not ask together.
    let nextLook = this.#o.now() + this.#interval() * this.#o.random();
    while (!stop.aborted) {
      await this.#sleepUntil(Math.min(this.#isRemote ? nextLook : Infinity, this.#waiting?.until ?? Infinity), stop);
      if (stop.aborted) break;
      await this.#alone(() => this.#observe());
      if (this.#waiting !== null && this.#o.now() >= this.#waiting.until) await this.#alone(() => this.#takeWaiting());
      if (!this.#isRemote || this.#o.now() < nextLook) continue;
      await this.#alone(() => this.#look(stop));
      nextLook = this.#o.now() + this.#interval();
    }
    await this.#busy;
  }

  /** Reads all sources again and takes what they say now, whatever the rollout says; a config with errors is refused whole. */
  reload(): Promise<ReloadAnswer> {
    return this.#alone(async (): Promise<ReloadAnswer> => {
      const { ports, memory } = this.#o;
      const read = await ports.read();
      if (read.kind === 'unreadable') {
        this.#missed('the config cannot be read again', read.reason);
        return { outcome: 'unreadable', reason: read.reason };
      }
      this.#reached();
      const version = versionOf(read.copy.remote);
      if (this.#current !== null && sameTexts(read.copy, this.#current.copy)) {
        this.#runsAlready(read.copy);
        return { outcome: 'unchanged' };
      }
      const { plan, errors } = await ports.compile(read.copy);
      if (plan === null || errors !== null) {
        const reason = errors ?? 'nothing of it can run';
        this.#refuse(version, reason);
        return { outcome: 'refused', reason };
      }
      this.#guarded(() => memory.pardon(version));
      return { outcome: 'applied', version, difference: await this.#take({ copy: read.copy, plan }) };
    }).finally(() => this.#wake());
  }

  #sleepUntil(due: number, stop: AbortSignal): Promise<void> {
    const ms = Math.min(due - this.#o.now(), this.#watch === null ? LONGEST_SLEEP_MS : WATCH_EVERY_MS);
    return new Promise((resolve) => {
      const end = (): void => { clearTimeout(timer); stop.removeEventListener('abort', end); resolve(); };
      const timer = setTimeout(end, Math.max(0, ms));
      stop.addEventListener('abort', end, { once: true });
      this.#wake = end;
    });
  }

  get #isRemote(): boolean { return this.#current !== null && versionOf(this.#current.copy.remote) !== ''; }

  #interval(): number {
    const ms = this.#current?.plan.config.pollMs ?? 0;
    return ms * (1 - JITTER + 2 * JITTER * this.#o.random());
  }

  #alone<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#busy.then(work);
    this.#busy = done.catch(() => undefined);
    return done;
  }

  #starts(current: Current): Start {
    this.#current = current;
    this.#appliedAt = this.#o.now();
    return { kind: 'current', ...current };
  }

  async #lastGood(): Promise<Current | null> {
    const { good } = this.#o.memory;
    if (good === null) return null;
    const { plan } = await this.#o.ports.compile(good);
    return plan === null ? null : { copy: good, plan };
  }

  async #look(stop: AbortSignal): Promise<void> {
    const { ports, memory, report, hostId, now } = this.#o;
    this.#sample();
    const looked = await ports.look();
    this.#lookedAt = now();
    if ('unreachable' in looked) { this.#missed('the version of the config cannot be asked', looked.unreachable); return; }
    const there = versionOf(looked);
    const runs = there === versionOf(this.#current!.copy.remote);
    if (runs || there === this.#waiting?.version || memory.refusalOf(there) !== null) {
      this.#reached();
      if (runs) this.#runsAlready(this.#current!.copy);
      return;
    }
    const read = await ports.read();
    if (read.kind === 'unreadable') { this.#missed('the new version of the config cannot be read', read.reason); return; }
    this.#reached();
    const version = versionOf(read.copy.remote);
    if (sameTexts(read.copy, this.#current!.copy)) { this.#runsAlready(read.copy); return; }
    const { plan, errors } = await ports.compile(read.copy);
    if (plan === null || errors !== null) { this.#refuse(version, errors ?? 'nothing of it can run'); return; }
    // What an agent that ends would be given is never run, and so neither good nor bad: the next start looks again.
    if (stop.aborted) return;
    const until = dueAt(plan.config.rollout, hostId, publishedAt(read.copy));
    if (until > now()) {
      this.#waiting = { copy: read.copy, plan, version, until };
      report.note(`config: ${version} is there; this host takes it at ${new Date(until).toISOString()} (agent.rollout)`);
      return;
    }
    await this.#take({ copy: read.copy, plan });
  }

  async #takeWaiting(): Promise<void> {
    const waiting = this.#waiting!;
    this.#waiting = null;
    await this.#take(waiting);
  }

  async #take(next: Current): Promise<Difference> {
    // A version that comes while the one before it is watched is compared with what was good.
    const before = this.#before ?? this.#current!;
    const difference = await this.#apply(next);
    this.#waiting = null;
    this.#beginWatch(before);
    return difference;
  }

  async #apply(next: Current): Promise<Difference> {
    const { kept, changed, added, removed } = await this.#o.ports.apply(next.plan);
    this.#current = { copy: next.copy, plan: next.plan };
    this.#appliedAt = this.#o.now();
    this.#o.report.note(`config: ${versionOf(next.copy.remote) || FILES_NOW} applied: ${kept} entries unchanged, ${changed} changed, ${added} new, ${removed} gone`);
    return { kept, changed, added, removed };
  }

  #beginWatch(before: Current): void {
    const { watchMs } = this.#current!.plan.config.rollout;
    this.#before = before;
    if (watchMs === 0) { this.#isGood(); return; }
    const health = this.#o.ports.health();
    const at = this.#o.now();
    const last = this.#lastHealth;
    this.#baseline = this.#baseline === null
      ? { health, dropRate: last === null || at <= last.at ? 0 : (health.undelivered - last.health.undelivered) / (at - last.at) }
      // What the version before this one mended is this one's fault when it fails again.
      : { ...this.#baseline, health: { ...this.#baseline.health, failing: Math.min(this.#baseline.health.failing, health.failing) } };
    this.#watch = new HealthWatch(this.#baseline.health, this.#baseline.dropRate, at, watchMs);
  }

  async #observe(): Promise<void> {
    const watch = this.#watch;
    if (watch === null) return;
    const at = this.#o.now();
    const fault = watch.fault(this.#o.ports.health(), at);
    if (fault !== null) { await this.#rollBack(fault); return; }
    if (watch.isOver(at)) this.#isGood();
  }

  async #rollBack(fault: string): Promise<void> {
    const before = this.#before!;
    const version = versionOf(this.#current!.copy.remote);
    this.#watch = this.#before = this.#baseline = null;
    this.#rollbacks++;
    this.#refuse(version, `taken back: ${fault}`, '`agent status` says how delivery goes');
    await this.#apply(before);
  }

  #isGood(): void {
    this.#watch = this.#before = this.#baseline = null;
    this.#remember();
    if (this.#refused !== null && this.#refused.at < this.#appliedAt) this.#refusesNothing();
  }

  /** The sources say what runs, perhaps as another version. */
  #runsAlready(copy: ConfigCopy): void {
    this.#current = { copy, plan: this.#current!.plan };
    this.#waiting = null;
    this.#remember();
    this.#refusesNothing();
  }

  #refusesNothing(): void {
    this.#refused = null;
    this.#o.report.recovered(SUBJECT, `the config is at ${versionOf(this.#current!.copy.remote) || FILES_NOW}`);
  }

  /** The sources could not be asked, or read: what runs goes on. */
  #missed(what: string, reason: string): void {
    this.#unreachable = reason;
    this.#o.report.trouble(SOURCE, `${what} (${reason}): the present one goes on${this.#isRemote ? ', and it is tried again' : '; `agent reload` tries again'}`);
  }

  #reached(): void {
    this.#unreachable = null;
    this.#o.report.recovered(SOURCE, 'the config can be read again');
  }

  /** What runs, and is not watched any more, is the last good config. */
  #remember(): void {
    const { memory } = this.#o;
    if (this.#watch !== null || this.#before !== null || !this.#isRemote) return;
    const { copy } = this.#current!;
    if (memory.good === null || !sameTexts(memory.good, copy) || versionOf(memory.good.remote) !== versionOf(copy.remote)) this.#guarded(() => memory.keep(copy));
  }

  #refuse(version: string, reason: string, nextStep = '`agent check` names every error'): void {
    const refused = { version: version || FILES_NOW, reason, at: this.#o.now() };
    this.#refused = refused;
    this.#refusals++;
    this.#o.report.trouble(SUBJECT, `config: ${refused.version} is not used (${reason}); the one before goes on. ${nextStep}, \`agent reload\` tries again`);
    if (version !== '') this.#guarded(() => this.#o.memory.refuse(refused));
  }

  #guarded(write: () => void): void {
    try {
      write();
    } catch (error) {
      this.#o.report.trouble('config copy', `the last good config cannot be kept in the state directory (${(error as NodeJS.ErrnoException).code ?? 'unknown reason'}): a start without the parameter store would have none`);
    }
  }

  /** Of how many events were dropped before a change, now and then. */
  #sample(): void {
    if (this.#watch === null) this.#lastHealth = { at: this.#o.now(), health: this.#o.ports.health() };
  }
}

const sameTexts = (a: ConfigCopy, b: ConfigCopy): boolean =>
  a.texts.length === b.texts.length && a.texts.every(({ name, text }, i) => name === b.texts[i]!.name && text === b.texts[i]!.text);
