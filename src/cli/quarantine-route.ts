import type { Agent } from '../agent/agent.ts';
import type { ReplayRequest } from '../control/replay-document.ts';
import { json, refusal } from '../control/route.ts';
import type { Route } from '../control/route.ts';

/** Sends what lies in quarantine again, one request for that at a time: two would send the same. */
export function quarantineRoute(agent: Agent): Route {
  let underWay = false;
  return {
    method: 'POST', path: '/quarantine/replay',
    answer: async ({ body, gone }) => {
      const request = requestIn(body);
      if (request === null) return refusal(400, 'POST /quarantine/replay: an object of group, stream, reason, file, clamp and deadlineMs is expected');
      if (underWay) return refusal(409, 'another replay is under way: wait for its end');
      underWay = true;
      try {
        const receipt = await agent.replay(request, gone);
        return receipt === null ? refusal(503, 'the agent is being started or stopped') : json(receipt);
      } finally {
        underWay = false;
      }
    },
  };
}

function requestIn(body: Buffer): ReplayRequest | null {
  try {
    const { group, stream, reason, file, clamp, deadlineMs } = JSON.parse(body.toString()) as Partial<Record<string, unknown>>;
    const texts = Object.entries({ group, stream, reason, file }).filter(([, value]) => value !== undefined);
    if (texts.some(([, value]) => typeof value !== 'string') || typeof clamp !== 'boolean' || !(typeof deadlineMs === 'number' && deadlineMs > 0)) return null;
    return { ...Object.fromEntries(texts), clamp, deadlineMs };
  } catch {
    return null;
  }
}
