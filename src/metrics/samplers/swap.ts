import { join } from 'node:path';
import { KernelFile } from '../kernel-file.ts';
import { parseMemoryTable } from '../memory-table.ts';
import type { FieldKind, KernelFolders, Sampler } from '../sampler.ts';

const BYTES: FieldKind = { unit: 'Bytes' };

const FIELDS = { free: BYTES, total: BYTES, used: BYTES, used_percent: { unit: 'Percent' } } as const satisfies Readonly<Record<string, FieldKind>>;

/** Swap of the host; without any, 0 percent of it are used. */
export function swapFrom(table: ReadonlyMap<string, number>): Readonly<Record<string, number>> {
  const total = table.get('SwapTotal') ?? 0;
  const free = table.get('SwapFree') ?? 0;
  const used = Math.max(0, total - free);
  return { free, total, used, used_percent: total === 0 ? 0 : 100 * used / total };
}

/** /proc/meminfo, which has what sysinfo(2) says. */
export function createSwapSampler(folders: KernelFolders): Sampler {
  const file = new KernelFile(join(folders.proc, 'meminfo'));
  return {
    fields: FIELDS,
    sample: async () => {
      const table = parseMemoryTable(file.read());
      if (!table.has('SwapTotal')) throw new Error(`${file.path} has no SwapTotal: it is not the kernel's, or the kernel has no swap`);
      return [{ dimensions: [], values: swapFrom(table) }];
    },
    [Symbol.dispose]: () => { file[Symbol.dispose](); },
  };
}
