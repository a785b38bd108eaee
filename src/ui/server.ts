import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Gate } from './gate.ts';
import { JSON_TYPE, TEXT } from './page.ts';
import type { Page } from './page.ts';

export interface PageServerOptions {
  readonly host: string;
  /** 0 takes any free one. */
  readonly port: number;
  readonly gate: Gate;
  readonly page: Page;
  /** What the page shows, as JSON text. Must not reject. */
  readonly facts: () => Promise<string>;
}

export interface PageServer extends AsyncDisposable {
  readonly port: number;
}

/** Pages that look at the same time share what was asked this long ago, so that the agent is asked once a second at most. */
const FRESH_MS = 900;
/** Of the time between two questions, the answering takes this part of the agent's at most (a large agent takes tens of milliseconds). */
const SHARE = 0.05;
/** A late answer may have waited for something else: after this long it is asked again all the same. */
const STALE_MS = 4000;
const MAX_CONNECTIONS = 64;

/** Serves the agent's page until it is disposed of. Rejects with the error of listening (EADDRINUSE, EACCES, EADDRNOTAVAIL). */
export async function servePage({ host, port, gate, page, facts }: PageServerOptions): Promise<PageServer> {
  const fresh = shared(facts);
  const server = createServer((request, response) => { void answer(request, response); });
  server.maxConnections = MAX_CONNECTIONS;
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    request.resume();
    const refused = gate.refuse(request);
    if (refused !== null) return send(request, response, refused);
    const path = (request.url ?? '/').split('?')[0];
    if (request.method !== 'GET' && request.method !== 'HEAD') return send(request, response, { status: 405, body: 'this page only shows: nothing can be changed here\n', headers: { ...TEXT, allow: 'GET, HEAD' } });
    if (path === '/') return send(request, response, gate.opened(page, request));
    if (path === '/facts') return send(request, response, { status: 200, body: await fresh(), headers: JSON_TYPE });
    send(request, response, { status: 404, body: 'there are / and /facts\n', headers: TEXT });
  };
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => { server.off('error', reject); resolve(); });
  });
  return {
    port: (server.address() as AddressInfo).port,
    [Symbol.asyncDispose]: () => new Promise((resolve) => {
      server.close(() => { resolve(); });
      server.closeAllConnections();
    }),
  };
}

function send(request: IncomingMessage, response: ServerResponse, { status, body, headers }: Page): void {
  const bytes = Buffer.from(body);
  response.writeHead(status, { ...headers, 'content-length': bytes.length });
  response.end(request.method === 'HEAD' ? undefined : bytes);
}

/** Asks when the last answer is no longer fresh; whoever comes meanwhile gets the same one. `ask` must not reject. */
function shared(ask: () => Promise<string>): () => Promise<string> {
  let last: Promise<string> | null = null;
  let freshUntil = 0;
  return () => {
    if (last !== null && performance.now() < freshUntil) return last;
    const began = performance.now();
    freshUntil = Number.POSITIVE_INFINITY;
    last = ask().finally(() => {
      const now = performance.now();
      freshUntil = Math.max(began + FRESH_MS, now + Math.min(STALE_MS, (now - began) * (1 / SHARE - 1)));
    });
    return last;
  };
}
