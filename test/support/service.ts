// The service a rig's agent delivers to, as tests see it: the local endpoint in this process, or moto's server.
import { startEndpoint } from '../../src/local-endpoint/server.ts';
import type { EndpointOptions, RunningEndpoint } from '../../src/local-endpoint/server.ts';
import { onMoto } from './endpoint-choice.ts';
import { MotoService } from './moto-service.ts';
import { arrivalOf } from './overheard.ts';
import type { Arrival } from './overheard.ts';

export interface StoredEvent { readonly timestamp: number; readonly message: string }

export interface Service {
  readonly url: string;
  /** Requests made so far, whatever became of them. */
  readonly attempts: number;
  /** Requests that are not answered yet. */
  readonly inFlight: number;
  /** What only the local endpoint has: faults, requests, the store itself. Null with moto. */
  readonly local: RunningEndpoint | null;
  /** What it holds of a stream, as of the latest `refresh`; none of a stream that does not exist. */
  events(group: string, stream: string): readonly StoredEvent[];
  messages(group: string, stream: string): readonly string[];
  held(group: string, stream: string): number;
  /** Resolves when what was stored before the call can be seen. */
  refresh(): Promise<void>;
  /** Events cannot be delivered, until the returned function is called. */
  outage(): () => void;
  /** From now on each answer takes this much longer, in milliseconds. */
  slow(ms: number): void;
  /** Calls back for each accepted PutLogEvents from now on. */
  observe(stored: (arrival: Arrival) => void): void;
  /** Refusals of an operation so far, by name. */
  errors(operation: string): Readonly<Record<string, number>>;
  close(): Promise<void>;
}

/** The endpoint that TEST_ENDPOINT chooses, empty. */
export async function startService(options: EndpointOptions | undefined): Promise<Service> {
  if (!onMoto) return new LocalService(await startEndpoint(options));
  const { now, ...rest } = options ?? {};
  if (Object.keys(rest).length > 0) throw new Error('moto takes no option of the local endpoint but its clock: mark the test with localOnly (test/support/endpoint-choice.ts)');
  return MotoService.open(now ?? null);
}

class LocalService implements Service {
  readonly local: RunningEndpoint;

  constructor(endpoint: RunningEndpoint) {
    this.local = endpoint;
  }

  get url(): string { return this.local.url; }
  get attempts(): number { return Object.values(this.local.requests.counts()).reduce((sum, { calls }) => sum + calls, 0); }
  get inFlight(): number { return this.local.requests.inFlight; }

  /** In the order of arrival. */
  events(group: string, stream: string): readonly StoredEvent[] { return this.local.store.events(group, stream); }
  messages(group: string, stream: string): readonly string[] { return this.local.store.messages(group, stream); }
  held(group: string, stream: string): number { return this.local.store.findGroup(group)?.streams.get(stream)?.count ?? 0; }
  async refresh(): Promise<void> {}

  /** Answers PutLogEvents with 503. */
  outage(): () => void {
    const { faults } = this.local;
    const id = faults.add({ kind: 'error', status: 503, operation: 'PutLogEvents' });
    return () => { faults.remove(id); };
  }

  slow(ms: number): void { this.local.faults.add({ kind: 'latency', ms, operation: 'PutLogEvents' }); }

  observe(stored: (arrival: Arrival) => void): void {
    this.local.store.observe({
      groupChanged: () => undefined, groupDeleted: () => undefined, streamCreated: () => undefined, streamDeleted: () => undefined,
      stored: ({ stream, messages, timestamps }) => { stored(arrivalOf(stream.group, stream.name, messages, [...timestamps])); },
    });
  }

  errors(operation: string): Readonly<Record<string, number>> { return this.local.requests.counts()[operation]?.errors ?? {}; }
  close(): Promise<void> { return this.local.close(); }
}
