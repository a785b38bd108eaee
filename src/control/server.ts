// The daemon's side of `agent status` and `agent reload`, and its page of metrics: HTTP over a unix socket that only the agent's user may open. It has no part in
// delivery: where it cannot be opened the agent runs on without it and says so.
import { rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Report } from '../report/report.ts';
import { socketAddress, socketName } from './socket-path.ts';
import type { ReloadDocument, StatusDocument } from './status-document.ts';

export interface ControlOptions {
  /** Must be locked by this process: a socket that lies there belongs to an agent that is gone. */
  readonly stateDirectory: string;
  readonly status: () => StatusDocument;
  /** Reads the config again; what became of it is sent as it is. */
  readonly reload: () => Promise<ReloadDocument>;
  /** What the agent says of itself in the text format of Prometheus. */
  readonly metrics: () => Promise<{ readonly type: string; readonly text: string }>;
  readonly report: Report;
}

export interface Control extends AsyncDisposable {
  /** False when the socket could not be opened; that was reported. */
  readonly open: boolean;
}

/** Whoever asks more at once waits in the kernel's queue. */
const MAX_CONNECTIONS = 16;
/** Owner only, whatever the process's umask and the directory's mode are. */
const SOCKET_UMASK = 0o177;
const SUBJECT = 'control socket';

/** Opens the control socket of a state directory. Never rejects. */
export async function openControl({ stateDirectory, status, reload, metrics, report }: ControlOptions): Promise<Control> {
  const server = createServer((request, response) => { void answer(request, response, { status, reload, metrics }); });
  server.maxConnections = MAX_CONNECTIONS;
  try {
    const address = socketAddress(stateDirectory);
    try {
      rmSync(address.path, { force: true });
      await listen(server, address.path);
    } catch (error) {
      address[Symbol.dispose]();
      throw error;
    }
    server.on('error', (error) => report.trouble(SUBJECT, `${socketName(stateDirectory)}: ${error.message}`));
    return { open: true, [Symbol.asyncDispose]: async () => { await close(server); address[Symbol.dispose](); } };
  } catch (error) {
    report.trouble(SUBJECT, `${socketName(stateDirectory)} cannot be opened (${(error as Error).message}): the agent runs on, but \`agent status\` cannot reach it; check what lies at that path, or choose another --state-dir`);
    return { open: false, [Symbol.asyncDispose]: () => Promise.resolve() };
  }
}

/** Binding is synchronous, so no file of another part is created under the narrow umask but by its own threads. */
function listen(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    const before = process.umask(SOCKET_UMASK);
    try {
      server.listen(path, () => { server.off('error', reject); resolve(); });
    } finally {
      process.umask(before);
    }
  });
}

/** Removes the socket too. */
function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

async function answer(request: IncomingMessage, response: ServerResponse, { status, reload, metrics }: Pick<ControlOptions, 'status' | 'reload' | 'metrics'>): Promise<void> {
  request.resume();
  const { method, url } = request;
  switch (url) {
    case '/status': return method === 'GET' ? send(response, 200, status()) : send(response, 405, { error: `${method} /status is not possible; GET is` });
    case '/reload': return method === 'POST' ? send(response, 200, await reload()) : send(response, 405, { error: `${method} /reload is not possible; POST is` });
    case '/metrics': {
      if (method !== 'GET') return send(response, 405, { error: `${method} /metrics is not possible; GET is` });
      const { type, text } = await metrics();
      return sendText(response, 200, type, text);
    }
    default: return send(response, 404, { error: `${url} is unknown; GET /status, GET /metrics and POST /reload are what there is` });
  }
}

function send(response: ServerResponse, code: number, value: unknown): void {
  sendText(response, code, 'application/json', JSON.stringify(value));
}

function sendText(response: ServerResponse, code: number, type: string, text: string): void {
  const body = Buffer.from(text);
  response.writeHead(code, { 'content-type': type, 'content-length': body.length, connection: 'close' }).end(body);
}
