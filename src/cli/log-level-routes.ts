import { levelNamed } from '../config/compile-log.ts';
import type { LogLevelDocument } from '../control/log-level-document.ts';
import { json, refusal } from '../control/route.ts';
import type { Route } from '../control/route.ts';
import { LOG_LEVELS } from '../report/own-log.ts';
import type { OwnLog } from '../report/own-log.ts';
import { spanText } from './units.ts';

/** What the command line calls the level that config, environment and command line say. */
export const CONFIGURED = 'configured';

/** Shows the level of the agent's own log, and sets it for the moment: a reload keeps it, a restart does not. */
export function logLevelRoutes(log: OwnLog): readonly Route[] {
  let timer: NodeJS.Timeout | null = null;
  let until: number | null = null;
  const now = (): LogLevelDocument => ({ level: log.level, configured: log.configured, until });
  const ask = (level: LogLevelDocument['level'] | null, forMs: number | null): void => {
    if (timer !== null) clearTimeout(timer);
    timer = null;
    until = level === null || forMs === null ? null : Date.now() + forMs;
    if (until !== null) timer = setTimeout(() => { ask(null, null); }, forMs!).unref();
    // It is said by whichever of the two levels says more.
    const text = level === null ? `the level of this log is the configured one again: ${log.configured}` : `the level of this log is ${level}${forMs === null ? '' : ` for ${spanText(forMs)}`}, as a person asked`;
    if (!log.says('info')) log.ask(level);
    log.line('info', text);
    log.ask(level);
  };
  return [
    { method: 'GET', path: '/log-level', answer: () => json(now()) },
    {
      method: 'POST', path: '/log-level', parameters: ['level', 'for_ms'],
      answer: ({ query: { level = '', for_ms: time } }) => {
        const forMs = time === undefined ? null : Number(time);
        const named = levelNamed(level);
        if (named === null && level !== CONFIGURED) return refusal(400, `POST /log-level: ${JSON.stringify(level.slice(0, 40))} is no level; ${LOG_LEVELS.join(', ')} and ${CONFIGURED} are`);
        if (forMs !== null && !(forMs > 0)) return refusal(400, 'POST /log-level: for_ms must be a number of milliseconds');
        ask(named, forMs);
        return json(now());
      },
    },
  ];
}
