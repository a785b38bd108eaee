import { hash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import type { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { CreateLogGroupCommand, CreateLogStreamCommand, DescribeLogGroupsCommand, PutLogEventsCommand, PutRetentionPolicyCommand } from '@aws-sdk/client-cloudwatch-logs';
import type { EncodedBody, Endpoint } from '../delivery/endpoint.ts';
import type { Destination, Outcome, RejectedRanges } from '../flow.ts';
import type { Compression } from '../plan.ts';
import type { Report } from '../report/report.ts';
import type { Failure } from './classify.ts';
import { classify, wantsNewCredentials } from './classify.ts';
import { forgetBody, sendBody } from './prebuilt-body.ts';

/** Level 1: higher levels cost three times as much for a tenth fewer bytes. */
const GZIP_LEVEL = 1;
/** With more sealed batches than this waiting, the processor is the bottleneck and not the network. */
const BACKLOG_WITHOUT_GZIP = 1;
/** The SDK signs with the service's time from this difference on, milliseconds; the service refuses more than five minutes. */
const CLOCK_SKEW_MS = 240_000;

interface LogsEndpointOptions {
  readonly client: CloudWatchLogsClient;
  readonly compression: Compression;
  /** Null for the service's own endpoint. */
  readonly url: string | null;
  readonly report: Report;
  /** The one that the client was made with. */
  readonly abandon: AbortSignal;
}

/** CloudWatch Logs through the official client. */
export class LogsEndpoint implements Endpoint {
  readonly #client: CloudWatchLogsClient;
  readonly #gzip: Compression;
  readonly #report: Report;
  readonly #abandon: AbortSignal;
  readonly #retentionDone = new Set<string>();

  constructor({ client, compression, url, report, abandon }: LogsEndpointOptions) {
    this.#client = client;
    this.#gzip = compression === 'auto' && url !== null && isNear(url) ? 'off' : compression;
    this.#report = report;
    this.#abandon = abandon;
  }

  encode(body: Buffer, backlog: number): EncodedBody {
    const isPlain = this.#gzip === 'off' || (this.#gzip === 'auto' && backlog > BACKLOG_WITHOUT_GZIP);
    const zipped = isPlain ? body : gzipSync(body, { level: GZIP_LEVEL });
    const [bytes, encoding] = zipped.length < body.length ? [zipped, 'gzip'] as const : [body, null];
    return { bytes, encoding, sha256: hash('sha256', bytes, 'hex') };
  }

  async put(destination: Destination, body: EncodedBody): Promise<Outcome> {
    const { service, group, stream, retentionDays } = destination;
    if (retentionDays !== null && !this.#retentionDone.has(group)) {
      this.#retentionDone.add(group);
      void this.#setRetention(group, service.label, retentionDays);
    }
    const command = new PutLogEventsCommand({ logGroupName: group, logStreamName: stream, logEvents: [] });
    sendBody(command.input, body);
    try {
      return await this.#attempt(async () => {
        const answer = await this.#client.send(command);
        return { kind: 'accepted', rejected: rangesOf(answer.rejectedLogEventsInfo) };
      });
    } finally {
      forgetBody(command.input);
    }
  }

  async create(destination: Destination): Promise<Outcome> {
    const { group, stream, groupClass, kmsKeyId, tags } = destination;
    const createStream = (): Promise<Outcome> => this.#attempt(async () => {
      await this.#client.send(new CreateLogStreamCommand({ logGroupName: group, logStreamName: stream }));
      return { kind: 'accepted', rejected: null };
    });
    const first = await createStream();
    if (first.kind !== 'missing') return first;
    const created = await this.#attempt(async () => {
      await this.#client.send(new CreateLogGroupCommand({
        logGroupName: group,
        ...(groupClass === null ? {} : { logGroupClass: groupClass }),
        ...(kmsKeyId === null ? {} : { kmsKeyId }),
        ...(Object.keys(tags).length === 0 ? {} : { tags }),
      }));
      return { kind: 'accepted', rejected: null };
    });
    if (created.kind !== 'accepted') return created.kind === 'split' ? { kind: 'refused', reason: created.reason } : created;
    this.#retentionDone.delete(group);
    return createStream();
  }

  /** Retention must never hold up the data: a failure is said and left for the next start. */
  async #setRetention(group: string, label: string | null, retentionInDays: number): Promise<void> {
    const outcome = await this.#attempt(async () => {
      const { logGroups } = await this.#client.send(new DescribeLogGroupsCommand({ logGroupNamePrefix: group }));
      const present = logGroups?.find((g) => g.logGroupName === group);
      if (present === undefined) { this.#retentionDone.delete(group); return { kind: 'accepted', rejected: null }; }
      if (present.retentionInDays !== retentionInDays) {
        await this.#client.send(new PutRetentionPolicyCommand({ logGroupName: group, retentionInDays }));
      }
      return { kind: 'accepted', rejected: null };
    });
    if (outcome.kind === 'accepted' || outcome.kind === 'aborted') return;
    const named = label === null ? group : `${group} (${label})`;
    this.#report.trouble(`retention ${named}`, `log group ${named}: the retention of ${retentionInDays} days could not be set (${outcome.reason}); its logs are delivered all the same`);
  }

  async #attempt(call: () => Promise<Outcome>): Promise<Outcome> {
    const { config } = this.#client;
    const ahead = config.systemClockOffset;
    try {
      const outcome = await call();
      this.#noteClock();
      return outcome;
    } catch (error) {
      if (this.#abandon.aborted) return { kind: 'aborted' };
      this.#noteClock();
      const failure = failureOf(error);
      if (wantsNewCredentials(failure.name)) {
        // The SDK does not do this by itself; a failure to renew shows at the next attempt.
        await this.#client.config.credentials({ forceRefresh: true }).catch(() => undefined);
      }
      const outcome = classify(failure);
      // The answer said the right time, and the next request is signed with it: no reason to wait for a person.
      const corrected = Math.abs(config.systemClockOffset - ahead) >= CLOCK_SKEW_MS;
      return outcome.kind === 'retry' && corrected ? { ...outcome, pace: 'short' } : outcome;
    }
  }

  #noteClock(): void {
    const ahead = this.#client.config.systemClockOffset;
    if (Math.abs(ahead) < CLOCK_SKEW_MS) { this.#report.recovered('clock', "the clock of this host agrees with the service's again"); return; }
    const minutes = Math.round(Math.abs(ahead) / 60_000);
    this.#report.trouble('clock', `the clock of this host is about ${minutes} minutes ${ahead > 0 ? 'behind' : 'ahead of'} the service's: requests are signed with the service's time, but events carry the host's. Set the clock (chronyd, systemd-timesyncd)`);
  }
}

/** Plain HTTP, or this machine: compressing would only cost. */
function isNear(url: string): boolean {
  const { protocol, hostname } = new URL(url);
  return protocol === 'http:' || hostname === 'localhost' || hostname === '[::1]' || hostname.startsWith('127.');
}

function rangesOf(info: { tooNewLogEventStartIndex?: number | undefined; tooOldLogEventEndIndex?: number | undefined; expiredLogEventEndIndex?: number | undefined } | undefined): RejectedRanges | null {
  if (info === undefined) return null;
  return { tooOldEnd: info.tooOldLogEventEndIndex ?? 0, expiredEnd: info.expiredLogEventEndIndex ?? 0, tooNewStart: info.tooNewLogEventStartIndex ?? Infinity };
}

function failureOf(error: unknown): Failure {
  const e = error as { name?: string; code?: string; message?: string; $metadata?: { httpStatusCode?: number }; $response?: { headers?: Record<string, string> }; isUnsent?: boolean };
  const after = e.$response?.headers?.['retry-after'];
  const seconds = after === undefined ? NaN : Number(after);
  return {
    name: e.name !== undefined && e.name !== 'Error' ? e.name : (e.code ?? 'Error'),
    // Messages of the service name the group or the action, never the content; they are cut in case one does not.
    message: (e.message ?? '').slice(0, 500),
    status: e.$metadata?.httpStatusCode ?? null,
    isUnsent: e.isUnsent === true,
    retryAfterMs: Number.isFinite(seconds) ? Math.min(seconds, 300) * 1000 : null,
  };
}
