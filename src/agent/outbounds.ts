import type { Environment } from '../aws/connection.ts';
import type { Network } from '../aws/network.ts';
import type { Budget } from '../delivery/budget.ts';
import type { Lane, Undelivered } from '../delivery/lane.ts';
import type { Quarantine, QuarantinedRecord } from '../delivery/quarantine.ts';
import { Arena } from '../kernel/arena.ts';
import { createKernel } from '../kernel/kernel.ts';
import type { Lifetime } from '../lifecycle/lifetime.ts';
import type { Plan, ServicePlan } from '../plan.ts';
import type { Report } from '../report/report.ts';
import { Outbound } from './outbound.ts';
import { arenaBytes } from './stages.ts';

export interface OutboundsOptions {
  readonly env: Environment;
  readonly network: Network;
  readonly report: Report;
  readonly quarantine: Quarantine;
  readonly life: Lifetime;
  readonly now: () => number;
  /** No lane waits for its flush timer. */
  readonly hurry: boolean;
}

/** One way of delivering, and a number that no other one of the run has. */
export interface NumberedOutbound { readonly outbound: Outbound; readonly number: number }

/** A pipeline, as far as what it delivers by goes. */
interface User { readonly entry: { readonly service: ServicePlan } }

interface Way extends NumberedOutbound { readonly signature: string }

/**
 * The present plan's way of delivering, and those of plans before it while a pipeline that makes way still uses one, or a
 * lane of it holds something.
 */
export class Outbounds {
  readonly #o: OutboundsOptions;
  /** The present one comes last. */
  #ways: readonly Way[] = [];
  readonly #users = new WeakMap<User, Outbound>();
  #arena: Arena | null = null;
  #count = 0;
  #plan: Plan | null = null;
  /** Of a plan before: closed as soon as no entry needs them any more. */
  #servicesToClose = false;

  constructor(options: OutboundsOptions) { this.#o = options; }

  get lanes(): readonly Lane[] { return this.#ways.flatMap(({ outbound }) => [...outbound.lanes]); }
  get budget(): Budget | null { return this.#ways.at(-1)?.outbound.budget ?? null; }

  /** For `plan`, the present one from now on: as before, unless it delivers in another way or an event may be larger than what can be read. */
  of(plan: Plan): NumberedOutbound {
    const { env, network, report, quarantine, life, now, hurry } = this.#o;
    const signature = JSON.stringify(plan.delivery);
    const largestRead = arenaBytes(plan);
    const latest = this.#ways.at(-1);
    let present = latest;
    if (present?.signature !== signature || this.#arena === null || this.#arena.inputSize < largestRead) {
      const arena = this.#arena === null || this.#arena.inputSize < largestRead ? new Arena(largestRead) : this.#arena;
      const kernel = arena === this.#arena ? latest!.outbound.kernel : createKernel(arena);
      const outbound = new Outbound({ services: servicesOf(plan), delivery: plan.delivery, arena, kernel, env, network, report, undelivered: undeliveredTo(quarantine, plan), hurry, now, abandon: life.abandon });
      this.#arena = arena;
      present = { outbound, number: ++this.#count, signature };
      this.#ways = [...this.#ways, present];
    }
    // What the entries that make way hold is still for theirs.
    present.outbound.use([...servicesOf(plan), ...[...present.outbound.lanes].map((lane) => lane.destination.service)]);
    this.#plan = plan;
    this.#servicesToClose = true;
    return present;
  }

  /** The pipeline delivers through this one, to its end. */
  uses(pipeline: User, outbound: Outbound): void { this.#users.set(pipeline, outbound); }

  /**
   * Closes what only plans before this one needed, to be called about each second. What nothing is read or held for goes even
   * while other entries still change: where configs come in quick succession, that may be always.
   */
  keepHouse(pipelines: readonly User[], changing: boolean): void {
    if (this.#plan !== null && this.#servicesToClose) {
      this.#servicesToClose = changing;
      const { outbound } = this.#ways.at(-1)!;
      const held = [...outbound.lanes].filter((lane) => !lane.empty);
      outbound.use([...servicesOf(this.#plan), ...pipelines.map(({ entry }) => entry.service), ...held.map((lane) => lane.destination.service)]);
    }
    const used = new Set(pipelines.map((pipeline) => this.#users.get(pipeline)));
    const [idle, kept] = [new Set<Way>(), this.#ways.at(-1)];
    for (const way of this.#ways) if (way !== kept && !used.has(way.outbound) && way.outbound.lanes.empty) idle.add(way);
    if (idle.size > 0) this.#ways = this.#ways.filter((way) => !idle.has(way));
    for (const { outbound } of idle) outbound[Symbol.dispose]();
  }

  /** @param usedLanes asked for only where a way has many lanes */
  forgetUnused(usedLanes: () => ReadonlySet<Lane>): void { for (const { outbound } of this.#ways) outbound.lanes.forgetUnused(usedLanes); }

  /** Gives back memory kept for the next burst. */
  rest(): void { for (const { outbound } of this.#ways) outbound.rest(); }

  /** After the stop: resolves when everything held is acknowledged, or at the abandon. */
  async drain(): Promise<void> { await Promise.all(this.#ways.map(({ outbound }) => outbound.lanes.drain(this.#o.life.abandon))); }

  /** Lets go of everything. What is held and nobody can read again is given up. */
  close(): void {
    for (const lane of this.lanes) lane.giveUpOnlyHeld();
    for (const { outbound } of this.#ways) outbound[Symbol.dispose]();
  }
}

const servicesOf = ({ entries, journald }: Plan): readonly ServicePlan[] => [...entries, ...journald].map(({ service }) => service);

/** Where events go that can never be delivered, as the plan says. */
export function undeliveredTo(quarantine: Quarantine, { delivery }: Plan): Undelivered {
  return { add: (event: Omit<QuarantinedRecord, 'time'>): void => {
    if (delivery.undeliverable !== 'drop') quarantine.add({ time: Date.now(), ...event });
  } };
}
