import { readFileSync, readdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { filesNow } from '../../agent/file-lookup.ts';
import { compareLines, storedLines, textLines } from './proof.ts';
import type { Verdict } from './proof.ts';

/** Newest files followed, and bytes of all of them together: what a demo of seconds can show. */
const MOST_FILES = 20;
const MOST_BYTES = 50_000_000;
/** A file that grew beyond this is not compared: it would have to be held in memory. */
const MOST_COMPARED_BYTES = 200_000_000;
/** What a config reads as a wildcard or an environment variable, and what no stream name may have. */
const UNPLAIN = /[*?[\]{}\\$:]/;

/** A log file of this machine and its identity when the demo began. */
export interface MachineLog {
  readonly path: string;
  readonly device: number;
  readonly inode: number;
  readonly bytes: number;
}

/** The newest readable text files below `folder` with something in them, bounded in number and bytes. */
export async function machineLogs(folder: string): Promise<readonly MachineLog[]> {
  const { matches } = await filesNow({ pattern: join(folder, '**/*'), exclude: null, encoding: 'utf-8', ownLogs: [], stateDirectory: null });
  const chosen: MachineLog[] = [];
  const inodes = new Set<string>();
  let bytes = 0;
  for (const { path, device, inode, size } of [...matches].sort((a, b) => b.mtimeMs - a.mtimeMs)) {
    const identity = `${device}:${inode}`;
    if (size === 0 || bytes + size > MOST_BYTES || UNPLAIN.test(path) || inodes.has(identity)) continue;
    chosen.push({ path, device, inode, bytes: size });
    inodes.add(identity);
    bytes += size;
    if (chosen.length === MOST_FILES) break;
  }
  return chosen;
}

/** The verdict on a log file of this machine, or why there is none. */
export type MachineVerdict = { readonly kind: 'compared'; readonly verdict: Verdict } | { readonly kind: 'left out'; readonly reason: string };

/**
 * Compares what is stored of a log with the log. `acknowledged` is the offset up to which the agent says it is delivered;
 * what was written after that may be stored or not. A log that was rotated meanwhile is followed by its inode.
 */
export function proveMachineLog(log: MachineLog, acknowledged: number, messages: Iterable<string>): MachineVerdict {
  const now = look(log.path);
  const rotated = now === null || now.inode !== log.inode || now.device !== log.device;
  const before = rotated ? findByInode(log) : null;
  if (rotated && before === null) return { kind: 'left out', reason: 'was deleted or compressed during the demo' };
  if (!rotated && now.size < log.bytes) return { kind: 'left out', reason: 'was truncated during the demo' };
  if ((now?.size ?? 0) + (before?.size ?? 0) > MOST_COMPARED_BYTES) return { kind: 'left out', reason: `grew beyond ${MOST_COMPARED_BYTES / 1e6} MB` };
  const earlier = before === null ? [] : linesOf(readFileSync(before.path));
  const later = now === null ? Buffer.alloc(0) : readFileSync(now.path);
  const due = earlier.length + linesOf(later.subarray(0, acknowledged)).length;
  return { kind: 'compared', verdict: compareLines([...earlier, ...linesOf(later)], due, [...storedLines(messages)]) };
}

const linesOf = (bytes: Buffer): readonly string[] => [...textLines(new TextDecoder().decode(bytes))];

interface Look { readonly path: string; readonly device: number; readonly inode: number; readonly size: number }

function look(path: string): Look | null {
  const stats = statSync(path, { throwIfNoEntry: false });
  return stats === undefined ? null : { path, device: stats.dev, inode: stats.ino, size: stats.size };
}

function findByInode({ path, device, inode }: MachineLog): Look | null {
  for (const name of readdirSync(dirname(path))) {
    const found = look(join(dirname(path), name));
    if (found !== null && found.inode === inode && found.device === device) return found;
  }
  return null;
}
