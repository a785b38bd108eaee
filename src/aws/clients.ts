import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import type { DeliveryPlan, Reach } from '../plan.ts';
import { connectionTo } from './connection.ts';
import type { Environment } from './connection.ts';
import type { Network } from './network.ts';
import { refuseEmptyAnswers } from './empty-answer.ts';
import { leanSteps } from './lean-steps.ts';

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
  leanSteps(client.middlewareStack);
  refuseEmptyAnswers(client);
  return client;
}
