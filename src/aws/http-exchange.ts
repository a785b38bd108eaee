import { request as plainRequest } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { request as tlsRequest } from 'node:https';
import { isUntrusted } from './classify.ts';
import type { Routes } from './network.ts';

/** What the SDK asks to send: already signed, so nothing of it may change. */
export interface SignedRequest {
  readonly method: string;
  readonly protocol: string;
  readonly hostname: string;
  readonly port?: number;
  readonly path: string;
  readonly query?: Readonly<Record<string, string | readonly string[] | null>>;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | string;
}

export interface ExchangeOptions {
  readonly routes: Pick<Routes, 'agentFor' | 'trustMore' | 'destroy'>;
  /** Milliseconds until a new connection stands, without TLS. */
  readonly connectTimeoutMs: number;
  /** Milliseconds from asking to the answer's last byte. */
  readonly requestTimeoutMs: number;
  /** Ends every exchange under way, and those begun later. */
  readonly abandon: AbortSignal;
}

interface Answer { readonly response: { readonly statusCode: number; readonly headers: Record<string, string>; readonly body: Buffer } }

/** Answers of the services asked here have a few kilobytes; more comes from something else, and would be held in memory. */
const MAX_ANSWER_BYTES = 4 * 1024 * 1024;

/**
 * The SDK's way to the network: one request, one answer held whole. In place of the SDK's own handler because that has a
 * time limit for each silence, so an answer that drips never ends, and costs three times as much processor time.
 */
export class HttpExchange {
  readonly metadata = { handlerProtocol: 'http/1.1' };
  readonly #o: ExchangeOptions;
  readonly #underWay = new Set<(error: Error) => void>();

  constructor(options: ExchangeOptions) {
    this.#o = options;
    options.abandon.addEventListener('abort', () => { for (const fail of [...this.#underWay]) fail(abandoned()); }, { once: true });
  }

  /**
   * Rejects with an error of the socket, with `TimeoutError`, or with `AbortError` once abandoned. When it is settled, nobody
   * reads the request's body any more.
   */
  handle(asked: SignedRequest): Promise<Answer> {
    return this.#exchange(asked).catch((error: unknown) => {
      // Nothing was sent yet: the certificate comes before the request.
      if (isUntrusted((error as NodeJS.ErrnoException).code ?? '') && this.#o.routes.trustMore()) return this.#exchange(asked);
      throw error;
    });
  }

  destroy(): void { this.#o.routes.destroy(); }

  /** Part of the SDK's interface: a setting of a client it makes by itself (credentials), for which the agent's own hold. */
  updateHttpClientConfig(): void { /* see above */ }
  httpHandlerConfigs(): Record<string, never> { return {}; }

  #exchange(asked: SignedRequest): Promise<Answer> {
    const { routes, connectTimeoutMs, requestTimeoutMs, abandon } = this.#o;
    return new Promise((resolve, reject) => {
      if (abandon.aborted) { reject(abandoned()); return; }
      const isTls = asked.protocol === 'https:';
      const { method, headers } = asked;
      // In an address the SDK leaves the brackets of IPv6 in place.
      const host = asked.hostname.replace(/^\[(.*)\]$/, '$1');
      const path = pathOf(asked);
      const request = (isTls ? tlsRequest : plainRequest)({ method, headers, host, path, port: asked.port, agent: routes.agentFor(asked.protocol, host, asked.port) });
      let connecting: NodeJS.Timeout | undefined;
      const settle = (): void => {
        this.#underWay.delete(fail);
        clearTimeout(deadline);
        clearTimeout(connecting);
      };
      const fail = (error: Error): void => {
        settle();
        request.destroy();
        reject(error);
      };
      const deadline = setTimeout(() => { fail(timeout(`no whole answer within ${requestTimeoutMs} ms`)); }, requestTimeoutMs);
      this.#underWay.add(fail);
      request.on('socket', (socket) => {
        if (!socket.connecting) return;
        connecting = setTimeout(() => { fail(timeout(`no connection within ${connectTimeoutMs} ms`)); }, connectTimeoutMs);
        socket.once('connect', () => { clearTimeout(connecting); });
      });
      request.on('error', fail);
      request.on('response', (message) => {
        collect(message, fail, (body) => {
          settle();
          // Answered before the whole body was read: the connection is of no use, and must not go on sending from it.
          if (!request.writableFinished) request.destroy();
          resolve({ response: { statusCode: message.statusCode ?? 0, headers: plainHeaders(message), body } });
        });
      });
      request.end(asked.body);
    });
  }
}

function collect(message: IncomingMessage, fail: (error: Error) => void, done: (body: Buffer) => void): void {
  const parts: Buffer[] = [];
  let length = 0;
  message.on('data', (part: Buffer) => {
    parts.push(part);
    length += part.length;
    if (length > MAX_ANSWER_BYTES) fail(new Error(`an answer of more than ${MAX_ANSWER_BYTES} bytes: something else stands at the service's address`));
  });
  message.on('error', fail);
  message.on('end', () => { done(parts.length === 1 ? parts[0]! : Buffer.concat(parts)); });
}

function plainHeaders({ headers }: IncomingMessage): Record<string, string> {
  const plain: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) if (value !== undefined) plain[name] = typeof value === 'string' ? value : value.join(', ');
  return plain;
}

function pathOf({ path, query = {} }: SignedRequest): string {
  const pairs = Object.entries(query).flatMap(([name, value]) => (typeof value === 'string' || value === null ? [[name, value] as const] : value.map((one) => [name, one] as const)));
  if (pairs.length === 0) return path;
  return `${path}?${pairs.map(([name, value]) => (value === null ? escape(name) : `${escape(name)}=${escape(value)}`)).join('&')}`;
}

/** As signatures count them: RFC 3986, which reserves five characters more than encodeURIComponent. */
function escape(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
}

const timeout = (message: string): Error => Object.assign(new Error(message), { name: 'TimeoutError' });
const abandoned = (): Error => Object.assign(new Error('abandoned'), { name: 'AbortError' });
