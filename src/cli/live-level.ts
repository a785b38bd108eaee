import { statSync } from 'node:fs';
import { LEVEL_VARIABLE, levelNamed } from '../config/compile-log.ts';
import type { OwnLog } from '../report/own-log.ts';
import { readSideEnvironment } from './environment.ts';

/** As the CloudWatch agent looks at it, whose `set-log-level` writes there. */
const LOOK_MS = 30_000;

/** Follows the level that env-config.json names, while the agent runs; nothing else of that file counts before the next start. Until the result is disposed. */
export function followLevel(file: string, log: OwnLog, lookMs: number = LOOK_MS): Disposable {
  let seen = timeOf(file);
  let looking = false;
  const look = async (): Promise<void> => {
    if (looking) return;
    looking = true;
    const now = timeOf(file);
    if (now !== seen) {
      seen = now;
      const level = now === null ? null : levelNamed((await readSideEnvironment(file))[LEVEL_VARIABLE] ?? '');
      const old = log.configured;
      log.outside(level);
      if (log.configured !== old) log.line('warn', `${file}: the level of this log is ${log.configured} now`);
    }
    looking = false;
  };
  const timer = setInterval(() => { void look(); }, lookMs).unref();
  return { [Symbol.dispose]: () => { clearInterval(timer); } };
}

/** When it was changed, or null where there is none. */
function timeOf(file: string): number | null {
  try {
    return statSync(file).mtimeMs;
  } catch {
    return null;
  }
}
