import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import type { DeliveryPlan, Reach } from '../plan.ts';
import { connectionTo } from './connection.ts';
import type { Environment } from './connection.ts';
import type { Network } from './network.ts';
import { refuseEmptyAnswers } from './empty-answer.ts';
import { prebuiltBody } from './prebuilt-body.ts';

/** In the form of the SDK's own, whose parts are separated by spaces. */
const USER_AGENT = `unified-agent lang/js md/nodejs#${process.versions.node}`;

/**
 * A CloudWatch Logs client with the agent's timeouts, proxy and certificates, and no retries of its own. Requests under
 * way end with `abandon`, and none begins after it.
 */
export function createLogsClient(service: Reach, delivery: DeliveryPlan, env: Environment, abandon: AbortSignal, network?: Network): CloudWatchLogsClient {
  const client = new CloudWatchLogsClient({
    ...connectionTo(service, delivery, env, abandon, network),
    // The way through the SDK's steps is found once for each command, not for each call: so no call has options of its own.
    cacheMiddleware: true,
  });
  // The lane has its own retry loop: the SDK's hides what happens and gives up after three attempts.
  client.middlewareStack.add((next) => next, { step: 'finalizeRequest', priority: 'high', name: 'retryMiddleware', override: true });
  // Theirs puts the same words together anew for each call.
  client.middlewareStack.add((next) => (args) => {
    (args.request as { headers: Record<string, string> }).headers['user-agent'] = USER_AGENT;
    return next(args);
  }, { step: 'build', priority: 'low', name: 'getUserAgentMiddleware', override: true });
  // One for a logger that there is not, one for a function of AWS Lambda that calls itself.
  for (const idle of ['loggerMiddleware', 'recursionDetectionMiddleware']) client.middlewareStack.remove(idle);
  client.middlewareStack.use(prebuiltBody);
  refuseEmptyAnswers(client);
  return client;
}
