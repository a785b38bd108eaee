import { existsSync } from 'node:fs';
import { globFault } from '../../agent/file-lookup.ts';
import { growthOf } from '../../agent/growth.ts';
import { tailLines, type Tail } from '../../agent/log-survey.ts';
import { migrateAwslogs } from '../../config/migrate-awslogs.ts';
import { parseJson } from '../../config/parse-json.ts';
import type { Environment } from '../../config/placeholders.ts';
import type { Problem } from '../../config/problem.ts';
import { askInstance } from '../../host/instance.ts';
import { hasJournal, runningUnits } from '../../host/journal-units.ts';
import { hostZone } from '../../host/time-zone.ts';
import { readSections } from '../config/migrate.ts';
import { planOf } from '../load-plan.ts';
import { AWSLOGS_CONFIG } from './awslogs-questions.ts';
import { partAt, type ConfigPart } from './config-part.ts';
import { filesMatching, findLogs } from './found-logs.ts';
import type { WrittenIn } from './log-flow.ts';
import type { Machine } from './machine.ts';

/** Its parts are what a CollectD that can be used at all has installed. */
const COLLECTD_FILES = ['/usr/share/collectd/types.db', '/usr/sbin/collectd', '/opt/collectd/sbin/collectd'];
/** Where the agent looks for them when the config says nothing (config/compile-collectors.ts). */
const COLLECTD_USERS = '/etc/collectd/auth_file';

/** The machine this process runs on. The instance metadata service is asked, for a second at most. */
export async function thisMachine(env: Environment): Promise<Machine> {
  const localZone = hostZone(env);
  const instance = await askInstance(env);
  const machine: Machine = {
    instance: instance === null ? null : { region: instance.region },
    region: env['AWS_REGION'] || env['AWS_DEFAULT_REGION'] || null,
    hasCollectd: COLLECTD_FILES.some((path) => existsSync(path)),
    hasCollectdUsers: existsSync(COLLECTD_USERS),
    hasJournal: hasJournal(),
    hasAwslogs: existsSync(AWSLOGS_CONFIG),
    awslogs: async (path) => awslogsOf(path),
    localZone,
    now: Date.now,
    units: runningUnits,
    findLogs: (besides) => findLogs(besides, { tail: tailOrNull, localZone, now: Date.now }),
    filesOf: async (pattern) => (await filesMatching(pattern)).matches.toSorted((a, b) => b.mtimeMs - a.mtimeMs),
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
