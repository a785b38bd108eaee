import type { SamplerPlan, SamplerKind } from '../metrics-plan.ts';
import { nearest } from './nearest.ts';
import type { Reporter } from './reporter.ts';

const POINTER = '/metrics/aggregation_dimensions';

/** Dimensions that a thing of each collector has, by which of its metrics. */
const OWN: Readonly<Record<SamplerKind, readonly string[]>> = {
  cpu: ['cpu'], disk: ['device', 'fstype', 'path', 'VolumeId'], diskio: ['name'], nvme: ['VolumeId', 'SerialId'], net: ['interface'], ethtool: ['driver', 'interface'],
  nvidia_gpu: ['arch', 'index', 'name'], procstat: ['exe', 'pattern', 'pidfile', 'pid_finder', 'process_name'], systemd_units: ['unit'], agent: ['listener', 'reason'],
  mem: [], swap: [], netstat: [], processes: [], load: [], uptime: [], pressure: [], conntrack: [], file_descriptors: [],
};

export interface RollupsChecked {
  readonly lists: readonly (readonly string[])[];
  readonly samplers: readonly SamplerPlan[];
  /** Dimensions that all metrics have, or will have once they are known. */
  readonly common: readonly string[];
}

/** Warns of lists by which no metric of this config can be put together: copies that somebody waits for in vain. Not where programs send dimensions of their own. */
export function checkRollups({ lists, samplers, common }: RollupsChecked, report: Reporter): void {
  const had = samplers.map(({ kind, append }) => new Set([...OWN[kind], ...append.map(([name]) => name), ...common]));
  const known = [...new Set(had.flatMap((names) => [...names]))];
  for (const [index, list] of lists.entries()) {
    if (had.some((names) => list.every((name) => names.has(name)))) continue;
    const unknown = list.findIndex((name) => !known.includes(name));
    const place = `${POINTER}/${index}`;
    if (unknown === -1) report.warning(place, `no metric has all of ${list.join(', ')}, so none is published by them`);
    else report.warning(`${place}/${unknown}`, `no metric has the dimension ${JSON.stringify(list[unknown])}, so none is published by ${list.length === 1 ? 'it' : list.join(', ')}`, { didYouMean: nearest(list[unknown]!, known) });
  }
}
