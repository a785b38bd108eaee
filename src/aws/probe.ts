// Calls that show whether the agent would be let in, for a person who asks: one try each, and nothing is left behind unless that is asked for.
import { CloudWatchClient, PutMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import { CloudWatchLogsClient, CreateLogGroupCommand, CreateLogStreamCommand, DescribeLogGroupsCommand, PutLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { randomUUID } from 'node:crypto';
import type { Reach } from '../plan.ts';
import { failureOf } from './attempts.ts';
import { classify } from './classify.ts';
import { connectionTo } from './connection.ts';
import type { Environment } from './connection.ts';
import { failureWords } from './failure-words.ts';

/**
 * What a try showed. `allowed`: the service looked past the permission, whatever it answered then. `denied`: the identity may not.
 * `reached`: it answered, which was all that was tried. `unknown`: it answered something else.
 */
export type ProbeVerdict = 'allowed' | 'denied' | 'unreachable' | 'reached' | 'unknown';

export interface Probe {
  /** As IAM names it: `logs:PutLogEvents`. */
  readonly action: string;
  /** Of what, for a person. */
  readonly target: string;
  readonly verdict: ProbeVerdict;
  /** What the service or the network said. */
  readonly words: string;
}

/** Credentials as the agent gets them, without themselves. */
export type CredentialsFound =
  | { readonly source: string; readonly accountId: string | null; /** Epoch milliseconds; null: they do not expire. */ readonly expiresAt: number | null }
  | { readonly fault: string };

const CONNECT_MS = 3_000;
const REQUEST_MS = 10_000;

/** Names of CREDENTIALS_… features in the SDK's own record of where credentials came from, in words. */
const SOURCES: readonly (readonly [feature: string, words: string])[] = [
  ['CREDENTIALS_STS_ASSUME_ROLE_WEB_ID', 'a role by web identity token (IRSA)'], ['CREDENTIALS_STS_ASSUME_ROLE', 'a role that was assumed'],
  ['CREDENTIALS_ENV_VARS', 'AWS_ACCESS_KEY_ID of the environment'], ['CREDENTIALS_SSO', 'IAM Identity Center (SSO)'], ['CREDENTIALS_PROFILE_PROCESS', 'the program of a profile (credential_process)'],
  ['CREDENTIALS_PROFILE', 'a profile of the shared credentials file'], ['CREDENTIALS_HTTP', 'the container\'s credentials (ECS task role, EKS pod identity)'],
  ['CREDENTIALS_IMDS', 'the instance\'s profile, from its metadata'],
];

/** Of one service of a plan, and as whom it is reached. */
export class Prober {
  readonly #logs: CloudWatchLogsClient;
  readonly #metrics: CloudWatchClient;
  #aheadMs: number | null = null;

  /** Throws a NetworkError as `networkOf` does. Calls under way end with `abandon`. */
  constructor(reach: Reach, env: Environment, abandon: AbortSignal) {
    const limits = { connectTimeoutMs: CONNECT_MS, requestTimeoutMs: REQUEST_MS, maxRequests: 2 };
    const connection = { ...connectionTo(reach, limits, env, abandon), maxAttempts: 1, customUserAgent: 'unified-agent' };
    this.#logs = new CloudWatchLogsClient(connection);
    this.#metrics = new CloudWatchClient(connection);
    for (const { middlewareStack } of [this.#logs, this.#metrics]) {
      middlewareStack.add((next) => async (args) => {
        const answered = await next(args);
        this.#noteDate((answered.response as { readonly headers?: Readonly<Record<string, string>> }).headers?.['date']);
        return answered;
      }, { step: 'deserialize', priority: 'low', name: 'noteDate' });
    }
  }

  /** How far this host's clock is ahead of the service's, milliseconds, to a second; null before an answer. */
  get aheadMs(): number | null { return this.#aheadMs; }

  async credentials(): Promise<CredentialsFound> {
    try {
      const found: { readonly accountId?: string; readonly expiration?: Date; readonly $source?: Readonly<Record<string, unknown>> } = await this.#logs.config.credentials();
      const features = Object.keys(found.$source ?? {});
      const words = SOURCES.find(([feature]) => features.some((name) => name.startsWith(feature)))?.[1];
      return { source: words ?? (features.join(', ') || 'a source that does not say its name'), accountId: found.accountId ?? null, expiresAt: found.expiration?.getTime() ?? null };
    } catch (error) {
      return { fault: failureWords(failureOf(error)) };
    }
  }

  /** Into a stream that is not there: nothing is stored. */
  async putLogEvents(group: string): Promise<Probe> {
    return this.#try('logs:PutLogEvents', group, () => this.#logs.send(new PutLogEventsCommand({
      logGroupName: group, logStreamName: `agent-doctor-${randomUUID()}`, logEvents: [{ timestamp: Date.now(), message: 'agent doctor' }],
    })));
  }

  async describeLogGroups(group: string): Promise<Probe> {
    return this.#try('logs:DescribeLogGroups', group, () => this.#logs.send(new DescribeLogGroupsCommand({ logGroupNamePrefix: group, limit: 1 })));
  }

  /** Leaves the group behind, which the agent would make too. */
  async createLogGroup(group: string): Promise<Probe> {
    return this.#try('logs:CreateLogGroup', group, () => this.#logs.send(new CreateLogGroupCommand({ logGroupName: group })));
  }

  /** Leaves the stream behind, which the agent would make too. */
  async createLogStream(group: string, stream: string): Promise<Probe> {
    return this.#try('logs:CreateLogStream', `${group} ${stream}`, () => this.#logs.send(new CreateLogStreamCommand({ logGroupName: group, logStreamName: stream })));
  }

  /** Without a metric: the service refuses that, which says that it is there. Whether metrics may be published it need not say. */
  async reachMetrics(namespace: string): Promise<Probe> {
    const probe = await this.#try('cloudwatch:PutMetricData', namespace, () => this.#metrics.send(new PutMetricDataCommand({ Namespace: namespace, MetricData: [] })));
    return probe.verdict === 'unknown' || probe.verdict === 'allowed' ? { ...probe, verdict: 'reached' } : probe;
  }

  /** Leaves a sample of `agent_doctor` behind. */
  async putMetricData(namespace: string): Promise<Probe> {
    return this.#try('cloudwatch:PutMetricData', namespace, () => this.#metrics.send(new PutMetricDataCommand({ Namespace: namespace, MetricData: [{ MetricName: 'agent_doctor', Value: 1 }] })));
  }

  close(): void {
    this.#logs.destroy();
    this.#metrics.destroy();
  }

  async #try(action: string, target: string, call: () => Promise<unknown>): Promise<Probe> {
    try {
      await call();
      return { action, target, verdict: 'allowed', words: 'answered' };
    } catch (error) {
      const failure = failureOf(error);
      const outcome = classify(failure);
      const words = failureWords(failure);
      if (failure.status === null) return { action, target, verdict: 'unreachable', words };
      // Whether a group or stream is there is told to who may use it alone.
      if (outcome.kind === 'missing' || outcome.kind === 'accepted') return { action, target, verdict: 'allowed', words };
      return { action, target, verdict: /^AccessDenied|^NotAuthorized/.test(failure.name) ? 'denied' : 'unknown', words };
    }
  }

  #noteDate(date: string | undefined): void {
    const time = date === undefined ? NaN : Date.parse(date);
    if (!Number.isNaN(time)) this.#aheadMs = Date.now() - time;
  }
}
