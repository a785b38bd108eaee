import { stat } from 'node:fs/promises';
import type { TrackedCheckpoint } from './tracked.ts';

/** How long the end of a generation is remembered: longer than the rotation schemes in use keep a name in motion. */
const KEPT_MS = 7 * 24 * 3_600_000;
/** Ended generations remembered at most, about 3 MB on disk. */
const KEPT_ENDED = 10_000;

/** Whether the generation's file still stands where it was last seen. The device may have another number after a reboot. */
async function isThere({ path, id }: TrackedCheckpoint): Promise<boolean> {
  try {
    return (await stat(path)).ino === id.inode;
  } catch (error) {
    // Not allowed to look is not gone.
    const { code } = error as NodeJS.ErrnoException;
    return code !== 'ENOENT' && code !== 'ENOTDIR';
  }
}

/**
 * The ended generations that can be forgotten at `now` (epoch ms): older than 7 days, or the oldest beyond 10,000, and
 * only those whose file is gone: a file that is still there would be taken for new and sent again.
 */
export async function forgettable(generations: Iterable<TrackedCheckpoint>, now: number): Promise<readonly TrackedCheckpoint[]> {
  const ended: TrackedCheckpoint[] = [];
  for (const generation of generations) if (generation.ended) ended.push(generation);
  ended.sort((a, b) => a.updatedAt - b.updatedAt);
  const excess = ended.length - KEPT_ENDED;
  const gone: TrackedCheckpoint[] = [];
  for (const [age, generation] of ended.entries()) {
    if (age >= excess && now - generation.updatedAt <= KEPT_MS) break;
    if (!(await isThere(generation))) gone.push(generation);
  }
  return gone;
}
