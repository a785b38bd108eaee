// The configs of the CloudWatch agent's place: its one file, and the folder that ctl keeps.
import { mkdir, open, readFile, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join, relative } from 'node:path';
import { documentOf, type ConfigText } from '../../config/document.ts';
import { configFilesIn, readPlace } from '../../config/load.ts';
import type { Problem } from '../../config/problem.ts';
import { isCopy } from './config-source.ts';
import type { Places } from './places.ts';

/** As the CloudWatch agent's; a config holds no secrets, and its reader may be any user. */
const CONFIG_MODE = 0o644;
const FOLDER_MODE = 0o755;
/** Versions of one name that are kept: as many as the CloudWatch agent's wizard keeps. */
const BACKUPS = 10;

export const isThere = (path: string): Promise<boolean> => stat(path).then(() => true, () => false);

/** Every file that is read now. Throws the system's error. */
export async function installedConfigs(places: Places): Promise<readonly string[]> {
  return [...(await isThere(places.config) ? [places.config] : []), ...(await configFilesIn(places.folder))];
}

/** Whether this agent's own config is there, which is read instead. */
export async function ownConfig({ own }: Places): Promise<string | null> {
  if (await isThere(own.config)) return own.config;
  return (await configFilesIn(own.folder)).length > 0 ? own.folder : null;
}

/** The configs as one document: those files, and behind them what is not written yet. */
export async function documentWith(files: readonly string[], fetched: ConfigText | null): Promise<ReturnType<typeof documentOf>> {
  const texts: ConfigText[] = [];
  const problems: Problem[] = [];
  for (const file of files) {
    const read = await readPlace(file);
    texts.push(...read.texts);
    problems.push(...read.problems);
  }
  const document = documentOf(fetched === null ? texts : [...texts, fetched]);
  const broken = problems.some(({ severity }) => severity === 'error');
  return { root: broken ? null : document.root, problems: [...problems, ...document.problems] };
}

/** Puts a config there at once, whole. @param owner where root writes for somebody else. Throws the system's error. */
export async function writeConfig(path: string, text: string, mode: number = CONFIG_MODE, owner: { readonly uid: number; readonly gid: number } | null = null): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: FOLDER_MODE });
  // Neither agent reads a name that ends so.
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    // By its handle: the folder may be an unprivileged user's (the CloudWatch agent's run_as_user), who could put a link in its place.
    await using handle = await open(temporary, 'wx', mode);
    await handle.writeFile(text);
    await handle.chmod(mode);
    if (owner !== null) await handle.chown(owner.uid, owner.gid);
    await handle.sync();
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

/**
 * Takes a config away. A copy of what was fetched is deleted; a file that someone made is moved beside, unless `text` holds the same: the new
 * place, or null. Throws the system's error.
 */
export async function takeAway(path: string, places: Places, text: string | null): Promise<string | null> {
  const within = path === places.config ? basename(path) : relative(places.folder, path);
  if ((path !== places.config && isCopy(within)) || (text !== null && (await readFile(path, 'utf8').catch(() => null)) === text)) {
    await rm(path);
    return null;
  }
  await mkdir(places.backups, { recursive: true, mode: FOLDER_MODE });
  const to = await backupName(join(places.backups, within.replaceAll('/', '_')));
  await rename(path, to);
  return to;
}

/** The first name that is free; beyond the most that are kept, the last of them. */
async function backupName(path: string): Promise<string> {
  for (let n = 0; n < BACKUPS; n++) {
    const name = n === 0 ? path : `${path}.${n}`;
    if (n === BACKUPS - 1 || !(await isThere(name))) return name;
  }
  return path;
}
