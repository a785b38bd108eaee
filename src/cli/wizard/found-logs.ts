import { filesNow, globFault } from '../../agent/file-lookup.ts';
import { currentLives, followable, type FollowableFile } from '../../agent/log-survey.ts';
import { DEFAULT_STATE_DIR } from '../../control/state-directory.ts';
import { openLogs } from '../../host/open-logs.ts';
import { emptySample, formOf, sampleOf } from './choose-logs.ts';
import { KNOWN_LOGS, type KnownLog } from './known-logs.ts';
import type { FoundLog } from './log-proposals.ts';
import type { Machine } from './machine.ts';

const LOG_FOLDER = '/var/log';
/** What was not written for longer, and is not open, will hardly be written again. */
const RECENT_MS = 30 * 86_400_000;
/** Files whose lines are looked at: a hundredth of a second each. */
const MOST_FILES = 120;

/** What a pattern matches now, as the running agent would find it; nothing for a pattern that is wrong. */
export async function filesMatching(pattern: string): ReturnType<typeof filesNow> {
  if (globFault(pattern) !== null) return { matches: [], skipped: [] };
  return filesNow({ pattern, exclude: null, encoding: 'utf-8', ownLogs: [], stateDirectory: DEFAULT_STATE_DIR });
}

/**
 * Text files that are logs of this host and that this user may read: those that a program has open for writing, and those that were
 * written lately below /var/log or by programs we know. `unreadable`: files below /var/log that another user could read.
 */
export async function findLogs(besides: readonly string[], machine: Pick<Machine, 'tail' | 'localZone' | 'now'>): ReturnType<Machine['findLogs']> {
  const since = machine.now() - RECENT_MS;
  const writers = new Map(openLogs().map(({ path, writer }) => [path, writer]));
  const files = new Map<string, FollowableFile>();
  for (const path of writers.keys()) {
    const file = followable(path);
    if (file !== null) files.set(path, file);
  }
  const below = await filesMatching(`${LOG_FOLDER}/**/*`);
  const known = await knownFiles();
  for (const file of [...below.matches, ...known.values().map(({ file }) => file)]) if (file.mtimeMs >= since) files.set(file.path, file);
  for (const pattern of besides) for (const { path } of (await filesMatching(pattern)).matches) files.delete(path);
  const newest = currentLives([...files.values()]).toSorted((a, b) => b.mtimeMs - a.mtimeMs).slice(0, MOST_FILES);
  const found = newest.map(({ path, size, mtimeMs }): FoundLog => (
    { path, size, mtimeMs, writer: writers.get(path) ?? null, known: known.get(path)?.log ?? null, form: formOf(sampleOf(path, machine) ?? emptySample(machine), known.get(path)?.log ?? null) }
  ));
  return { found, unreadable: below.skipped.filter(({ reason }) => reason.includes('cannot be')).length };
}

async function knownFiles(): Promise<ReadonlyMap<string, { readonly file: FollowableFile; readonly log: KnownLog }>> {
  const known = new Map<string, { readonly file: FollowableFile; readonly log: KnownLog }>();
  for (const log of KNOWN_LOGS) {
    for (const file of (await filesMatching(log.pattern)).matches) if (!known.has(file.path)) known.set(file.path, { file, log });
  }
  return known;
}
