import { readFile, stat } from 'node:fs/promises';
import type { PrometheusPlan } from '../../metrics-plan.ts';
import { ConfigFault, MAX_YAML_BYTES } from './yaml-section.ts';

/** A scrape config, for messages: its path, or the variable that holds it. */
export const configName = (config: PrometheusPlan['config']): string => ('path' in config ? config.path : `the environment variable ${config.variable}`);

/** The text, and what it is known by; null when that is `known`. Throws ConfigFault, or what the file system says. */
export async function readConfigText(config: PrometheusPlan['config'], known: string): Promise<{ readonly text: string | null; readonly stamp: string }> {
  if ('text' in config) return { text: known === '' ? config.text : null, stamp: 'text' };
  const file = await stat(config.path);
  const { mtimeMs, size, ino } = file;
  const stamp = `${mtimeMs} ${size} ${ino}`;
  if (stamp === known) return { text: null, stamp };
  // A pipe would never end.
  if (!file.isFile()) throw new ConfigFault(null, 'no regular file');
  if (size > MAX_YAML_BYTES) throw new ConfigFault(null, `larger than ${MAX_YAML_BYTES} bytes`);
  return { text: await readFile(config.path, 'utf8'), stamp };
}
