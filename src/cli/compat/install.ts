import { chmod, lstat, mkdir, readFile, readlink, rename, rm, rmdir, symlink, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { CtlError } from '../ctl/host.ts';
import { isThere } from '../ctl/installed-configs.ts';
import type { Places } from '../ctl/places.ts';
import { forgetRecord, readRecord, writeRecord, type CompatRecord } from './record.ts';
import { standIns, theirUnitFile, unitFiles, type StandIn } from './stand-ins.ts';

const FOLDER_MODE = 0o755;
const ASIDE = '.cloudwatch-agent';

export interface InstallOptions {
  readonly program: string;
  readonly version: string;
  /** What another package has put there waits beside, instead of being a reason to refuse. */
  readonly replace: boolean;
}

/** Puts the stand-ins there, anew where they are there already; gives the paths that were made or changed. Throws CtlError, and then nothing is changed. */
export async function installStandIns(places: Places, { program, version, replace }: InstallOptions): Promise<readonly string[]> {
  const record = await readRecord(places);
  const ours = new Map(record.made.map((one) => [one.path, one]));
  const unitFile = await unitToAlias(places, ours);
  const wanted = standIns(places, { program, version, unitFile });
  const foreign = [];
  for (const one of wanted) if (one.kind !== 'folder' && !ours.has(one.path) && (await stands(one.path))) foreign.push(one.path);
  if (foreign.length > 0 && !replace) {
    throw new CtlError(`${foreign.join(', ')} ${foreign.length === 1 ? 'is' : 'are'} there already, as a CloudWatch agent that is installed has ${foreign.length === 1 ? 'it' : 'them'}: \`agent takeover\` takes over from it; or remove its package first`);
  }
  const made = [...record.made];
  const aside = [...record.aside];
  const changed: string[] = [];
  for (const one of wanted) {
    const before = ours.get(one.path);
    // An upgrade of the other agent's package has put its own there again: that is what is to come back, not the one of before.
    const isReplaced = before !== undefined && before.kind !== 'folder' && aside.some(({ path }) => path === one.path) && (await isAsMade(before)) === false;
    if (isReplaced || foreign.includes(one.path)) {
      if (!isReplaced) aside.push({ path: one.path, at: `${one.path}${ASIDE}` });
      await rename(one.path, `${one.path}${ASIDE}`);
    }
    if (await make(one)) {
      changed.push(one.path);
      if (!ours.has(one.path)) made.push(one);
      else made[made.findIndex(({ path }) => path === one.path)] = one;
    }
    // Written after each step: what is half done can be taken away as well.
    if (one.path !== places.root && (await isThere(places.home))) await writeRecord(places, { made, aside });
  }
  return changed;
}

/** The unit's file, unless another unit has the name already. */
async function unitToAlias(places: Places, ours: ReadonlyMap<string, StandIn>): Promise<string | null> {
  const alias = theirUnitFile(places);
  if (!ours.has(alias) && (await stands(alias))) return null;
  for (const path of unitFiles(places)) if (await isThere(path)) return path;
  return null;
}

/** False when it is so already. */
async function make(one: StandIn): Promise<boolean> {
  switch (one.kind) {
    case 'folder': {
      if (await isThere(one.path)) return false;
      await mkdir(one.path, { recursive: true, mode: FOLDER_MODE });
      return true;
    }
    case 'file': {
      if ((await isAsMade(one)) === true) return false;
      await writeFile(one.path, one.text, { flush: true });
      await chmod(one.path, one.mode);
      return true;
    }
    case 'link': {
      if ((await isAsMade(one)) === true) return false;
      await mkdir(dirname(one.path), { recursive: true, mode: FOLDER_MODE });
      await rm(one.path, { force: true });
      await symlink(one.to, one.path);
      return true;
    }
    default: return one satisfies never;
  }
}

/** Whether it still is what was made; null when nothing stands there. */
async function isAsMade(one: Exclude<StandIn, { kind: 'folder' }>): Promise<boolean | null> {
  if (!(await stands(one.path))) return null;
  return one.kind === 'file' ? (await readFile(one.path, 'utf8').catch(() => null)) === one.text : (await readlink(one.path).catch(() => null)) === one.to;
}

/** What was put there in the place of another package's, and is that package's own again. */
export async function replacedStandIns(places: Places): Promise<readonly string[]> {
  const { made, aside } = await readRecord(places);
  const replaced: string[] = [];
  for (const one of made) if (one.kind !== 'folder' && aside.some(({ path }) => path === one.path) && (await isAsMade(one)) === false) replaced.push(one.path);
  return replaced;
}

/** Also a link that leads nowhere. */
const stands = (path: string): Promise<boolean> => lstat(path).then(() => true, () => false);

/** Takes away what was installed, and puts back what was there; gives a line for each thing that stays, and why. */
export async function removeStandIns(places: Places): Promise<{ readonly removed: number; readonly stay: readonly string[] }> {
  const { made, aside }: CompatRecord = await readRecord(places);
  const stay: string[] = [];
  let removed = 0;
  for (const one of made.filter(({ kind }) => kind !== 'folder') as readonly Exclude<StandIn, { kind: 'folder' }>[]) {
    const state = await isAsMade(one);
    if (state === false) stay.push(`${one.path} was changed since it was installed, and stays`);
    if (state !== true) continue;
    await rm(one.path);
    removed++;
  }
  for (const { path, at } of aside.toReversed()) {
    if (await stands(path)) stay.push(`${at} stays: something else is at ${path} now`);
    else if (await stands(at)) await rename(at, path);
  }
  await forgetRecord(places);
  for (const { path } of made.filter(({ kind }) => kind === 'folder').toReversed()) {
    // Configs, and whatever else came there since, are not ours.
    await rmdir(path).then(() => { removed++; }, (error: NodeJS.ErrnoException) => { if (error.code !== 'ENOENT') stay.push(`${path} stays: it is not empty`); });
  }
  return { removed, stay };
}
