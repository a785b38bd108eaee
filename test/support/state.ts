import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { StoreReport } from '../../src/checkpoint/faults.ts';
import type { Checkpoint } from '../../src/flow.ts';
import type { Owner } from './at-end.ts';

/** A fresh directory that is removed after the test. */
export async function scratch(t: Owner): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'agent-test-'));
  // Hooks run in the order they were made: what still writes there is stopped by a later one.
  t.after(() => rm(directory, { recursive: true, force: true, maxRetries: 20, retryDelay: 25 }));
  return directory;
}

/** Resolves when the condition holds; fails with its text after 10 s. */
export async function until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 10_000;
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error(`waited 10 s for: ${what}`);
    await delay(2);
  }
}

export interface HeardReport extends StoreReport { readonly trouble: string[]; readonly recovered: string[] }

export function hear(): HeardReport {
  const [trouble, recovered]: [string[], string[]] = [[], []];
  return { trouble, recovered, checkpointTrouble: (message) => trouble.push(message), checkpointRecovered: (message) => recovered.push(message) };
}

/** A checkpoint of generation `inode`, at offset 0 unless told. */
export function checkpointOf(inode: number, more: Partial<Checkpoint> = {}): Checkpoint {
  return {
    entry: '/var/log/*.log', path: `/var/log/${inode}.log`, id: { device: 1, inode, headHash: `h${inode}`, headLength: 64 },
    offset: 0, windowCrc: 0, windowLength: 0, split: null, ended: false, updatedAt: 1_000_000, ...more,
  };
}
