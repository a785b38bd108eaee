// What was installed, so that exactly that is taken away again. Root's own, like everything beside it.
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { CtlError } from '../ctl/host.ts';
import { writeConfig } from '../ctl/installed-configs.ts';
import type { Places } from '../ctl/places.ts';
import type { StandIn } from './stand-ins.ts';

export interface CompatRecord {
  /** What was made, in its order. */
  readonly made: readonly StandIn[];
  /** What stood there before, and where it waits. */
  readonly aside: readonly { readonly path: string; readonly at: string }[];
}

const NOTHING: CompatRecord = { made: [], aside: [] };

const fileOf = ({ home }: Places): string => join(home, 'unified-agent.json');

/** Nothing where there is no record. Throws CtlError for one that cannot be read. */
export async function readRecord(places: Places): Promise<CompatRecord> {
  const text = await readFile(fileOf(places), 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return null;
    throw error;
  });
  if (text === null) return NOTHING;
  try {
    const { made, aside } = JSON.parse(text) as CompatRecord;
    if (Array.isArray(made) && Array.isArray(aside)) return { made, aside };
  } catch { /* said below */ }
  throw new CtlError(`${fileOf(places)} is broken: it says what \`agent compat install\` made; look at the files beside it, and delete it`);
}

export async function writeRecord(places: Places, record: CompatRecord): Promise<void> {
  await writeConfig(fileOf(places), `${JSON.stringify(record, null, 2)}\n`);
}

export const forgetRecord = (places: Places): Promise<void> => rm(fileOf(places), { force: true });
