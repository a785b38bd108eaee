import { existsSync, readFileSync } from 'node:fs';
import { globFault, filesNow } from '../../agent/file-lookup.ts';
import { growthOf } from '../../agent/growth.ts';
import { currentLives, followable, tailLines, type FollowableFile, type Tail } from '../../agent/log-survey.ts';
import { inferLineForm } from '../../config/line-form.ts';
import { migrateAwslogs } from '../../config/migrate-awslogs.ts';
import { parseJson } from '../../config/parse-json.ts';
import type { Environment } from '../../config/placeholders.ts';
import type { Problem } from '../../config/problem.ts';
import { DEFAULT_STATE_DIR } from '../../control/state-directory.ts';
import { askInstance } from '../../host/instance.ts';
import { hasJournal, runningUnits } from '../../host/journal-units.ts';
import { openLogs } from '../../host/open-logs.ts';
import { hostZone } from '../../host/time-zone.ts';
import { readSections } from '../config/migrate.ts';
import { planOf } from '../load-plan.ts';
import { AWSLOGS_CONFIG } from './awslogs-questions.ts';
import { partAt, type ConfigPart } from './config-part.ts';
import { sampleOf } from './choose-logs.ts';
import { KNOWN_LOGS, type KnownLog } from './known-logs.ts';
import type { WrittenIn } from './log-flow.ts';
import type { FoundLog } from './log-proposals.ts';
import type { Machine } from './machine.ts';

const LOG_FOLDER = '/var/log';
/** What was not written for longer is no log that is followed for its next lines. */
const RECENT_MS = 30 * 86_400_000;
/** Files whose lines are looked at. */
const MOST_FILES = 120;
/** Its parts are what a CollectD that can be used at all has installed. */
const COLLECTD_FILES = ['/usr/share/collectd/types.db', '/usr/sbin/collectd', '/opt/collectd/sbin/collectd'];

/** The machine this process runs on. The instance metadata service is asked, for a second at most. */
export async function thisMachine(env: Environment): Promise<Machine> {
  const localZone = hostZone(env);
  const instance = await askInstance(env);
  const machine: Machine = {
    instance: instance === null ? null : { region: instance.region },
    region: env['AWS_REGION'] || env['AWS_DEFAULT_REGION'] || null,
    hasUser,
    hasCollectd: COLLECTD_FILES.some((path) => existsSync(path)),
    hasJournal: hasJournal(),
    hasAwslogs: existsSync(AWSLOGS_CONFIG),
    awslogs: async (path) => awslogsOf(path),
    localZone,
    now: Date.now,
    units: runningUnits,
    findLogs: (besides) => findLogs(besides, localZone),
    filesOf: async (pattern) => newestFirst((await filesMatching(pattern)).matches),
    tail: tailOrNull,
    growth: growthOrNull,
    globFault,
    problems: (text) => problemsOf(text, env),
  };
  return machine;
}

async function awslogsOf(path: string): ReturnType<Machine['awslogs']> {
  const read = await readSections(path, null);
  if ('fault' in read) return read;
  const { document, problems } = migrateAwslogs(read.sections, null);
  return { logs: partAt(document as ConfigPart, 'logs'), problems: [...read.problems, ...problems] };
}

async function problemsOf(text: string, env: Environment): Promise<readonly Problem[]> {
  const { root, problems } = parseJson('the config', text);
  return (await planOf({ root, problems }, env, globFault)).problems;
}

/** Whether the password file has the user; true where it cannot be read. */
function hasUser(name: string): boolean {
  try {
    return readFileSync('/etc/passwd', 'utf8').split('\n').some((line) => line.startsWith(`${name}:`));
  } catch {
    return true;
  }
}

function tailOrNull(path: string): Tail | null {
  try {
    return tailLines(path);
  } catch {
    return null; // gone meanwhile, or another user's
  }
}

function growthOrNull(path: string): WrittenIn | null {
  try {
    const growth = growthOf(path, Date.now());
    return 'unknown' in growth ? null : growth;
  } catch {
    return null; // gone meanwhile
  }
}

async function filesMatching(pattern: string): ReturnType<typeof filesNow> {
  if (globFault(pattern) !== null) return { matches: [], skipped: [] };
  return filesNow({ pattern, exclude: null, encoding: 'utf-8', ownLogs: [], stateDirectory: DEFAULT_STATE_DIR });
}

const newestFirst = <File extends FollowableFile>(files: readonly File[]): readonly File[] => files.toSorted((a, b) => b.mtimeMs - a.mtimeMs);

/** What is open for writing, what lies below /var/log, and what programs we know write elsewhere: text that this user may read. */
async function findLogs(besides: readonly string[], localZone: string): Promise<{ readonly found: readonly FoundLog[]; readonly unreadable: number }> {
  const files = new Map<string, FollowableFile>();
  const known = new Map<string, KnownLog>();
  let unreadable = 0;
  const writers = new Map(openLogs().map(({ path, writer }) => [path, writer]));
  for (const path of writers.keys()) {
    const file = followable(path);
    if (file !== null) files.set(path, file);
  }
  const below = await filesMatching(`${LOG_FOLDER}/**/*`);
  unreadable += below.skipped.filter(({ reason }) => reason.includes('cannot be')).length;
  for (const file of below.matches) if (Date.now() - file.mtimeMs < RECENT_MS) files.set(file.path, file);
  for (const log of KNOWN_LOGS) {
    for (const file of (await filesMatching(log.pattern)).matches) {
      if (known.has(file.path)) continue;
      known.set(file.path, log);
      files.set(file.path, file);
    }
  }
  for (const pattern of besides) for (const { path } of (await filesMatching(pattern)).matches) files.delete(path);
  const current = newestFirst(currentLives([...files.values()]));
  const found = current.slice(0, MOST_FILES).map(({ path, size, mtimeMs }) => {
    const sample = sampleOf(path, { tail: tailOrNull, localZone });
    return { path, size, mtimeMs, writer: writers.get(path) ?? null, known: known.get(path) ?? null, form: inferLineForm(sample ?? { lines: [], writtenAt: mtimeMs, localZone }) };
  });
  return { found, unreadable };
}
