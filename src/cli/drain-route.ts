import type { Agent } from '../agent/agent.ts';
import { json, refusal } from '../control/route.ts';
import type { Route } from '../control/route.ts';

/** Each holds a connection, and the socket has sixteen. */
const MOST_AT_ONCE = 8;

/** Delivers what was written before now; answers when that is done, or the time is over. */
export function drainRoute(agent: Agent): Route {
  let underWay = 0;
  return {
    method: 'POST', path: '/drain', parameters: ['deadline_ms'],
    answer: async ({ query, gone }) => {
      const deadlineMs = Number(query['deadline_ms']);
      if (!(deadlineMs > 0)) return refusal(400, 'POST /drain: deadline_ms must be a number of milliseconds');
      if (underWay >= MOST_AT_ONCE) return refusal(503, `${MOST_AT_ONCE} drains are under way: wait for one of them`);
      underWay++;
      try {
        const receipt = await agent.drain(deadlineMs, gone);
        return receipt === null ? refusal(503, 'the agent is being started or stopped, and follows nothing now') : json(receipt);
      } finally {
        underWay--;
      }
    },
  };
}
