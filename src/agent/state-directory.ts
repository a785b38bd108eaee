import type { StoreReport } from '../checkpoint/faults.ts';
import { CheckpointStore } from '../checkpoint/store.ts';

/** The state directory is another agent's, of a later version, or cannot be written. The message names the next step. */
export class StateDirectoryError extends Error {
  constructor(message: string, cause: unknown) {
    super(message, { cause });
    this.name = 'StateDirectoryError';
  }
}

/** Opens the checkpoints of a state directory, which is this agent's from then on; throws StateDirectoryError. */
export async function openStore(directory: string, report: StoreReport): Promise<CheckpointStore> {
  try {
    return await CheckpointStore.open(directory, { report });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new StateDirectoryError(code === undefined || !code.startsWith('E') ? message : `state directory ${directory} cannot be used (${message}): create it for the user the agent runs as, or name another with --state-dir`, error);
  }
}
