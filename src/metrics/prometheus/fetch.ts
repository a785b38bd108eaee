import { request as requestHttp } from 'node:http';
import type { Agent, IncomingMessage } from 'node:http';
import { request as requestHttps } from 'node:https';
import type { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';

/** Why a target gave nothing. The message is for a person, and holds nothing of the answer. */
export class ScrapeFault extends Error {
  override readonly name = 'ScrapeFault';
}

/** Bytes of answers that are in memory at one time, from their first byte until they are disposed of, all targets together. */
export class Room {
  readonly #limit: number;
  #taken = 0;
  constructor(limit: number) { this.#limit = limit; }
  take(bytes: number): boolean {
    if (this.#taken + bytes > this.#limit) return false;
    this.#taken += bytes;
    return true;
  }
  giveBack(bytes: number): void { this.#taken -= bytes; }
}

export interface FetchRequest {
  readonly url: URL;
  /** The agent for a URL: it keeps connections, and knows the certificates. */
  readonly agent: (url: URL) => Agent;
  readonly authorization: string | null;
  readonly timeoutMs: number;
  /** Of the answer, unpacked. */
  readonly maxBytes: number;
  readonly followRedirects: boolean;
  readonly room: Room;
  readonly signal: AbortSignal;
}

export interface Answer extends Disposable { readonly body: Uint8Array; readonly contentType: string }

/** OpenMetrics first, as Prometheus asks. */
const ACCEPT = 'application/openmetrics-text;version=1.0.0;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1';
const MAX_REDIRECTS = 10;
const REDIRECTS = new Set([301, 302, 303, 307, 308]);

const CAUSES: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'the connection is refused', ECONNRESET: 'the connection was cut', EPIPE: 'the connection was cut', ETIMEDOUT: 'no connection comes about',
  ENOTFOUND: 'its name cannot be resolved', EAI_AGAIN: 'its name cannot be resolved now', EHOSTUNREACH: 'no way leads to the host', ENETUNREACH: 'no way leads to its network',
  Z_DATA_ERROR: 'the answer is no gzip', Z_BUF_ERROR: 'the answer was cut short',
};

/** Asks a target once, through at most 10 redirects; throws ScrapeFault. The answer is to be disposed of. */
export async function fetchExposition(request: FetchRequest): Promise<Answer> {
  const ended = new AbortController();
  const end = (): void => { ended.abort(); };
  const timer = setTimeout(end, request.timeoutMs);
  request.signal.addEventListener('abort', end, { once: true });
  try {
    let { url, authorization } = request;
    for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects++) {
      const response = await ask(request, url, authorization, ended.signal);
      const { statusCode = 0, headers } = response;
      if (request.followRedirects && REDIRECTS.has(statusCode) && headers.location !== undefined && URL.canParse(headers.location, url.href)) {
        response.resume();
        const next = new URL(headers.location, url.href);
        if (next.protocol !== 'http:' && next.protocol !== 'https:') throw new ScrapeFault('it sends to somewhere that is not HTTP');
        // Who may know the secret is this host, and nobody it points to.
        if (next.origin !== url.origin) authorization = null;
        url = next;
        continue;
      }
      if (statusCode !== 200) {
        response.destroy();
        throw new ScrapeFault(`it answers with HTTP status ${statusCode}`);
      }
      const body = await readBody(response, request);
      return { body, contentType: headers['content-type'] ?? '', [Symbol.dispose]: () => { request.room.giveBack(body.length); } };
    }
    throw new ScrapeFault(`it sends on more than ${MAX_REDIRECTS} times`);
  } catch (error) {
    if (error instanceof ScrapeFault) throw error;
    if (ended.signal.aborted) throw new ScrapeFault(request.signal.aborted ? 'the agent stops' : `no whole answer within ${request.timeoutMs / 1_000} s`);
    throw new ScrapeFault(causeOf(error));
  } finally {
    clearTimeout(timer);
    request.signal.removeEventListener('abort', end);
  }
}

/** The head of the answer. A kept connection that the target closed meanwhile is given up for a new one, once. */
async function ask(request: FetchRequest, url: URL, authorization: string | null, signal: AbortSignal, again = true): Promise<IncomingMessage> {
  const headers = {
    accept: ACCEPT, 'accept-encoding': 'gzip', 'user-agent': 'unified-agent', 'x-prometheus-scrape-timeout-seconds': String(request.timeoutMs / 1_000),
    ...(authorization === null ? {} : { authorization }),
  };
  let reused = false;
  try {
    return await new Promise<IncomingMessage>((resolve, reject) => {
      const call = (url.protocol === 'https:' ? requestHttps : requestHttp)(url, { agent: request.agent(url), headers, signal });
      call.once('response', resolve).on('error', (error) => {
        reused = call.reusedSocket;
        reject(error);
      }).end();
    });
  } catch (error) {
    if (!reused || !again || signal.aborted) throw error;
    return ask(request, url, authorization, signal, false);
  }
}

/** What it gives has its room until that is given back. */
async function readBody(response: IncomingMessage, { maxBytes, room }: FetchRequest): Promise<Uint8Array> {
  const packed = response.headers['content-encoding']?.toLowerCase() === 'gzip';
  const unpacked: Readable = packed ? response.pipe(createGunzip()) : response;
  if (packed) response.once('error', (error) => { unpacked.destroy(error); });
  const chunks: Buffer[] = [];
  let bytes = 0;
  let [taken, isWhole] = [0, false];
  try {
    for await (const chunk of unpacked as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes > maxBytes) throw new ScrapeFault(`its answer is larger than ${maxBytes} bytes (body_size_limit)`);
      if (!room.take(chunk.length)) throw new ScrapeFault('too many large answers at one time');
      taken += chunk.length;
      chunks.push(chunk);
    }
    isWhole = true;
    return Buffer.concat(chunks, bytes);
  } finally {
    if (!isWhole) room.giveBack(taken);
    // A break out of the loop ends the unpacking alone.
    if (!response.complete) response.destroy();
  }
}

function causeOf(error: unknown): string {
  const code = (error as NodeJS.ErrnoException | null)?.code ?? 'unknown error';
  if (Object.hasOwn(CAUSES, code)) return CAUSES[code]!;
  if (code.startsWith('HPE_')) return 'the answer is not HTTP';
  if (/CERT|SELF_SIGNED|UNABLE_TO/.test(code)) return `its certificate is not trusted (${code})`;
  return `the exchange failed (${code})`;
}
