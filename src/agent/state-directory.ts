import { lchown, lstat, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { StoreReport } from '../checkpoint/faults.ts';
import { peekState } from '../checkpoint/load.ts';
import { CheckpointStore } from '../checkpoint/store.ts';
import type { Checkpoint } from '../flow.ts';

/** The state directory is another agent's, of a later version, or cannot be written. The message names the next step. */
export class StateDirectoryError extends Error {
  constructor(message: string, cause: unknown) {
    super(message, { cause });
    this.name = 'StateDirectoryError';
  }
}

/** Opens the checkpoints of a state directory, which is this agent's from then on; throws StateDirectoryError. */
export function openStore(directory: string, report: StoreReport): Promise<CheckpointStore> {
  return named(directory, () => CheckpointStore.open(directory, { report }));
}

/** The checkpoints of a state directory, which stays as it is; none where there is no directory. Throws StateDirectoryError. */
export function peekStore(directory: string): Promise<readonly Checkpoint[]> {
  return named(directory, () => peekState(directory));
}

/**
 * After a command has written there: the service has a user of its own, and what root made would be closed to it. What is root's in the
 * directory becomes that of the directory's owner; a link that waits there is not followed, and a file with another name somewhere is left alone.
 */
export async function giveToOwner(directory: string): Promise<void> {
  if (process.getuid?.() !== 0) return;
  const owner = await stat(directory).catch(() => null);
  if (owner === null || owner.uid === 0) return;
  for (const name of await readdir(directory)) {
    const path = join(directory, name);
    const stats = await lstat(path);
    if (stats.uid === 0 && (stats.isDirectory() || stats.nlink === 1)) await lchown(path, owner.uid, owner.gid);
  }
}

async function named<T>(directory: string, open: () => Promise<T>): Promise<T> {
  try {
    return await open();
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new StateDirectoryError(code === undefined || !code.startsWith('E') ? message : `state directory ${directory} cannot be used (${message}): create it for the user the agent runs as, or name another with --state-dir`, error);
  }
}
