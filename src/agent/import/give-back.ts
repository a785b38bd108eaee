// Our checkpoints become the CloudWatch agent's positions again, so that it goes on where this agent ended.
import { closeSync, fstatSync, lstatSync, readdirSync } from 'node:fs';
import { mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { sameGeneration } from '../../files/file-id.ts';
import { openFile } from '../../files/tailer.ts';
import type { Checkpoint } from '../../flow.ts';
import { CLOUDWATCH_AGENT_STATE, stateNameOf } from './cloudwatch-agent-state.ts';

/** As that agent's own. */
const FOLDER_MODE = 0o755;
const FILE_MODE = 0o644;

/** Where that agent goes on in a file. */
export interface GivenBack {
  readonly path: string;
  /** Null: the file is not the one that was followed, so that agent begins at its start. */
  readonly offset: number | null;
  readonly size: number;
}

/** What of a file that agent will never send: it has another name now, and a position there is kept by name. */
export interface LeftBehind {
  readonly path: string;
  readonly bytes: number;
}

/**
 * What is to be given back. Where entries differ in how far a file is, the least counts: sending twice is better than passing over.
 * @param isTheirs whether that agent follows a path
 */
export function positionsToGiveBack(checkpoints: readonly Checkpoint[], isTheirs: (path: string) => boolean): { readonly given: readonly GivenBack[]; readonly left: readonly LeftBehind[] } {
  const given: GivenBack[] = [];
  const left: LeftBehind[] = [];
  for (const [path, known] of Map.groupBy(checkpoints, (checkpoint) => checkpoint.path)) {
    const there = standing(path, known);
    if (there !== null && isTheirs(path)) given.push({ path, ...there });
    // Renamed since it was seen last: by its inode.
    const at = there === null || there.offset === null ? renamed(path, known) : { path, ...there };
    if (at !== null && at.offset !== null && at.size > at.offset && !isTheirs(at.path)) left.push({ path: at.path, bytes: at.size - at.offset });
  }
  const byPath = (a: { readonly path: string }, b: { readonly path: string }): number => (a.path < b.path ? -1 : 1);
  return { given: given.toSorted(byPath), left: left.toSorted(byPath) };
}

/** Null when there is no file, or it cannot be read. */
function standing(path: string, known: readonly Checkpoint[]): Pick<GivenBack, 'offset' | 'size'> | null {
  const opened = openFile(path);
  if ('error' in opened) return null;
  try {
    const stats = fstatSync(opened.fd);
    const offsets = known.filter((checkpoint) => sameGeneration(checkpoint, opened.fd, stats) === 'same').map(({ offset }) => offset);
    return { offset: offsets.length === 0 ? null : Math.min(...offsets), size: stats.size };
  } finally {
    closeSync(opened.fd);
  }
}

/** The file under another name in its folder, or null. */
function renamed(path: string, known: readonly Checkpoint[]): GivenBack | null {
  const folder = dirname(path);
  let names: readonly string[];
  try {
    names = readdirSync(folder);
  } catch {
    return null;
  }
  const inodes = new Set(known.map(({ id }) => id.inode));
  for (const name of names) {
    const other = join(folder, name);
    if (other === path || !inodes.has(lstatSync(other, { throwIfNoEntry: false })?.ino ?? -1)) continue;
    const there = standing(other, known);
    if (there !== null && there.offset !== null) return { path: other, ...there };
  }
  return null;
}

/** Writes that agent's state files, as the owner of their folder. Throws the system's error. */
export async function giveBack(given: readonly GivenBack[], folder: string = CLOUDWATCH_AGENT_STATE): Promise<void> {
  await mkdir(folder, { recursive: true, mode: FOLDER_MODE });
  const { uid, gid } = await stat(folder);
  for (const { path, offset } of given) {
    const file = join(folder, stateNameOf(path));
    if (offset === null) { await rm(file, { force: true }); continue; }
    // The folder may be an unprivileged user's: a link that waits there is replaced, never followed.
    const temporary = `${file}.${process.pid}.tmp`;
    try {
      await using handle = await open(temporary, 'wx', FILE_MODE);
      await handle.writeFile(`${offset}\n${path}\n0-${offset}`);
      if (process.getuid?.() === 0) await handle.chown(uid, gid);
      await handle.sync();
      await rename(temporary, file);
    } catch (error) {
      await rm(temporary, { force: true });
      throw error;
    }
  }
}
