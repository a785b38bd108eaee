import type { Plan, PlanDifference } from '../plan.ts';

type Collecting = Pick<Plan, 'metrics' | 'prometheus' | 'emf'>;

/** What changes between two plans in what is collected beside log files, by the collectors' places in the config; undefined: neither collects anything. */
export function collectorDifference(before: Collecting, after: Collecting): PlanDifference['collectors'] {
  const [earlier, later] = [collectorsOf(before), collectorsOf(after)];
  if (earlier.size === 0 && later.size === 0) return undefined;
  const stays = [...later].filter(([pointer]) => earlier.has(pointer));
  const kept = stays.filter(([pointer, collector]) => earlier.get(pointer) === collector).length;
  return {
    kept, changed: stays.length - kept, added: later.size - stays.length, removed: earlier.size - stays.length,
    publishing: before.metrics !== null && after.metrics !== null && publishingOf(before) !== publishingOf(after),
  };
}

function collectorsOf({ metrics, prometheus, emf }: Collecting): ReadonlyMap<string, string> {
  const all = [...metrics?.samplers ?? [], metrics?.statsd, metrics?.collectd, prometheus, emf];
  return new Map(all.flatMap((collector) => (collector == null ? [] : [[collector.pointer, JSON.stringify(collector)]])));
}

/** Everything of the metrics but what is collected. */
function publishingOf({ metrics }: Collecting): string {
  return JSON.stringify({ ...metrics, samplers: null, statsd: null, collectd: null });
}
