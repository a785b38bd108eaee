import { join } from 'node:path';
import { KernelFile } from '../kernel-file.ts';
import { parseMemoryTable } from '../memory-table.ts';
import type { FieldKind, KernelFolders, Sampler } from '../sampler.ts';

const BYTES: FieldKind = { unit: 'Bytes' };
const PERCENT: FieldKind = { unit: 'Percent' };

const FIELDS = {
  active: BYTES, available: BYTES, buffered: BYTES, cached: BYTES, free: BYTES, inactive: BYTES, shared: BYTES, total: BYTES, used: BYTES,
  available_percent: PERCENT, used_percent: PERCENT,
} as const satisfies Readonly<Record<string, FieldKind>>;

/** Memory of the host, from /proc/meminfo. What can be taken back of the kernel's own (SReclaimable) counts as cached. */
export function memoryFrom(table: ReadonlyMap<string, number>): Readonly<Record<string, number>> {
  const of = (name: string): number => table.get(name) ?? 0;
  const total = of('MemTotal');
  const free = of('MemFree');
  const buffered = of('Buffers');
  const cached = of('Cached') + of('SReclaimable');
  // A container's view (lxcfs) may have more cached than its own total.
  const used = Math.max(0, total - free - buffered - cached);
  // Before 3.14 the kernel does not say what is available.
  const available = table.get('MemAvailable') ?? Math.min(total, free + buffered + cached);
  const percent = (bytes: number): number => (total === 0 ? 0 : 100 * bytes / total);
  return {
    active: of('Active'), available, buffered, cached, free, inactive: of('Inactive'), shared: of('Shmem'), total, used,
    available_percent: percent(available), used_percent: percent(used),
  };
}

export function createMemSampler(folders: KernelFolders): Sampler {
  const file = new KernelFile(join(folders.proc, 'meminfo'));
  return {
    fields: FIELDS,
    sample: async () => {
      const table = parseMemoryTable(file.read());
      if (!table.has('MemTotal')) throw new Error(`${file.path} has no MemTotal: it is not the kernel's, or not mounted`);
      return [{ dimensions: [], values: memoryFrom(table) }];
    },
    [Symbol.dispose]: () => { file[Symbol.dispose](); },
  };
}
