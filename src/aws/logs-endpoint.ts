import { hash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import type { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { CreateLogGroupCommand, CreateLogStreamCommand, DescribeLogGroupsCommand, PutLogEventsCommand, PutRetentionPolicyCommand } from '@aws-sdk/client-cloudwatch-logs';
import type { EncodedBody, Endpoint } from '../delivery/endpoint.ts';
import type { Destination, Outcome, RejectedRanges } from '../flow.ts';
import type { Compression } from '../plan.ts';
import type { Report } from '../report/report.ts';
import { Attempts } from './attempts.ts';
import { isNear } from './is-near.ts';
import { forgetBody, sendBody } from './prebuilt-body.ts';

/** Level 1: higher levels cost three times as much for a tenth fewer bytes. */
const GZIP_LEVEL = 1;
/** As the CloudWatch agent says it. Events with `_aws` are known without it. */
const EMF_HEADERS = { 'x-amzn-logs-format': 'json/emf' };
/** With more sealed batches than this waiting, the processor is the bottleneck and not the network. */
const BACKLOG_WITHOUT_GZIP = 1;

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
  readonly #attempts: Attempts;
  readonly #retentionDone = new Set<string>();

  constructor({ client, compression, url, report, abandon }: LogsEndpointOptions) {
    this.#client = client;
    this.#gzip = compression === 'auto' && url !== null && isNear(url) ? 'off' : compression;
    this.#report = report;
    this.#attempts = new Attempts(client.config, { report, abandon, carries: 'events' });
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
    sendBody(command.input, body, destination.emf === true ? EMF_HEADERS : undefined);
    try {
      return await this.#attempts.make(async () => {
        const answer = await this.#client.send(command);
        return { kind: 'accepted', rejected: rangesOf(answer.rejectedLogEventsInfo), requestId: answer.$metadata.requestId };
      });
    } finally {
      forgetBody(command.input);
    }
  }

  async create(destination: Destination): Promise<Outcome> {
    const { group, stream, groupClass, kmsKeyId, tags } = destination;
    const createStream = (): Promise<Outcome> => this.#attempts.make(async () => {
      await this.#client.send(new CreateLogStreamCommand({ logGroupName: group, logStreamName: stream }));
      return { kind: 'accepted', rejected: null };
    });
    const first = await createStream();
    if (first.kind !== 'missing') return first;
    const created = await this.#attempts.make(async () => {
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
    const outcome = await this.#attempts.make(async () => {
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
}

function rangesOf(info: { tooNewLogEventStartIndex?: number | undefined; tooOldLogEventEndIndex?: number | undefined; expiredLogEventEndIndex?: number | undefined } | undefined): RejectedRanges | null {
  if (info === undefined) return null;
  return { tooOldEnd: info.tooOldLogEventEndIndex ?? 0, expiredEnd: info.expiredLogEventEndIndex ?? 0, tooNewStart: info.tooNewLogEventStartIndex ?? Infinity };
}
