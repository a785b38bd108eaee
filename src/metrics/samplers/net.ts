import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { SamplerPlan } from '../../metrics-plan.ts';
import { KernelFile } from '../kernel-file.ts';
import { compileNameGlobs } from '../name-glob.ts';
import type { FieldKind, KernelFolders, Sampler } from '../sampler.ts';

const BYTES: FieldKind = { unit: 'Bytes', delta: true };
const COUNT: FieldKind = { unit: 'Count', delta: true };

const FIELDS = {
  bytes_recv: BYTES, bytes_sent: BYTES, drop_in: COUNT, drop_out: COUNT, err_in: COUNT, err_out: COUNT, packets_recv: COUNT, packets_sent: COUNT,
} as const satisfies Readonly<Record<string, FieldKind>>;

/** Columns behind the name in /proc/net/dev (dev_seq_printf_stats in net/core/net-procfs.c). */
const COLUMN = { bytes_recv: 0, packets_recv: 1, err_in: 2, drop_in: 3, bytes_sent: 8, packets_sent: 9, err_out: 10, drop_out: 11 } as const satisfies Record<keyof typeof FIELDS, number>;
const COLUMNS = 16;

/** net_device_flags of linux/if.h. */
const IFF_UP = 0x1;
const IFF_LOOPBACK = 0x8;

export interface InterfaceCounts { readonly name: string; readonly values: Readonly<Record<keyof typeof FIELDS, number>> }

/** The interfaces of /proc/net/dev. */
export function parseInterfaceCounts(text: string): readonly InterfaceCounts[] {
  return text.split('\n').flatMap((line) => {
    // An alias has a colon in its name.
    const colon = line.lastIndexOf(':');
    const name = line.slice(0, Math.max(0, colon)).trim();
    const counts = line.slice(colon + 1).trim().split(/ +/).map(Number);
    if (name === '' || counts.length < COLUMNS || !counts.every(Number.isFinite)) return [];
    const values = Object.fromEntries(Object.entries(COLUMN).map(([field, column]) => [field, counts[column]!])) as InterfaceCounts['values'];
    return [{ name, values }];
  });
}

/** Up, and not loopback. Where /sys does not tell (it is another network namespace's), all are, but `lo`. */
function isInUse(sys: string, name: string): boolean {
  try {
    const flags = Number(readFileSync(join(sys, 'class/net', name, 'flags'), 'latin1').trim());
    return (flags & IFF_UP) !== 0 && (flags & IFF_LOOPBACK) === 0;
  } catch {
    return name !== 'lo';
  }
}

/** /proc/net/dev: the interfaces that are named, whatever their state; else those that are up, but loopback. */
export function createNetSampler(plan: Pick<Extract<SamplerPlan, { kind: 'net' }>, 'interfaces'>, folders: KernelFolders): Sampler {
  const file = new KernelFile(join(folders.proc, 'net/dev'));
  const isWanted = plan.interfaces === null ? (name: string) => isInUse(folders.sys, name) : compileNameGlobs(plan.interfaces);
  return {
    fields: FIELDS,
    sample: async () => parseInterfaceCounts(file.read())
      .filter(({ name }) => isWanted(name))
      .map(({ name, values }) => ({ dimensions: [['interface', name]], values })),
    [Symbol.dispose]: () => { file[Symbol.dispose](); },
  };
}
