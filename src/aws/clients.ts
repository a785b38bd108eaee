import { readFileSync } from 'node:fs';
import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { rootCertificates } from 'node:tls';
import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import type { DeliveryPlan, ServicePlan } from '../plan.ts';
import { providerFor } from './credentials.ts';
import { refuseEmptyAnswers } from './empty-answer.ts';
import { HttpExchange } from './http-exchange.ts';
import { prebuiltBody } from './prebuilt-body.ts';

/** The process environment, as far as the clients look at it. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Addresses that must never be reached through a proxy: the instance and container credential services. */
const NEVER_PROXIED = '169.254.169.254,169.254.170.2,fd00:ec2::254,localhost,127.0.0.1,[::1]';

/** Idle connections are dropped after this many milliseconds, before load balancers do it for us. */
const IDLE_MS = 20_000;
/** In the form of the SDK's own, whose parts are separated by spaces. */
const USER_AGENT = `unified-agent lang/js md/nodejs#${process.versions.node}`;

/**
 * A CloudWatch Logs client with the agent's timeouts, proxy and certificates, and no retries of its own. Requests under
 * way end with `abandon`, and none begins after it.
 */
export function createLogsClient(service: ServicePlan, delivery: DeliveryPlan, env: Environment, abandon: AbortSignal): CloudWatchLogsClient {
  const proxied = ['HTTPS_PROXY', 'https_proxy', 'HTTP_PROXY', 'http_proxy'].some((name) => (env[name] ?? '') !== '');
  const proxyEnv = { ...env, NO_PROXY: [env['NO_PROXY'] ?? env['no_proxy'], NEVER_PROXIED].filter(Boolean).join(',') };
  // Without a proxy the option would load the runtime's proxy support all the same.
  const options = { keepAlive: true, maxSockets: delivery.maxRequests, ...(proxied ? { proxyEnv } : {}) };
  const bundle = env['AWS_CA_BUNDLE'];
  const ca = bundle === undefined || bundle === '' ? undefined : [...rootCertificates, readFileSync(bundle, 'utf8')];
  const requestHandler = new HttpExchange({
    connectTimeoutMs: delivery.connectTimeoutMs,
    requestTimeoutMs: delivery.requestTimeoutMs,
    abandon,
    httpAgent: new HttpAgent({ ...options, timeout: IDLE_MS }),
    httpsAgent: new HttpsAgent({ ...options, timeout: IDLE_MS, ...(ca === undefined ? {} : { ca }) }),
  });
  const credentials = providerFor(service, env, requestHandler);
  const client = new CloudWatchLogsClient({
    region: service.region,
    ...(service.endpoint === null ? {} : { endpoint: service.endpoint, disableHostPrefix: true }),
    ...(credentials === null ? {} : { credentials }),
    // The way through the SDK's steps is found once for each command, not for each call: so no call has options of its own.
    cacheMiddleware: true,
    requestHandler,
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
