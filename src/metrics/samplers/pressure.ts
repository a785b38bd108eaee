import { join } from 'node:path';
import { KernelFile } from '../kernel-file.ts';
import { codeOf } from './kernel-text.ts';
import type { FieldKind, KernelFolders, Sampler } from '../sampler.ts';

const RESOURCES = ['cpu', 'memory', 'io'] as const;
const KINDS = ['some', 'full'] as const;

const FIELDS: Readonly<Record<string, FieldKind>> = Object.fromEntries(RESOURCES.flatMap((resource) => KINDS.flatMap((kind): [string, FieldKind][] => [
  [`${resource}_${kind}_avg10`, { unit: 'Percent' }],
  [`${resource}_${kind}_avg60`, { unit: 'Percent' }],
  [`${resource}_${kind}_total`, { unit: 'Microseconds', delta: true }],
])));

/**
 * Pressure stall information: the share of the last 10 and 60 seconds in which some, or all, tasks waited for a resource, and the
 * microseconds of it; of /proc/pressure. Rejects where the kernel has none (older than 4.20, or booted with psi=0).
 */
export function createPressureSampler({ proc }: KernelFolders): Sampler {
  const files = RESOURCES.map((resource) => ({ resource, file: new KernelFile(join(proc, 'pressure', resource)) }));
  return {
    fields: FIELDS,
    async sample() {
      const values: Record<string, number> = {};
      for (const { resource, file } of files) {
        for (const { kind, avg10, avg60, total } of parsePressure(textOf(file))) {
          values[`${resource}_${kind}_avg10`] = avg10;
          values[`${resource}_${kind}_avg60`] = avg60;
          values[`${resource}_${kind}_total`] = total;
        }
      }
      if (Object.keys(values).length === 0) throw new Error(`${join(proc, 'pressure')} cannot be read: the kernel keeps no pressure stall information (booting it with psi=1 may turn it on)`);
      return [{ dimensions: [], values }];
    },
    [Symbol.dispose]() { for (const { file } of files) file[Symbol.dispose](); },
  };
}

/** Empty where there is none, or it is turned off: then the files are there, but cannot be opened. */
function textOf(file: KernelFile): string {
  try {
    return file.read();
  } catch (error) {
    if (['ENOENT', 'EOPNOTSUPP'].includes(codeOf((error as Error).cause))) return '';
    throw error;
  }
}

interface Stall { readonly kind: string; readonly avg10: number; readonly avg60: number; readonly total: number }

/** The lines of a file of /proc/pressure. Pure; leaves out what it does not know. */
export function parsePressure(text: string): readonly Stall[] {
  return [...text.matchAll(/^(some|full) avg10=(\d+\.\d+) avg60=(\d+\.\d+) avg300=\d+\.\d+ total=(\d+)$/gm)]
    .map(([, kind, avg10, avg60, total]) => ({ kind: kind!, avg10: Number(avg10), avg60: Number(avg60), total: Number(total) }));
}
