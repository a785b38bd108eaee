import type { Agent } from '../agent/agent.ts';
import { PAGE_TYPE, selfPage } from '../agent/self-page.ts';
import { statusOf } from '../agent/status.ts';
import { json } from '../control/route.ts';
import type { Route } from '../control/route.ts';
import type { ConfigStatus, LimitsStatus, ReloadDocument } from '../control/status-document.ts';
import type { OwnLog } from '../report/own-log.ts';
import { drainRoute } from './drain-route.ts';
import { logLevelRoutes } from './log-level-routes.ts';
import { quarantineRoute } from './quarantine-route.ts';
import { agentVersion } from './version.ts';

export interface RoutesContext {
  readonly agent: Agent;
  readonly log: OwnLog;
  readonly config: () => ConfigStatus;
  /** What the host lets the agent have now. */
  readonly limits: () => LimitsStatus;
  /** What counts after a restart alone, or null. */
  readonly restart: () => Promise<string | null>;
  /** Why another agent sends the same, or null. */
  readonly neighbour: () => string | null;
  /** Reads the config again; what became of it is sent as it is. */
  readonly reload: () => Promise<ReloadDocument>;
}

/** Everything that can be asked of the running agent. A new question is a new row, and `control/client.ts` asks it. */
export function controlRoutes({ agent, log, config, limits, restart, neighbour, reload }: RoutesContext): readonly Route[] {
  return [
    { method: 'GET', path: '/status', answer: async () => json({ ...statusOf(agent, agentVersion, config()), limits: limits(), restart: await restart(), neighbour: neighbour() }) },
    // What the agent says of itself in the text format of Prometheus.
    { method: 'GET', path: '/metrics', answer: async () => ({ code: 200, type: PAGE_TYPE, body: selfPage(await agent.self.sample(performance.now())) }) },
    { method: 'POST', path: '/reload', answer: async () => json(await reload()) },
    drainRoute(agent),
    ...logLevelRoutes(log),
    quarantineRoute(agent),
  ];
}
