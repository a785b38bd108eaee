import { fstatSync } from 'node:fs';
import type { TrackedCheckpoint } from '../checkpoint/tracked.ts';
import { sameGeneration } from '../files/file-id.ts';
import type { CheckpointIndex } from './checkpoint-index.ts';
import type { Lives } from './lives.ts';
import type { Relatives } from './relatives.ts';

export interface Known {
  readonly index: CheckpointIndex;
  readonly lives: Lives;
  readonly relatives: Relatives;
  /** The name that decides the stream of a path. */
  readonly nameFor: (path: string) => string;
}

/**
 * What a file is to those that are known. `known`: it goes on at the checkpoint; `copy` of a file that is followed; `wait`:
 * it cannot be told yet; `new`: of none of them, which says something of the checkpoints that would fit otherwise.
 */
export type Judgement =
  | { readonly kind: 'known'; readonly checkpoint: TrackedCheckpoint }
  | { readonly kind: 'copy' }
  | { readonly kind: 'wait' }
  | {
    readonly kind: 'new';
    /** Their files stood at this path when the agent started, and were rotated away before they could be opened. */
    readonly moved: readonly TrackedCheckpoint[];
    /** Its bytes stood in this very file: it was truncated, or its inode number is another file's now. */
    readonly overwritten: TrackedCheckpoint | null;
  };

/** Compares an open file with what earlier runs and live generations know of its inode and of its names. */
export function judge(path: string, fd: number, { index, lives, relatives, nameFor }: Known): Judgement {
  const stats = fstatSync(fd);
  let overwritten: TrackedCheckpoint | null = null;
  const moved: TrackedCheckpoint[] = [];
  for (const checkpoint of index.about(path, stats.ino)) {
    const live = lives.of(checkpoint);
    // The safe offset lags behind; what was read is the better measure of a live file.
    const kinship = sameGeneration(live === null ? checkpoint : live.reached, fd, stats);
    switch (kinship) {
      case 'same':
        if (live === null) return { kind: 'known', checkpoint };
        break;
      case 'copy':
        if (live !== null && relatives.isRotation(live.path, path)) return { kind: 'copy' };
        if (live === null && (checkpoint.ended || path === checkpoint.path || relatives.isRotation(checkpoint.path, path))) return { kind: 'known', checkpoint };
        break;
      case 'truncated': case 'replaced':
        if (live !== null) {
          // While its follower has yet to see a truncation, nobody can tell what is a copy of it.
          if (relatives.isRotation(live.path, path) && (relatives.isPrefixOf(live, fd, stats.size) || (!live.truncated && relatives.isTruncated(live)))) return { kind: 'wait' };
        } else if (checkpoint.id.inode === stats.ino && checkpoint.id.device === stats.dev) overwritten = checkpoint;
        else if (!checkpoint.ended && checkpoint.path === path && nameFor(path) === path) moved.push(checkpoint);
        break;
      case 'unknown': break;
      default: kinship satisfies never;
    }
  }
  return { kind: 'new', moved, overwritten };
}
