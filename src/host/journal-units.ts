import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { promisify } from 'node:util';

/** systemd answers within milliseconds; one that hangs must not hold anyone up. */
const PATIENCE_MS = 3000;
const MAX_ANSWER_BYTES = 4_194_304;
/** More units than anybody would read through. */
const MAX_UNITS = 200;

/** Whether the machine was started by systemd, and so has a journal. */
export const hasJournal = (run = '/run'): boolean => existsSync(`${run}/systemd/system`);

/** Names of the services that run now, by name; empty where systemd does not answer. */
export async function runningUnits(systemctl = 'systemctl'): Promise<readonly string[]> {
  try {
    const { stdout } = await promisify(execFile)(systemctl, ['list-units', '--type=service', '--state=running', '--output=json', '--no-pager'], { timeout: PATIENCE_MS, maxBuffer: MAX_ANSWER_BYTES });
    const units: unknown = JSON.parse(stdout);
    if (!Array.isArray(units)) return [];
    return units.flatMap((unit) => { const { unit: name } = Object(unit) as { readonly unit?: unknown }; return typeof name === 'string' ? name : []; }).toSorted().slice(0, MAX_UNITS);
  } catch {
    return []; // no systemd, an older one without JSON, or one that does not answer
  }
}
