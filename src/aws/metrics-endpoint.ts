import { gunzipSync } from 'node:zlib';
import { CloudWatchClient, PutMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import type { MetricEndpoint } from '../delivery/endpoint.ts';
import type { Outcome } from '../flow.ts';
import type { MetricsPlan } from '../metrics-plan.ts';
import type { Report } from '../report/report.ts';
import { Attempts } from './attempts.ts';
import { connectionTo } from './connection.ts';
import type { Environment } from './connection.ts';
import { isNear } from './is-near.ts';
import { leanSteps } from './lean-steps.ts';
import type { Network } from './network.ts';
import { forgetBody, sendBody } from './prebuilt-body.ts';

/** Connections to the service at most: one for each request that may be under way. */
const MAX_CONNECTIONS = 4;

/** The answer to a request that was taken without its entity. */
const ENTITY_FAULT = 'x-amzn-failure-message';
/** Characters of it that are said. */
const SHOWN_FAULT = 300;

/** What a client for metrics is made with. */
export type MetricsClientPlan = Pick<MetricsPlan, 'service' | 'compression' | 'connectTimeoutMs' | 'requestTimeoutMs'>;

export interface MetricsEndpointOptions {
  readonly env: Environment;
  readonly network: Network;
  readonly report: Pick<Report, 'trouble' | 'recovered'>;
  /** Requests under way end with it, and none begins after it. */
  readonly abandon: AbortSignal;
}

/** PutMetricData through the official client, which signs the bodies it is given and writes none itself. */
export class MetricsEndpoint implements MetricEndpoint, Disposable {
  readonly #client: CloudWatchClient;
  readonly #attempts: Attempts;
  readonly #isPlain: boolean;

  constructor({ service, compression, connectTimeoutMs, requestTimeoutMs }: MetricsClientPlan, { env, network, report, abandon }: MetricsEndpointOptions) {
    this.#client = new CloudWatchClient({
      ...connectionTo(service, { connectTimeoutMs, requestTimeoutMs, maxRequests: MAX_CONNECTIONS }, env, abandon, network),
      cacheMiddleware: true,
      // It would compress what is compressed.
      disableRequestCompression: true,
    });
    leanSteps(this.#client.middlewareStack);
    this.#client.middlewareStack.add((next) => async (args) => {
      const answer = await next(args);
      const fault = (answer.response as { readonly headers?: Readonly<Record<string, string>> }).headers?.[ENTITY_FAULT];
      if (fault !== undefined) report.trouble('metrics entity', `metrics: the service does not take their entity (${fault.slice(0, SHOWN_FAULT)}): they are delivered without it. See service.name and deployment.environment in the config`);
      return answer;
    }, { step: 'deserialize', priority: 'high', name: 'entityFault', override: true });
    this.#attempts = new Attempts(this.#client.config, { report, abandon, carries: 'metrics' });
    this.#isPlain = compression === 'off' || (compression === 'auto' && service.endpoint !== null && isNear(service.endpoint));
  }

  async put(zipped: Buffer): Promise<Outcome> {
    const command = new PutMetricDataCommand({ Namespace: '', MetricData: [] });
    sendBody(command.input, this.#isPlain ? { bytes: gunzipSync(zipped), encoding: null } : { bytes: zipped, encoding: 'gzip' });
    try {
      return await this.#attempts.make(async () => {
        await this.#client.send(command);
        return { kind: 'accepted', rejected: null };
      });
    } finally {
      forgetBody(command.input);
    }
  }

  [Symbol.dispose](): void { this.#client.destroy(); }
}
