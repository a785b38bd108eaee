import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { adminAnswer } from './admin.ts';
import { ACCOUNT } from './call.ts';
import type { Operations } from './call.ts';
import type { Console } from './console/console.ts';
import { faultAnswer, latencyOf, severanceOf, skewOf } from './fault-effects.ts';
import type { FaultSpec } from './fault-spec.ts';
import type { Faults } from './faults.ts';
import type { LogStore } from './logs/store.ts';
import type { EmfExtraction } from './metrics/emf.ts';
import type { MetricStore } from './metrics/store.ts';
import type { RequestLog } from './request-log.ts';
import { ServiceError } from './service-error.ts';
import { errorAnswer, sendAnswer } from './wire/answer.ts';
import type { Answer } from './wire/answer.ts';
import { decodeBody, readWireBody } from './wire/body.ts';
import { dialectOf, isCborPath } from './wire/dialect.ts';
import type { Dialect } from './wire/dialect.ts';
import { isObject } from './wire/json.ts';
import type { Json, JsonObject } from './wire/json.ts';
import { verifySignature } from './wire/signature.ts';
import type { KeyPair } from './wire/signature.ts';

/** What an exchange works with. `closing` ends the waits of latency faults. */
export interface Service {
  readonly region: string;
  readonly now: () => number;
  readonly keys: KeyPair | null;
  readonly store: LogStore;
  readonly metrics: MetricStore;
  readonly emf: EmfExtraction;
  readonly faults: Faults;
  readonly requests: RequestLog;
  readonly console: Console;
  /** Operations by the prefix of their target, for example `Logs_20140328`. */
  readonly targets: ReadonlyMap<string, Operations>;
  /** Resolves when what was changed so far is on disk (at once if nothing is kept there). */
  readonly written: () => Promise<void>;
  readonly closing: AbortSignal;
}

interface Received { readonly operation: string; readonly group: string | null; readonly stream: string | null; readonly events: number; readonly wireBytes: number; readonly bodyBytes: number }

const NO_SUCH_PATH = (path: string): Answer => ({
  status: 404, headers: { 'content-type': 'text/plain' },
  body: path === '/'
    ? 'This endpoint runs without its page, which `npm run build` makes. AWS calls are POST /; what was asked is at /_requests, faults at /_faults.\n'
    : `There is no ${path.slice(0, 200)} here. AWS calls are POST / (or /service/…/operation/… in CBOR); the endpoint's own pages are /, /_requests and /_faults.\n`,
});

const NOTHING: Received = { operation: 'unknown', group: null, stream: null, events: 0, wireBytes: 0, bodyBytes: 0 };

function text(value: Json | undefined): string | null {
  return typeof value === 'string' ? value : null;
}

function carries(input: JsonObject, containing: string): boolean {
  const { logEvents, MetricData: datums } = input;
  if (Array.isArray(datums)) return (datums as readonly Json[]).some((datum) => isObject(datum) && datum['MetricName'] === containing);
  if (!Array.isArray(logEvents)) return false;
  return (logEvents as readonly Json[]).some((event) => isObject(event) && typeof event['message'] === 'string' && event['message'].includes(containing));
}

/** One request, from its head to its answer. */
export class Exchange {
  readonly #service: Service;
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;
  readonly #startedAt: number;
  readonly #started: number;
  #received = NOTHING;
  #struck: readonly FaultSpec[] = [];
  #stored = false;

  constructor(service: Service, request: IncomingMessage, response: ServerResponse) {
    this.#service = service;
    this.#request = request;
    this.#response = response;
    this.#startedAt = Date.now();
    this.#started = performance.now();
  }

  /** Answers, resets, or leaves the request hanging. Never rejects. */
  async run(): Promise<void> {
    const path = (this.#request.url ?? '/').split('?')[0] ?? '/';
    if ((path !== '/' || this.#request.method === 'GET') && !isCborPath(path)) return this.#other(path);
    this.#service.requests.began();
    const dialect = dialectOf(this.#request);
    let answer: Answer | null;
    try {
      answer = await this.#answer(dialect);
    } catch (error) {
      // A client that went away takes no answer, and its half request is no failure of ours.
      answer = this.#request.errored === null ? dialect.refusal(error) : null;
    }
    this.#log(answer);
    if (answer !== null) sendAnswer(this.#response, answer, this.#clock());
    // What was left unread would be taken for the next request.
    if (!this.#request.complete) this.#request.resume();
  }

  /** The service's own clock: skewed by faults. */
  #clock(): number {
    return this.#service.now() + skewOf(this.#struck);
  }

  /** Null: the connection was reset, or the request is left without an answer. */
  async #answer(dialect: Dialect): Promise<Answer | null> {
    const { faults, region, keys } = this.#service;
    const wire = await readWireBody(this.#request);
    this.#received = { ...NOTHING, wireBytes: wire.length };
    const body = await decodeBody(wire, this.#request.headers['content-encoding']);
    const target = dialect.target(body);
    const [prefix = '', name = ''] = target.split('.');
    this.#received = { ...this.#received, operation: name === '' ? 'unknown' : name };
    const operations = this.#service.targets.get(prefix);
    const operation = operations !== undefined && Object.hasOwn(operations, name) ? operations[name] : undefined;
    if (this.#request.method !== 'POST' || operation === undefined) throw new ServiceError('UnknownOperationException', `The local endpoint does not know ${this.#request.method} of '${target.slice(0, 200)}' (x-amz-target, Action, or the path)`);
    const input = dialect.read(body);
    const { logEvents } = input;
    this.#received = {
      operation: name, group: text(input['logGroupName']) ?? text(input['logGroupIdentifier']), stream: text(input['logStreamName']),
      events: Array.isArray(logEvents) ? logEvents.length : 0, wireBytes: wire.length, bodyBytes: body.length,
    };
    this.#struck = faults.strike({ ...this.#received, carries: (containing) => carries(input, containing) });
    const wait = latencyOf(this.#struck);
    if (wait > 0) await delay(wait, undefined, { signal: this.#service.closing }).catch(() => undefined);
    if (this.#sever('before')) return null;
    const refusal = faultAnswer(this.#struck, dialect);
    if (refusal !== null) return refusal;
    if (keys !== null) verifySignature(this.#request, wire, keys, this.#clock());
    const headers = new Map<string, string>();
    const result = await operation(input, { now: this.#clock(), region, account: ACCOUNT, bodyBytes: body.length, headers });
    await this.#service.written();
    this.#stored = name === 'PutLogEvents';
    return this.#sever('after') ? null : dialect.answer(name, result, headers);
  }

  #sever(when: 'before' | 'after'): boolean {
    const how = severanceOf(this.#struck, when);
    if (how === 'reset') this.#request.socket.resetAndDestroy();
    return how !== null;
  }

  #log(answer: Answer | null): void {
    this.#service.requests.ended({
      at: this.#startedAt, ...this.#received, status: answer?.status ?? 0, error: answer?.error ?? null,
      faults: this.#struck.map((fault) => fault.kind), ms: Math.round((performance.now() - this.#started) * 100) / 100,
    }, this.#stored);
  }

  /** The endpoint's own paths. */
  async #other(path: string): Promise<void> {
    const { method = 'GET', url = '/' } = this.#request;
    const { console, now } = this.#service;
    let answer: Answer | null;
    try {
      answer = console.gate(this.#request);
      if (answer === null && method === 'GET') {
        const asked = new URL(url, 'http://endpoint');
        if (console.tail(asked, this.#response)) return;
        answer = console.answer(asked, this.#request);
      }
      answer ??= adminAnswer(this.#service, method, path, await readWireBody(this.#request));
    } catch (error) {
      answer = errorAnswer(error, '1.1');
    }
    sendAnswer(this.#response, answer ?? NO_SUCH_PATH(path), now());
    if (!this.#request.complete) this.#request.resume();
  }
}
