import { join } from 'node:path';
import { codeOf, kernelNumber } from './kernel-text.ts';
import type { KernelFolders, Sampler } from '../sampler.ts';

const FIELDS = { count: { unit: 'Count' }, max: { unit: 'Count' }, used_percent: { unit: 'Percent' } } as const;

/** Connections that netfilter tracks, and how many it can: of /proc/sys/net/netfilter. Rejects where it tracks none. */
export function createConntrackSampler({ proc }: KernelFolders): Sampler {
  const folder = join(proc, 'sys/net/netfilter');
  return {
    fields: FIELDS,
    async sample() {
      try {
        const count = kernelNumber(join(folder, 'nf_conntrack_count'));
        const max = kernelNumber(join(folder, 'nf_conntrack_max'));
        return [{ dimensions: [], values: { count, max, used_percent: max === 0 ? 0 : 100 * count / max } }];
      } catch (error) {
        if (codeOf((error as Error).cause) === 'ENOENT') throw new Error(`${(error as Error).message}: this kernel tracks no connections (module nf_conntrack)`, { cause: error });
        throw error;
      }
    },
    [Symbol.dispose]() {},
  };
}
