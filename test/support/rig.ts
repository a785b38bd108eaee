// An agent in this process, on real files, in front of a local endpoint. What a test expects of a stream is checked when it
// arrives, and once more after each stop: nothing may come twice, later. Conservation of bytes is checked after each stop.
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Agent } from '../../src/agent/agent.ts';
import type { Generation } from '../../src/agent/generation.ts';
import { loadPlan } from '../../src/cli/load-plan.ts';
import { LifetimeControl } from '../../src/lifecycle/lifetime.ts';
import type { EndpointOptions, RunningEndpoint } from '../../src/local-endpoint/server.ts';
import type { Plan, PlanDifference } from '../../src/plan.ts';
import { AgentReport } from '../../src/report/agent-report.ts';
import { atEnd } from './at-end.ts';
import type { Owner } from './at-end.ts';
import { append } from './log-files.ts';
import type { Arrival } from './overheard.ts';
import { planFor } from './plan-for.ts';
import type { PlanSpec } from './plan-for.ts';
import { startService } from './service.ts';
import type { Service, StoredEvent } from './service.ts';

/** Credentials of no account, and no question to a metadata service. The SDK's chain reads the process's own environment. */
export const TEST_ENV = { AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE', AWS_SECRET_ACCESS_KEY: 'none', AWS_EC2_METADATA_DISABLED: 'true' } as const;
Object.assign(process.env, TEST_ENV);
for (const name of ['AWS_PROFILE', 'AWS_SESSION_TOKEN']) delete process.env[name];

const WAIT_MS = 30_000;
const POLL_MS = 5;

/** Seconds of a clock that no test shifts. */
const uptime = process.uptime.bind(process);

/** What a rig shows of a distant service is a copy: it is renewed before a condition is looked at, and once it holds. */
const services = new Set<Service>();
export async function renew(): Promise<void> { for (const service of services) await service.refresh(); }

/** Resolves when the condition holds; fails with its text after `timeoutMs`. */
export async function until(what: string, holds: () => boolean | Promise<boolean>, timeoutMs = WAIT_MS): Promise<void> {
  const deadline = uptime() + timeoutMs / 1000;
  for (;;) {
    await renew();
    if (await holds()) break;
    if (uptime() > deadline) throw new Error(`waited ${timeoutMs / 1000} s for: ${what}`);
    await delay(POLL_MS);
  }
  await renew();
}

/** Fails unless both lists are the same, saying where they part, what is missing, and what came twice. */
export function assertSame(actual: readonly string[], expected: readonly string[], what: string): void {
  if (actual.length === expected.length && actual.every((line, i) => line === expected[i])) return;
  const counts = new Map<string, number>();
  for (const line of actual) counts.set(line, (counts.get(line) ?? 0) + 1);
  for (const line of expected) counts.set(line, (counts.get(line) ?? 0) - 1);
  const some = (lines: readonly string[]): string => `${lines.length}${lines.length > 0 ? ` (${lines.slice(0, 3).map((line) => JSON.stringify(line.slice(0, 80))).join(', ')}${lines.length > 3 ? ', …' : ''})` : ''}`;
  const missing = [...counts].filter(([, n]) => n < 0).map(([line]) => line);
  const extra = [...counts].filter(([, n]) => n > 0).map(([line]) => line);
  const at = expected.findIndex((line, i) => line !== actual[i]);
  const place = at < 0 ? expected.length : at;
  const shown = (line: string | undefined): string => line === undefined ? 'nothing' : JSON.stringify(line.slice(0, 120));
  assert.fail(`${what}: ${actual.length} messages for ${expected.length}; lost ${some(missing)}; too many ${some(extra)}; first difference at ${place}: ${shown(actual[place])} for ${shown(expected[place])}`);
}

export interface RigSpec extends Partial<Omit<PlanSpec, 'endpoint' | 'journald'>> {
  /** Asked for at each start. */
  readonly journald?: () => NonNullable<PlanSpec['journald']>;
  readonly endpointOptions?: EndpointOptions;
  /** A config for the real loader, instead of `entries`. */
  readonly config?: (rig: { readonly logs: string; readonly url: string }) => unknown;
  /** What stands between the agent and the service, by its port: gives the URL the agent is told instead of the service's. */
  readonly via?: (port: number) => Promise<string>;
  /** On top of TEST_ENV. */
  readonly env?: Readonly<Record<string, string>>;
  readonly localZone?: string;
  readonly untilCaughtUp?: boolean;
  /** See AgentOptions. */
  readonly standsMs?: number;
  /** Log files that stand there before the agent starts: lines by name. */
  readonly files?: Readonly<Record<string, readonly string[]>>;
}

/** Relative `entries[].path` are below `rig.logs`; without entries there is one, `app.log`. The agent is not started yet. */
export async function rigFor(t: Owner, spec: RigSpec = {}): Promise<Rig> {
  const root = mkdtempSync(join(tmpdir(), 'rig-'));
  const service = await startService(spec.endpointOptions);
  services.add(service);
  const rig = new Rig(root, service, spec);
  for (const [name, lines] of Object.entries(spec.files ?? {})) append(rig.path(name), lines);
  atEnd(t, async () => {
    try {
      if (rig.running) await rig.stop();
    } finally {
      await rig.crash();
      services.delete(service);
      await service.close();
      rmSync(root, { recursive: true, force: true, maxRetries: 20, retryDelay: 25 });
    }
  });
  return rig;
}

/** As `rigFor`, with the agent running. */
export async function startRig(t: Owner, spec: RigSpec = {}): Promise<Rig> {
  const rig = await rigFor(t, spec);
  await rig.start();
  return rig;
}

interface Run { readonly agent: Agent; readonly life: LifetimeControl; ended: Promise<void>; failure: unknown; over: boolean }

export class Rig {
  /** Where the log files are. */
  readonly logs: string;
  readonly stateDir: string;
  readonly #service: Service;
  readonly #spec: RigSpec;
  readonly #expected = new Map<string, readonly string[]>();
  #run: Run | null = null;
  #told: string | null = null;
  /** What the agent said, over all its runs: `level message`. */
  readonly said: string[] = [];
  /** Of the latest run. */
  report: AgentReport;

  constructor(root: string, service: Service, spec: RigSpec) {
    this.logs = join(root, 'logs');
    this.stateDir = join(root, 'state');
    mkdirSync(this.logs);
    this.#service = service;
    this.#spec = spec;
    this.report = this.#newReport();
  }

  path(name: string): string { return join(this.logs, name); }
  /** Where the agent delivers to. */
  get url(): string { return this.#service.url; }
  /** What only the local endpoint has: faults, requests, the store itself. A test that asks for it is marked `localOnly`. */
  get endpoint(): RunningEndpoint {
    if (this.#service.local === null) throw new Error('moto has no faults, request log or store to ask: mark the test with localOnly (test/support/endpoint-choice.ts)');
    return this.#service.local;
  }
  get running(): boolean { return this.#run !== null && !this.#run.over; }
  get agent(): Agent {
    if (this.#run === null) throw new Error('the agent was never started');
    return this.#run.agent;
  }
  /** Resolves when the agent's run ends by itself (`untilCaughtUp`); rejects if it failed. */
  get ended(): Promise<void> { return (this.#run?.ended ?? Promise.resolve()).then(renew); }
  get generations(): readonly Generation[] { return this.agent.pipelines.flatMap((pipeline) => [...pipeline.generations]); }

  /** Starts a new agent on the state that is there; `changes` replace parts of the spec for this run. */
  async start(changes: Partial<RigSpec> = {}): Promise<void> {
    if (this.running) throw new Error('the agent is running');
    const spec = { ...this.#spec, ...changes };
    const plan = await this.#plan(spec);
    this.report = this.#newReport();
    const life = new LifetimeControl();
    const agent = new Agent({ plan, stateDir: this.stateDir, report: this.report, env: { ...TEST_ENV, ...spec.env }, localZone: spec.localZone ?? 'UTC', untilCaughtUp: spec.untilCaughtUp === true, ...(spec.standsMs === undefined ? {} : { standsMs: spec.standsMs }) });
    const run: Run = { agent, life, ended: Promise.resolve(), failure: null, over: false };
    run.ended = agent.run(life).catch((error: unknown) => { run.failure = error; throw error; }).finally(() => { run.over = true; });
    // Whoever waits for `ended` hears of a failure; so does every wait of the rig.
    run.ended.catch(() => undefined);
    this.#run = run;
    await until('the agent to open its state', () => run.over || agent.store !== null);
  }

  /** Stops as SIGTERM does and waits until all is acknowledged. Then nothing may be missing, doubled or unaccounted for. */
  async stop(timeoutMs = WAIT_MS): Promise<void> {
    const run = this.#run;
    if (run === null) return;
    run.life.requestStop();
    await until('the agent to drain and stop', () => run.over, timeoutMs);
    if (run.failure !== null) throw run.failure;
    this.assertConserved();
    this.assertExpected();
  }

  /** Lets go at once, as a second signal does: what is held is neither sent nor settled. */
  async crash(): Promise<void> {
    const run = this.#run;
    if (run === null || run.over) return;
    run.life.requestAbandon();
    await until('the agent to let go', () => run.over);
    if (run.failure !== null) throw run.failure;
    assert.ok(this.report.settledBytes <= this.report.readBytes, `settled ${this.report.settledBytes} of ${this.report.readBytes} bytes read`);
  }

  /** The service is away (503, with moto resets), until the returned function is called. */
  outage(): () => void { return this.#service.outage(); }
  /** The same from the moment so many events are stored; resolves when they are. Called before the agent starts. */
  async outageAfter(count: number): Promise<() => void> {
    let stored = 0;
    let served: (() => void) | null = null;
    this.observe(({ messages }) => {
      stored += messages.length;
      if (stored >= count) served ??= this.outage();
    });
    await until(`${count} events to be stored`, () => { this.assertAlive(); return served !== null; });
    return served!;
  }
  /** From now on each answer takes this much longer, in milliseconds. */
  slow(ms: number): void { this.#service.slow(ms); }
  /** Requests made so far, and those not answered yet. */
  get attempts(): number { return this.#service.attempts; }
  get inFlight(): number { return this.#service.inFlight; }

  /** Waits until the agent reads no further: what it may hold is full. */
  async stalled(): Promise<void> {
    let last = -1;
    let since = uptime();
    await until('reading to pause', () => {
      this.assertAlive();
      if (this.report.readBytes !== last) { last = this.report.readBytes; since = uptime(); }
      return last > 0 && uptime() - since > 0.3;
    });
  }

  async restart(changes: Partial<RigSpec> = {}): Promise<void> {
    await this.stop();
    await this.start(changes);
  }

  /** Makes the plan of the spec, with `changes`, the one that runs, as a reload does; gives what that changed. */
  async apply(changes: Partial<RigSpec>): Promise<PlanDifference> { return this.agent.apply(await this.#plan({ ...this.#spec, ...changes })); }

  /** Waits until the stream holds so many messages, then they must be these, in this order; after each stop again. */
  async delivered(group: string, stream: string, expected: readonly string[], timeoutMs = WAIT_MS): Promise<void> {
    const key = `${group}\n${stream}`;
    this.#expected.delete(key);
    await this.count(group, stream, expected.length, timeoutMs).catch((error: unknown) => {
      assertSame(this.messages(group, stream), expected, `${group}/${stream} after ${timeoutMs / 1000} s`);
      throw error;
    });
    this.#expected.set(key, [...expected]);
    assertSame(this.messages(group, stream), expected, `${group}/${stream}`);
  }

  /** `delivered` for the default group `g` and stream `s`. */
  arrived(expected: readonly string[], timeoutMs = WAIT_MS): Promise<void> { return this.delivered('g', 's', expected, timeoutMs); }

  /** Waits until the stream holds at least so many messages. */
  async count(group: string, stream: string, count: number, timeoutMs = WAIT_MS): Promise<void> {
    await until(`${count} messages in ${group}/${stream}`, () => {
      this.assertAlive();
      return this.held(group, stream) >= count;
    }, timeoutMs);
  }

  /** What the service holds of a stream, in the order of arrival (moto: by time, then by arrival), and how much of it. */
  messages(group = 'g', stream = 's'): readonly string[] { return this.#service.messages(group, stream); }
  events(group = 'g', stream = 's'): readonly StoredEvent[] { return this.#service.events(group, stream); }
  held(group = 'g', stream = 's'): number { return this.#service.held(group, stream); }
  /** Calls back for each accepted PutLogEvents from now on. */
  observe(stored: (arrival: Arrival) => void): void { this.#service.observe(stored); }
  /** Refusals of an operation so far, by name. */
  errors(operation: string): Readonly<Record<string, number>> { return this.#service.errors(operation); }

  /** Waits until everything read so far is acknowledged. */
  async settled(timeoutMs = WAIT_MS): Promise<void> {
    await until('everything read to be acknowledged', () => {
      this.assertAlive();
      return this.report.readBytes > 0 && this.report.readBytes === this.report.settledBytes;
    }, timeoutMs);
  }

  /** Waits until the agent has said something that matches. */
  async says(pattern: RegExp, timeoutMs = WAIT_MS): Promise<string> {
    await until(`the agent to say ${pattern}; it said:\n${this.said.join('\n')}`, () => { this.assertAlive(); return this.said.some((line) => pattern.test(line)); }, timeoutMs);
    return this.said.find((line) => pattern.test(line))!;
  }

  assertAlive(): void { if (this.#run !== null && this.#run.failure !== null) throw this.#run.failure; }

  assertConserved(): void {
    const { readBytes, settledBytes } = this.report;
    assert.equal(settledBytes, readBytes, `read ${readBytes} bytes, settled ${settledBytes}: some are unaccounted for after a drained stop`);
    const held = [...this.agent.lanes].filter((lane) => !lane.empty).map((lane) => lane.name);
    assert.deepEqual(held, [], 'streams that still hold events after a drained stop');
  }

  assertExpected(): void {
    for (const [key, expected] of this.#expected) {
      const [group, stream] = key.split('\n') as [string, string];
      assertSame(this.messages(group, stream), expected, `${group}/${stream} after the stop`);
    }
  }

  /** Asked for once: the same in every run. */
  async #urlFor({ via }: RigSpec): Promise<string> {
    this.#told ??= via === undefined ? this.url : await via(Number(new URL(this.url).port));
    return this.#told;
  }

  #newReport(): AgentReport { return new AgentReport((level, message) => { this.said.push(`${level} ${message}`); }, Date.now); }

  async #plan(spec: RigSpec): Promise<Plan> {
    const url = await this.#urlFor(spec);
    if (spec.config !== undefined) {
      const file = join(this.stateDir, '..', 'agent.json');
      writeFileSync(file, JSON.stringify(spec.config({ logs: this.logs, url })));
      const { plan, problems } = await loadPlan([file], { ...TEST_ENV, ...spec.env });
      assert.ok(plan !== null, `the config compiles: ${JSON.stringify(problems)}`);
      return plan;
    }
    const entries = (spec.entries ?? [{ path: 'app.log' }]).map((entry) => ({ ...entry, path: isAbsolute(entry.path) ? entry.path : this.path(entry.path) }));
    return planFor({
      endpoint: url, entries,
      ...(spec.journald === undefined ? {} : { journald: spec.journald() }),
      ...(spec.delivery === undefined ? {} : { delivery: spec.delivery }),
      ...(spec.reading === undefined ? {} : { reading: spec.reading }),
      ...(spec.ownLogs === undefined ? {} : { ownLogs: spec.ownLogs }),
      ...(spec.audit === undefined ? {} : { audit: spec.audit }),
    });
  }
}
