import type { IncomingMessage, ServerResponse } from 'node:http';
import { FAULT_KINDS, FAULT_SCOPE } from '../fault-spec.ts';
import type { LogStore } from '../logs/store.ts';
import type { MetricStore } from '../metrics/store.ts';
import type { ParameterStore } from '../parameters/store.ts';
import type { RequestLog } from '../request-log.ts';
import { ServiceError } from '../service-error.ts';
import type { Answer } from '../wire/answer.ts';
import type { FaultKinds, ShownGroups, ShownParameters, ShownRequests } from './facts.ts';
import { shownEvents, shownGroups, shownStreams } from './shown-logs.ts';
import { shownMetrics, shownSeries } from './shown-metrics.ts';
import { Tails } from './tails.ts';

/** The page and who may see it; whoever starts the endpoint gives both. */
export interface ConsoleOptions {
  /** Null where the page was not built. */
  readonly page: ((request: IncomingMessage) => Answer) | null;
  /** Asked before the page and before each of the endpoint's own paths: what is answered instead, or null. */
  readonly gate: (request: IncomingMessage) => Answer | null;
}

export interface ConsoleParts {
  readonly region: string;
  readonly store: LogStore;
  readonly metrics: MetricStore;
  readonly parameters: ParameterStore;
  readonly requests: RequestLog;
}

/** Requests shown at most; GET /_requests has all that are kept. */
const SHOWN_REQUESTS = 300;
const MAX_PARAMETERS = 1000;

/**
 * What the page asks: `GET /_console/<word>`. It reads what is stored beside the AWS calls, so that no fault hits it and it
 * does not fill the list of requests.
 */
export class Console {
  readonly #options: ConsoleOptions | null;
  readonly #parts: ConsoleParts;
  readonly #tails: Tails;

  constructor(options: ConsoleOptions | null, parts: ConsoleParts) {
    this.#options = options;
    this.#parts = parts;
    this.#tails = new Tails(parts.store);
  }

  /** What a request for one of the endpoint's own paths gets instead, or null. */
  gate(request: IncomingMessage): Answer | null {
    return this.#options?.gate(request) ?? null;
  }

  /** The page, or what there is in its place; null for any other path. Throws a ServiceError. */
  answer(url: URL, request: IncomingMessage): Answer | null {
    if (url.pathname === '/') return this.#options?.page?.(request) ?? null;
    const word = /^\/_console\/([a-z-]+)$/.exec(url.pathname)?.[1];
    const value = word === undefined ? undefined : this.#facts(word, url.searchParams);
    return value === undefined ? null : { status: 200, body: JSON.stringify(value), headers: { 'content-type': 'application/json', 'cache-control': 'no-store' } };
  }

  /** True when the request was for the live tail: it goes on until the page closes it. Throws a ServiceError. */
  tail(url: URL, response: ServerResponse): boolean {
    if (url.pathname !== '/_console/tail') return false;
    this.#tails.open(response, url.searchParams);
    return true;
  }

  #facts(word: string, query: URLSearchParams): object | undefined {
    const { region, store, metrics, requests } = this.#parts;
    switch (word) {
      case 'groups': return { region, evicted: store.evicted, groups: shownGroups(store) } satisfies ShownGroups;
      case 'streams': return shownStreams(store, required(query, 'group'));
      case 'events': return shownEvents(store, required(query, 'group'), query);
      case 'metrics': return shownMetrics(metrics);
      case 'series': return shownSeries(metrics, query);
      case 'requests': return { operations: requests.counts(), inFlight: requests.inFlight, events: requests.events, wireBytes: requests.wireBytes, recent: requests.recent.slice(-SHOWN_REQUESTS) } satisfies ShownRequests;
      case 'fault-kinds': return { kinds: FAULT_KINDS, scope: FAULT_SCOPE } satisfies FaultKinds;
      case 'parameters': return this.#parameters();
      default: return undefined;
    }
  }

  #parameters(): ShownParameters {
    const all = this.#parts.parameters.all();
    const latest = all.slice(0, MAX_PARAMETERS).flatMap(({ name, versions }) => versions.slice(-1).map(({ type, value, version, modifiedAt, labels }) => ({ name, type, value, version, modifiedAt, labels })));
    return { total: all.length, parameters: latest };
  }
}

function required(query: URLSearchParams, name: string): string {
  const value = query.get(name);
  if (value === null || value === '') throw new ServiceError('ValidationException', `"${name}" is missing in the query`);
  return value;
}
