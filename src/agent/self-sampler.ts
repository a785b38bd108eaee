import { memoryUsage } from 'node:process';
import type { Reading, Sampler } from '../metrics/sampler.ts';
import { SELF_FIELDS } from '../metrics-plan.ts';
import type { SelfField } from '../metrics-plan.ts';

/** What the agent says of itself in numbers, since its start. */
export interface SelfCounts {
  readonly values: Readonly<Record<Exclude<SelfField, 'dropped_events' | 'dropped_bytes' | 'listener_losses' | 'memory_rss' | 'cpu_usage'>, number>>;
  /** Dropped for a counted reason. */
  readonly dropped: readonly { readonly reason: string; readonly events: number; readonly bytes: number }[];
  /** Came in and is not published. */
  readonly losses: readonly { readonly listener: string; readonly reason: string; readonly count: number }[];
}

/** Reads the agent itself. */
export function createSelfSampler(counts: () => SelfCounts, cpuUsage: () => NodeJS.CpuUsage = process.cpuUsage.bind(process)): Sampler {
  let before: { readonly at: number; readonly microseconds: number } | null = null;
  return {
    fields: SELF_FIELDS,
    sample: (now) => {
      const { values, dropped, losses } = counts();
      const { user, system } = cpuUsage();
      const microseconds = user + system;
      const cpu = before === null || now <= before.at ? {} : { cpu_usage: (microseconds - before.microseconds) / (now - before.at) / 10 };
      before = { at: now, microseconds };
      return Promise.resolve<readonly Reading[]>([
        { dimensions: [], values: { ...values, ...cpu, memory_rss: memoryUsage.rss() } },
        ...dropped.map(({ reason, events, bytes }): Reading => ({ dimensions: [['reason', reason]], values: { dropped_events: events, dropped_bytes: bytes } })),
        ...losses.map(({ listener, reason, count }): Reading => ({ dimensions: [['listener', listener], ['reason', reason]], values: { listener_losses: count } })),
      ]);
    },
    [Symbol.dispose]: () => undefined,
  };
}
