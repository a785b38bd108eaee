import type { ListenerStatus } from '../control/status-document.ts';
import type { CollectdCounters } from '../metrics/collectd/collectd.ts';
import type { PrometheusCounts } from '../metrics/prometheus/counts.ts';
import type { StatsdCounters } from '../metrics/statsd/statsd.ts';

export function statsdStatus({ lines, malformed, unsupported, beyond, kernelDropped, refusedConnections, tagsLeftOut }: StatsdCounters): ListenerStatus {
  return { name: 'statsd', taken: lines, unit: 'line', lost: lostOf({ malformed, unsupported, 'no-room': beyond, 'kernel-dropped': kernelDropped, 'too-many-connections': refusedConnections, 'too-many-tags': tagsLeftOut }) };
}

export function collectdStatus({ values, refused }: CollectdCounters): ListenerStatus {
  return { name: 'collectd', taken: values, unit: 'value', lost: lostOf(refused) };
}

export function prometheusStatus({ samples, failedScrapes, skippedScrapes, relabeledAway, notFinite, duplicates, clashing, brokenHistograms, unremembered, tooLarge }: Readonly<PrometheusCounts>): ListenerStatus {
  return {
    name: 'prometheus', taken: samples, unit: 'sample',
    lost: lostOf({
      'scrape-failed': failedScrapes, 'scrape-skipped': skippedScrapes, 'relabeled-away': relabeledAway, 'not-finite': notFinite, duplicate: duplicates,
      'name-of-label': clashing, 'broken-histogram': brokenHistograms, 'too-many-counters': unremembered, 'too-large': tooLarge,
    }),
  };
}

const lostOf = (counts: Readonly<Record<string, number>>): ListenerStatus['lost'] =>
  Object.entries(counts).flatMap(([reason, count]) => (count > 0 ? [{ reason, count }] : []));
