// What moto's server holds, read back with the official client. One server for each test process, emptied for each rig.
import { CloudWatchLogsClient, GetLogEventsCommand, paginateDescribeLogGroups, paginateDescribeLogStreams } from '@aws-sdk/client-cloudwatch-logs';
import { after } from 'node:test';
import { onMoto } from './endpoint-choice.ts';
import { Gate } from './gate.ts';
import type { Moto } from './moto.ts';
import { startMoto } from './moto.ts';
import type { Arrival } from './overheard.ts';
import type { Service, StoredEvent } from './service.ts';

interface Copy { readonly puts: string; readonly events: readonly StoredEvent[] }

let server: Promise<Moto> | null = null;
let open = 0;
if (onMoto) after(async () => { await (await server)?.close(); });

export class MotoService implements Service {
  readonly local = null;
  /** The network between the agent and moto. What moto holds is read past it. */
  readonly #gate: Gate;
  readonly #client: CloudWatchLogsClient;
  #streams = new Map<string, Copy>();
  #refreshed: Promise<void> = Promise.resolve();

  private constructor(url: string, gate: Gate) {
    this.#gate = gate;
    this.#client = new CloudWatchLogsClient({ region: 'us-east-1', endpoint: url, credentials: { accessKeyId: 'test', secretAccessKey: 'test' } });
  }

  /** Empties the server; rejects while another service is open, which would lose what it holds. */
  static async open(): Promise<MotoService> {
    if (open > 0) throw new Error('two rigs at a time in one process: moto has one store for both; mark the test localOnly');
    server ??= startMoto();
    const { url } = await server;
    const answer = await fetch(`${url}/moto-api/reset`, { method: 'POST' });
    if (!answer.ok) throw new Error(`moto could not be emptied: ${answer.status} ${await answer.text()}`);
    await answer.arrayBuffer();
    open++;
    return new MotoService(url, await Gate.before(url));
  }

  get url(): string { return this.#gate.url; }
  get inFlight(): number { return this.#gate.open; }

  /** In the order of their timestamps, and of arrival where these are equal. */
  events(group: string, stream: string): readonly StoredEvent[] { return this.#streams.get(`${group}\n${stream}`)?.events ?? []; }

  messages(group: string, stream: string): readonly string[] { return this.events(group, stream).map(({ message }) => message); }
  held(group: string, stream: string): number { return this.events(group, stream).length; }

  /** The network resets its connections. */
  outage(): () => void { return this.#gate.shut(); }
  slow(ms: number): void { this.#gate.slow(ms); }
  observe(stored: (arrival: Arrival) => void): void { this.#gate.observe(stored); }
  errors(operation: string): Readonly<Record<string, number>> { return this.#gate.errors(operation); }

  refresh(): Promise<void> {
    this.#refreshed = this.#refreshed.catch(() => undefined).then(() => this.#look());
    return this.#refreshed;
  }

  async close(): Promise<void> {
    open--;
    this.#client.destroy();
    await this.#gate.close();
  }

  async #look(): Promise<void> {
    const streams = new Map<string, Copy>();
    for await (const { logGroups = [] } of paginateDescribeLogGroups({ client: this.#client }, {})) {
      for (const { logGroupName: group } of logGroups) {
        for await (const { logStreams = [] } of paginateDescribeLogStreams({ client: this.#client }, { logGroupName: group })) {
          for (const { logStreamName: stream, uploadSequenceToken: puts = '0' } of logStreams) {
            const key = `${group}\n${stream}`;
            const known = this.#streams.get(key);
            // AWS gives a token without meaning; moto counts the puts in it.
            streams.set(key, known?.puts === puts ? known : { puts, events: puts === '0' ? [] : await this.#read(group!, stream!) });
          }
        }
      }
    }
    this.#streams = streams;
  }

  async #read(logGroupName: string, logStreamName: string): Promise<readonly StoredEvent[]> {
    const events: StoredEvent[] = [];
    for (let token: string | undefined; ;) {
      const page = await this.#client.send(new GetLogEventsCommand({ logGroupName, logStreamName, startFromHead: true, ...(token === undefined ? {} : { nextToken: token }) }));
      for (const { timestamp = 0, message = '' } of page.events ?? []) events.push({ timestamp, message });
      // The end of a stream is where the token stays the same.
      if (page.nextForwardToken === token || page.nextForwardToken === undefined) return events;
      token = page.nextForwardToken;
    }
  }
}
