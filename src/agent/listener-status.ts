import type { ListenerStatus } from '../control/status-document.ts';
import type { CollectdCounters } from '../metrics/collectd/collectd.ts';
import type { StatsdCounters } from '../metrics/statsd/statsd.ts';

export function statsdStatus({ lines, malformed, unsupported, beyond, kernelDropped, refusedConnections, tagsLeftOut }: StatsdCounters): ListenerStatus {
  return { name: 'statsd', taken: lines, unit: 'line', lost: lostOf({ malformed, unsupported, 'no-room': beyond, 'kernel-dropped': kernelDropped, 'too-many-connections': refusedConnections, 'too-many-tags': tagsLeftOut }) };
}

export function collectdStatus({ values, refused }: CollectdCounters): ListenerStatus {
  return { name: 'collectd', taken: values, unit: 'value', lost: lostOf(refused) };
}

const lostOf = (counts: Readonly<Record<string, number>>): ListenerStatus['lost'] =>
  Object.entries(counts).flatMap(([reason, count]) => (count > 0 ? [{ reason, count }] : []));
