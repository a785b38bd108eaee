import { ServiceError } from './service-error.ts';
import { parseFault } from './fault-spec.ts';
import type { FaultSpec } from './fault-spec.ts';

/** What a fault may be limited to, as far as the request told. */
export interface FaultTarget {
  readonly operation: string;
  readonly group: string | null;
  readonly stream: string | null;
  /** Whether one event of the request contains the text; false for other operations. */
  readonly carries: (text: string) => boolean;
}

export interface FaultState {
  readonly id: number;
  readonly spec: FaultSpec;
  /** Requests it could have hit, and requests it hit. */
  readonly seen: number;
  readonly fired: number;
  readonly spent: boolean;
}

export interface FaultActions {
  deleteGroup(group: string): void;
  deleteStream(group: string, stream: string): void;
}

interface Armed {
  readonly id: number;
  readonly spec: FaultSpec;
  readonly armedAt: number;
  readonly random: () => number;
  seen: number;
  fired: number;
  windowStart: number;
  windowCalls: number;
}

/** Armed faults at most: beyond it the script has a leak. */
const MAX_FAULTS = 1000;

/** A seeded generator (mulberry32), so that a failing run can be repeated. Values in [0, 1). */
function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** The script of things that go wrong. Durations are measured on `monotonic` (milliseconds). */
export class Faults {
  readonly #actions: FaultActions;
  readonly #monotonic: () => number;
  readonly #armed = new Map<number, Armed>();
  #nextId = 1;

  constructor(actions: FaultActions, monotonic: () => number) {
    this.#actions = actions;
    this.#monotonic = monotonic;
  }

  /**
   * Arms a fault and returns its id; `delete-group` acts at once and stays disarmed (id 0).
   * Throws a ServiceError (ValidationException) that names the member that is wrong.
   */
  add(spec: FaultSpec): number {
    const checked = parseFault(spec);
    if (checked.kind === 'delete-group') {
      if (checked.stream !== undefined) this.#actions.deleteStream(checked.group, checked.stream);
      else this.#actions.deleteGroup(checked.group);
      return 0;
    }
    if (this.#armed.size >= MAX_FAULTS) throw new ServiceError('ValidationException', `${MAX_FAULTS} faults are armed already: clear them first`);
    const id = this.#nextId++;
    const now = this.#monotonic();
    this.#armed.set(id, { id, spec: checked, armedAt: now, random: seeded(checked.seed ?? 1), seen: 0, fired: 0, windowStart: now, windowCalls: 0 });
    return id;
  }

  /** Whether there was such a fault. */
  remove(id: number): boolean {
    return this.#armed.delete(id);
  }

  clear(): void {
    this.#armed.clear();
  }

  list(): readonly FaultState[] {
    const now = this.#monotonic();
    return [...this.#armed.values()].map((fault) => ({ id: fault.id, spec: fault.spec, seen: fault.seen, fired: fault.fired, spent: this.#spent(fault, now) }));
  }

  /** The faults that hit this request, in the order they were armed. Counts the request. */
  strike(target: FaultTarget): readonly FaultSpec[] {
    if (this.#armed.size === 0) return [];
    const now = this.#monotonic();
    const struck: FaultSpec[] = [];
    for (const fault of this.#armed.values()) {
      if (!this.#applies(fault, target, now)) continue;
      fault.seen++;
      if (!this.#fires(fault, now)) continue;
      fault.fired++;
      struck.push(fault.spec);
    }
    return struck;
  }

  #spent(fault: Armed, now: number): boolean {
    const { count, forMs, afterMs = 0 } = fault.spec;
    return (count !== undefined && fault.fired >= count) || (forMs !== undefined && now >= fault.armedAt + afterMs + forMs);
  }

  #applies(fault: Armed, target: FaultTarget, now: number): boolean {
    const { spec } = fault;
    if (now < fault.armedAt + (spec.afterMs ?? 0) || this.#spent(fault, now)) return false;
    if (spec.operation !== undefined && spec.operation !== target.operation) return false;
    if (spec.group !== undefined && spec.group !== target.group) return false;
    if (spec.stream !== undefined && spec.stream !== target.stream) return false;
    return spec.kind !== 'reject-event' || target.carries(spec.containing);
  }

  #fires(fault: Armed, now: number): boolean {
    const { spec } = fault;
    const nth = fault.seen - (spec.skip ?? 0);
    if (nth <= 0) return false;
    if (spec.every !== undefined && nth % spec.every !== 0) return false;
    if (spec.probability !== undefined && fault.random() >= spec.probability) return false;
    if (spec.tps === undefined) return true;
    if (now - fault.windowStart >= 1000) {
      fault.windowStart = now;
      fault.windowCalls = 0;
    }
    return ++fault.windowCalls > spec.tps;
  }
}
