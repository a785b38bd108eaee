import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { codeOf, kernelTextIfThere } from './kernel-text.ts';
import { parseState } from './process-texts.ts';
import { Slice } from './slice.ts';
import type { FieldKind, KernelFolders, Sampler } from '../sampler.ts';

/**
 * Letters of `/proc/PID/stat`. `W` was swapping until Linux 2.6 and is waking since, `U` and `L` are other systems': counted like the CloudWatch agent does.
 * A letter that is not here counts in `total` alone, and so does `P`, parked.
 */
const FIELD_OF: Readonly<Record<string, string>> = { D: 'blocked', U: 'blocked', L: 'blocked', X: 'dead', x: 'dead', I: 'idle', W: 'paging', R: 'running', S: 'sleeping', T: 'stopped', t: 'stopped', Z: 'zombies' };
const COUNTED = ['blocked', 'dead', 'idle', 'paging', 'running', 'sleeping', 'stopped', 'total', 'total_threads'] as const;

/** `zombies` has no unit in the CloudWatch agent, and a metric of another unit is another metric. `wait` is accepted there and never there on Linux: no field. */
const FIELDS: Readonly<Record<string, FieldKind>> = { ...Object.fromEntries(COUNTED.map((name) => [name, { unit: 'Count' }])), zombies: { unit: 'None' } };

/** How many processes are in which state, and their threads: of each /proc/PID/stat, in slices of a millisecond. */
export function createProcessesSampler({ proc }: KernelFolders): Sampler {
  return {
    fields: FIELDS,
    async sample() {
      const values: Record<string, number> = Object.fromEntries(Object.keys(FIELDS).map((name) => [name, 0]));
      const slice = new Slice();
      for (const pid of await listProcesses(proc)) {
        if (slice.over) await slice.next();
        const found = parseState(kernelTextIfThere(join(proc, String(pid), 'stat')) ?? '');
        if (found === null) continue;
        values['total']! += 1;
        values['total_threads']! += found.threads;
        const field = FIELD_OF[found.state];
        if (field !== undefined) values[field]! += 1;
      }
      return [{ dimensions: [], values }];
    },
    [Symbol.dispose]() {},
  };
}

/** Ids of all processes. @throws when the folder cannot be read */
export async function listProcesses(proc: string): Promise<readonly number[]> {
  try {
    return (await readdir(proc)).filter((name) => /^\d+$/.test(name)).map(Number);
  } catch (error) {
    throw new Error(`${proc} cannot be read (${codeOf(error)})`, { cause: error });
  }
}
