import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Rig } from './rig.ts';

export interface Quarantined { readonly time: string; readonly group: string; readonly stream: string; readonly file: string; readonly reason: string; readonly timestamp: number; readonly message: string }

/** What lies in the quarantine file of a rig now, oldest first. */
export function quarantined(rig: Pick<Rig, 'stateDir'>): Quarantined[] {
  const path = join(rig.stateDir, 'quarantine.jsonl');
  if (!existsSync(path)) return [];
  return readFileSync(path, 'utf8').split('\n').filter((line) => line !== '').map((line) => JSON.parse(line) as Quarantined);
}
