import { once } from 'node:events';
import { chmodSync, lstatSync, unlinkSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import type { ListenOptions, Socket } from 'node:net';
import { comeIn, resolved } from './listening.ts';
import type { NetAddress, Opened } from './listening.ts';
import type { Sender, Taker } from './taker.ts';

/** A client that is gone without a word is found out. */
const KEEP_ALIVE_MS = 60_000;
/** Whoever runs on this host may send, as with UDP on the loopback interface. */
const SOCKET_MODE = 0o666;

/** Listens for TCP connections; without a host at all addresses of both families, or of IPv4 where there is no other. @throws when it cannot be */
export async function openTcp({ host, port }: NetAddress, taker: Taker, maxConnections: number): Promise<Opened> {
  return openConnections(host === '' ? { port } : { port, host: await resolved(host) }, taker, maxConnections);
}

/** Listens at a unix socket; one at which nobody listens any more is replaced. @throws when it cannot be */
export async function openUnix(path: string, taker: Taker, maxConnections: number): Promise<Opened> {
  await clearStale(path);
  const opened = await openConnections({ path }, taker, maxConnections);
  chmodSync(path, SOCKET_MODE);
  return opened;
}

const senderOf = ({ remoteAddress, remotePort }: { readonly remoteAddress?: string | undefined; readonly remotePort?: number | undefined }): Sender =>
  (remoteAddress === undefined ? null : { address: remoteAddress, port: remotePort ?? 0 });

async function openConnections(at: ListenOptions, taker: Taker, maxConnections: number): Promise<Opened> {
  const open = new Set<Socket>();
  let chunks = 0;
  const server = createServer((socket) => {
    open.add(socket);
    socket.setKeepAlive(true, KEEP_ALIVE_MS);
    const stream = taker.stream(senderOf(socket));
    let isWhole = false;
    socket.on('data', (chunk: Buffer) => {
      chunks++;
      if (!stream.take(chunk)) socket.destroy();
    });
    // A reset ends it like an end: what was whole has been taken.
    socket.on('error', () => undefined).once('end', () => { isWhole = true; }).once('close', () => {
      open.delete(socket);
      stream.ended(isWhole);
    });
  });
  server.maxConnections = maxConnections;
  server.on('drop', (dropped) => { taker.crowded(senderOf(dropped ?? {})); });
  const listening = once(server, 'listening');
  server.listen(at);
  await listening;
  const failed = new Promise<Error>((resolve) => { server.on('error', resolve); });
  return {
    failed,
    [Symbol.asyncDispose]: async () => {
      const closed = new Promise<void>((resolve) => { server.close(() => { resolve(); }); });
      await comeIn(() => chunks);
      for (const socket of open) socket.destroy();
      await closed;
    },
  };
}

/** Removes a socket that nobody listens at any more; whatever else lies there stays. @throws when it is in use, or no socket */
export async function clearStale(path: string): Promise<void> {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined) return;
  if (!found.isSocket()) throw new Error(`${path} exists and is no socket; it is left alone`);
  if (await answers(path)) throw Object.assign(new Error(`${path} is in use`), { code: 'EADDRINUSE' });
  unlinkSync(path);
}

function answers(path: string): Promise<boolean> {
  const probe = connect(path);
  return new Promise((resolve) => {
    probe.once('connect', () => {
      probe.destroy();
      resolve(true);
    }).once('error', ({ code }: NodeJS.ErrnoException) => { resolve(code !== 'ECONNREFUSED' && code !== 'ENOENT'); });
  });
}
