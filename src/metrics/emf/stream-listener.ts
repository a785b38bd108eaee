import { once } from 'node:events';
import { chmod } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { ListenOptions, Server, Socket } from 'node:net';
import { clearStale } from '../sockets/connections.ts';
import { comeIn } from '../sockets/listening.ts';
import { Connection, LineMemory } from './connection.ts';
import type { LineSink } from './line-sink.ts';

/** Connections of one listener; more are refused. */
export const MAX_CONNECTIONS = 256;
/** A sender that is gone without a word is found out. */
const KEEP_ALIVE_MS = 60_000;
/** Read and written by the agent's user and group. */
const SOCKET_MODE = 0o660;

/** Takes lines over TCP or a unix socket. A connection is read no further while there is no room for what it sent. */
export class StreamListener implements AsyncDisposable {
  readonly #server: Server;
  readonly #connections = new Set<Connection>();
  #reads = 0;

  private constructor(server: Server, name: string, sink: LineSink, refused: () => void) {
    this.#server = server;
    server.maxConnections = MAX_CONNECTIONS;
    const memory = new LineMemory();
    server.on('connection', (socket: Socket) => {
      const connection = new Connection(socket, name, sink, memory);
      this.#connections.add(connection);
      socket.on('data', () => { this.#reads++; }).once('close', () => { this.#connections.delete(connection); });
    });
    server.on('drop', refused);
    server.on('error', () => {});
  }

  /** Rejects with the system's error when the address cannot be had. @param name the address, for messages @param refused a connection was one too many */
  static async open(at: { readonly host: string; readonly port: number } | { readonly path: string }, name: string, sink: LineSink, refused: () => void): Promise<StreamListener> {
    if ('path' in at) await clearStale(at.path);
    // Half open: a running agent ends its side when all of it is in a file.
    const server = createServer({ allowHalfOpen: true, keepAlive: true, keepAliveInitialDelay: KEEP_ALIVE_MS });
    const listener = new StreamListener(server, name, sink, refused);
    await listening(server, 'path' in at ? { path: at.path } : { host: at.host, port: at.port, ipv6Only: at.host.includes(':') });
    if ('path' in at) await chmod(at.path, SOCKET_MODE);
    return listener;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    // What they have sent so far.
    await comeIn(() => this.#reads);
    for (const connection of this.#connections) connection.end();
    await closed;
  }
}

function listening(server: Server, options: ListenOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(options, () => { server.off('error', reject); resolve(); });
  });
}
