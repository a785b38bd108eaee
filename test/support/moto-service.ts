// What moto's server holds, read back with the official client. One server for each test process, emptied for each rig.
import { CloudWatchLogsClient, GetLogEventsCommand, paginateDescribeLogGroups, paginateDescribeLogStreams } from '@aws-sdk/client-cloudwatch-logs';
import { after } from 'node:test';
import { onMoto } from './endpoint-choice.ts';
import { Gate } from './gate.ts';
import type { Moto } from './moto.ts';
import { startMoto } from './moto.ts';
import type { Arrival } from './overheard.ts';
import type { Service, StoredEvent } from './service.ts';

/** What is known of a stream. `characters` are the code points of its messages, which moto counts as `storedBytes`. */
interface Copy { readonly puts: string; readonly events: readonly StoredEvent[]; readonly characters: number }
const NOTHING: Copy = { puts: '0', events: [], characters: 0 };

const charactersOf = (events: readonly StoredEvent[]): number =>
  events.reduce((sum, { message }) => sum + message.length - (message.match(/[\ud800-\udbff]/g)?.length ?? 0), 0);

let server: Promise<Moto> | null = null;
let open = 0;
// Why it did not start is said by each test that needed it.
if (onMoto) after(() => server?.then((moto) => moto.close(), () => undefined));

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

  /** Empties the server and sets its clock; rejects while another service is open, which would lose what it holds. */
  static async open(now: (() => number) | null): Promise<MotoService> {
    if (open > 0) throw new Error('two rigs at a time in one process: moto has one store for both; mark the test localOnly');
    server ??= startMoto();
    const moto = await server;
    const { url } = moto;
    const answer = await fetch(`${url}/moto-api/reset`, { method: 'POST' });
    if (!answer.ok) throw new Error(`moto could not be emptied: ${answer.status} ${await answer.text()}`);
    await answer.arrayBuffer();
    // Not of Date, which the test may have moved.
    const setClock = (): Promise<void> => moto.setAhead(now === null ? 0 : now() - performance.timeOrigin - performance.now());
    await setClock();
    open++;
    return new MotoService(url, await Gate.before(url, now === null ? {} : { eachTime: setClock }));
  }

  get url(): string { return this.#gate.url; }
  get attempts(): number { return this.#gate.made; }
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
          for (const { logStreamName: stream, uploadSequenceToken: puts = '0', storedBytes: size = 0 } of logStreams) {
            const key = `${group}\n${stream}`;
            const known = this.#streams.get(key) ?? NOTHING;
            // AWS gives a token without meaning; moto counts the puts in it.
            streams.set(key, known.puts === puts ? known : await this.#renewed(known, group!, stream!, puts, size));
          }
        }
      }
    }
    this.#streams = streams;
  }

  /** Reads on from the last known time; all of it again where that is not enough, because older events came since. */
  async #renewed(known: Copy, group: string, stream: string, puts: string, size: number): Promise<Copy> {
    const since = known.events.at(-1)?.timestamp;
    if (since !== undefined) {
      const until = known.events.findLastIndex(({ timestamp }) => timestamp < since) + 1;
      const events = [...known.events.slice(0, until), ...await this.#read(group, stream, since)];
      const characters = known.characters - charactersOf(known.events.slice(until)) + charactersOf(events.slice(until));
      if (characters >= size) return { puts, events, characters };
    }
    const events = await this.#read(group, stream, 0);
    return { puts, events, characters: charactersOf(events) };
  }

  async #read(logGroupName: string, logStreamName: string, startTime: number): Promise<readonly StoredEvent[]> {
    const events: StoredEvent[] = [];
    for (let token: string | undefined; ;) {
      const page = await this.#client.send(new GetLogEventsCommand({ logGroupName, logStreamName, startTime, startFromHead: true, ...(token === undefined ? {} : { nextToken: token }) }));
      for (const { timestamp = 0, message = '' } of page.events ?? []) events.push({ timestamp, message });
      // The end of a stream is where the token stays the same.
      if (page.nextForwardToken === token || page.nextForwardToken === undefined) return events;
      token = page.nextForwardToken;
    }
  }
}
