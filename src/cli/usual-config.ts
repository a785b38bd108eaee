// The config of an agent that is not told which: `usual`.
import { stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { wholeSource } from '../config/document.ts';
import { holdsConfigs, readPlace, type TextsRead } from '../config/load.ts';

/** A file, and a folder whose files are merged behind it. */
export interface UsualPlace {
  readonly file: string;
  readonly folder: string;
  /** Whose it is, for messages. */
  readonly whose: string;
}

/** This agent's own, then the CloudWatch agent's, read where it is. The first that has anything is the config, and it alone. */
export const USUAL_PLACES: readonly UsualPlace[] = [
  { file: '/etc/unified-agent/agent.json', folder: '/etc/unified-agent/agent.d', whose: 'this agent\'s own' },
  { file: '/opt/aws/amazon-cloudwatch-agent/etc/amazon-cloudwatch-agent.json', folder: '/opt/aws/amazon-cloudwatch-agent/etc/amazon-cloudwatch-agent.d', whose: 'the CloudWatch agent\'s' },
];

const inhabited = async ({ file, folder }: UsualPlace): Promise<readonly string[]> => [...(await isThere(file) ? [file] : []), ...(await holdsConfigs(folder) ? [folder] : [])];

/** What is the config now, and is no longer read once a file is written to `path`: that is in a place before it. Empty: nothing. */
export async function supersededBy(path: string, places = USUAL_PLACES): Promise<readonly string[]> {
  for (const [at, place] of places.entries()) {
    const found = await inhabited(place);
    if (found.length > 0) return places.slice(0, at).some(({ file, folder }) => path === file || dirname(path) === folder) ? found : [];
  }
  return [];
}

/** Reads the first place that has a config, and says in a note which it is. None anywhere is an error of the config. */
export async function readUsual(places = USUAL_PLACES): Promise<TextsRead> {
  for (const place of places) {
    const { whose } = place;
    const found = await inhabited(place);
    if (found.length === 0) continue;
    const parts: TextsRead[] = [];
    for (const path of found) parts.push(await readPlace(path));
    const note = { ...wholeSource(found.join(', '), `the config, ${whose}: no --config names another`, null), severity: 'note' as const };
    return {
      texts: parts.flatMap(({ texts }) => texts),
      problems: [note, ...parts.flatMap(({ problems }) => problems)],
      unreadable: parts.some(({ unreadable }) => unreadable),
    };
  }
  const all = places.map(({ file, folder }) => `${file}, nor a file in ${folder}`).join(', nor ');
  return { texts: [], problems: [wholeSource(dirname(places[0]!.file), `there is no config: neither ${all}`, `a config at ${places[0]!.file} (\`agent wizard\` makes one), or --config with the place of one`)], unreadable: false };
}

/** Also what cannot be looked at: reading it says why. */
async function isThere(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    return !['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '');
  }
}
