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
const FOR_ALL = 0o666;

/** What becomes of the connections to an address. */
export interface Accepting {
  readonly maxConnections: number;
  /** This side of a connection stays open when the other one ends. */
  readonly allowHalfOpen?: boolean;
  /** Takes a connection over. @returns called when the listener closes and what was sent has come in */
  readonly accept: (socket: Socket) => () => void;
  /** A connection was refused because as many are open as may be. */
  readonly crowded: (sender: Sender) => void;
}

/** Connections whose chunks the taker understands. */
export function takenBy(taker: Taker, maxConnections: number): Accepting {
  return {
    maxConnections,
    crowded: (sender) => { taker.crowded(sender); },
    accept: (socket) => {
      const stream = taker.stream(senderOf(socket));
      let isWhole = false;
      socket.on('data', (chunk: Buffer) => { if (!stream.take(chunk)) socket.destroy(); });
      // A reset ends it like an end: what was whole has been taken.
      socket.on('error', () => undefined).once('end', () => { isWhole = true; }).once('close', () => { stream.ended(isWhole); });
      return () => { socket.destroy(); };
    },
  };
}

/** Listens for TCP connections; without a host at all addresses of both families, or of IPv4 where there is no other. @throws when it cannot be */
export async function openTcp({ host, port }: NetAddress, accepting: Accepting): Promise<Opened> {
  return openConnections(host === '' ? { port } : { port, host: await resolved(host) }, accepting);
}

/** Listens at a unix socket; one at which nobody listens any more is replaced. @throws when it cannot be */
export async function openUnix(path: string, accepting: Accepting, mode = FOR_ALL): Promise<Opened> {
  await clearStale(path);
  const opened = await openConnections({ path }, accepting);
  chmodSync(path, mode);
  return opened;
}

const senderOf = ({ remoteAddress, remotePort }: { readonly remoteAddress?: string | undefined; readonly remotePort?: number | undefined }): Sender =>
  (remoteAddress === undefined ? null : { address: remoteAddress, port: remotePort ?? 0 });

async function openConnections(at: ListenOptions, { maxConnections, allowHalfOpen = false, accept, crowded }: Accepting): Promise<Opened> {
  const open = new Set<() => void>();
  let chunks = 0;
  const server = createServer({ allowHalfOpen, keepAlive: true, keepAliveInitialDelay: KEEP_ALIVE_MS }, (socket) => {
    const end = accept(socket);
    open.add(end);
    socket.on('data', () => { chunks++; }).once('close', () => { open.delete(end); });
  });
  server.maxConnections = maxConnections;
  server.on('drop', (dropped) => { crowded(senderOf(dropped ?? {})); });
  const listening = once(server, 'listening');
  server.listen(at);
  await listening;
  const failed = new Promise<Error>((resolve) => { server.on('error', resolve); });
  return {
    failed,
    [Symbol.asyncDispose]: async () => {
      const closed = new Promise<void>((resolve) => { server.close(() => { resolve(); }); });
      await comeIn(() => chunks);
      for (const end of open) end();
      await closed;
    },
  };
}

/** Removes a socket that nobody listens at any more; whatever else lies there stays. @throws when it is in use, or no socket */
async function clearStale(path: string): Promise<void> {
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
