import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Operations } from './call.ts';
import { Console } from './console/console.ts';
import type { ConsoleOptions } from './console/console.ts';
import { DiskCopy } from './disk-copy.ts';
import { Exchange } from './exchange.ts';
import { Faults } from './faults.ts';
import { logsOperations } from './logs/operations.ts';
import { LogStore } from './logs/store.ts';
import { EmfExtraction } from './metrics/emf.ts';
import { putMetricData } from './metrics/put-metric-data.ts';
import { metricReadOperations } from './metrics/read.ts';
import { MetricStore } from './metrics/store.ts';
import { readOperations } from './parameters/read.ts';
import { ParameterStore } from './parameters/store.ts';
import { writeOperations } from './parameters/write.ts';
import { RequestLog } from './request-log.ts';
import type { KeyPair } from './wire/signature.ts';

export interface EndpointOptions {
  /** 0, the default, takes any free port. */
  readonly port?: number;
  readonly host?: string;
  /** Keeps what arrives in this directory and loads it at the start. */
  readonly dataDir?: string;
  /** Region of the ARNs. */
  readonly region?: string;
  /** The service's clock, epoch milliseconds. */
  readonly now?: () => number;
  /** Verifies the signature of each call with this key pair. */
  readonly verifySignatures?: KeyPair | null;
  /** Bytes of events held in memory; beyond it the oldest go, and are counted. */
  readonly maxStoredBytes?: number;
  /** The page at `/`, and who may see it and the endpoint's other own paths; without it there is none, and anyone may. */
  readonly console?: ConsoleOptions | null;
}

export interface RunningEndpoint extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  /** What arrived. */
  readonly store: LogStore;
  readonly parameters: ParameterStore;
  readonly metrics: MetricStore;
  readonly faults: Faults;
  readonly requests: RequestLog;
  /** What of `dataDir` could not be loaded, for a person. */
  readonly notices: readonly string[];
  /** Ends all connections, open requests included, and writes what is to be kept. */
  close(): Promise<void>;
}

const DEFAULT_MAX_STORED_BYTES = 512 * 1024 * 1024;
/** Idle connections are kept this long: the SDK's agent reuses them, and a shorter time invites a reset on reuse. */
const KEEP_ALIVE_MS = 60_000;

/** Starts a CloudWatch-compatible server. Rejects with the listen error (EADDRINUSE, EACCES) or that of `dataDir`. */
export async function startEndpoint(options: EndpointOptions = {}): Promise<RunningEndpoint> {
  const { port = 0, host = '127.0.0.1', dataDir, region = 'us-east-1', now = Date.now, verifySignatures = null, maxStoredBytes = DEFAULT_MAX_STORED_BYTES, console = null } = options;
  const store = new LogStore(maxStoredBytes);
  const requests = new RequestLog();
  const faults = new Faults({
    deleteGroup: (group) => { if (store.findGroup(group) !== undefined) store.deleteGroup(group); },
    deleteStream: (group, stream) => { if (store.findGroup(group)?.streams.has(stream) === true) store.deleteStream(group, stream); },
  }, () => performance.now());
  const closing = new AbortController();
  const parameters = new ParameterStore();
  const metrics = new MetricStore();
  const emf = new EmfExtraction(metrics);
  store.observe({
    groupChanged: () => undefined, groupDeleted: () => undefined, streamCreated: () => undefined, streamDeleted: () => undefined,
    // The class for infrequent access makes no metrics.
    stored: (block) => { if (store.findGroup(block.stream.group)?.groupClass !== 'INFREQUENT_ACCESS') emf.stored(block); },
  });
  const disk = dataDir === undefined ? null : new DiskCopy(dataDir);
  const notices = disk === null ? [] : await disk.load(store, parameters);
  if (disk !== null) {
    store.observe(disk);
    parameters.onChange(() => { disk.parametersChanged(parameters.all()); });
  }
  const written = async (): Promise<void> => disk?.written();
  const targets = new Map<string, Operations>([
    ['Logs_20140328', logsOperations(store)],
    ['AmazonSSM', { ...readOperations(parameters), ...writeOperations(parameters) }],
    ['GraniteServiceVersion20100801', { PutMetricData: putMetricData(metrics), ...metricReadOperations(metrics) }],
  ]);
  const service = { region, now, keys: verifySignatures, store, metrics, emf, faults, requests, console: new Console(console, { region, store, metrics, parameters, requests }), targets, written, closing: closing.signal };
  const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS, noDelay: true }, (request, response) => {
    void new Exchange(service, request, response).run();
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
  const { port: bound } = server.address() as AddressInfo;
  let closed: Promise<void> | null = null;
  const close = (): Promise<void> => {
    closed ??= new Promise<void>((resolve) => {
      closing.abort();
      server.close(() => { resolve(); });
      server.closeAllConnections();
    }).then(written);
    return closed;
  };
  const shownHost = host.includes(':') ? `[${host}]` : host;
  return { url: `http://${shownHost}:${bound}`, port: bound, store, parameters, metrics, faults, requests, notices, close, [Symbol.asyncDispose]: close };
}
