import { join } from 'node:path';
import { KernelFile } from '../kernel-file.ts';
import { codeOf } from './kernel-text.ts';
import type { KernelFolders, Sampler } from '../sampler.ts';

const FIELDS = { count: { unit: 'Count' }, max: { unit: 'Count' }, used_percent: { unit: 'Percent' } } as const;

/** Connections that netfilter tracks, and how many it can: of /proc/sys/net/netfilter. Rejects where it tracks none. */
export function createConntrackSampler({ proc }: KernelFolders): Sampler {
  const files = ['nf_conntrack_count', 'nf_conntrack_max'].map((name) => new KernelFile(join(proc, 'sys/net/netfilter', name)));
  return {
    fields: FIELDS,
    async sample() {
      try {
        const [count, max] = files.map(numberIn) as [number, number];
        return [{ dimensions: [], values: { count, max, used_percent: max === 0 ? 0 : 100 * count / max } }];
      } catch (error) {
        if (codeOf((error as Error).cause) === 'ENOENT') throw new Error(`${(error as Error).message}: this kernel tracks no connections (module nf_conntrack)`, { cause: error });
        throw error;
      }
    },
    [Symbol.dispose]() { for (const file of files) file[Symbol.dispose](); },
  };
}

/** @throws when it holds something else */
function numberIn(file: KernelFile): number {
  const text = file.read().trim();
  if (!/^\d+$/.test(text)) throw new Error(`${file.path} holds no number`);
  return Number(text);
}
