import { chmodSync, lstatSync, unlinkSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import type { Server, Socket } from 'node:net';
import type { ListenAddress } from '../../metrics-plan.ts';
import { addressText, comeIn } from './listening.ts';
import type { Intake, Opened, Peer } from './listening.ts';
import { StreamLines } from './stream-lines.ts';

/** Each may hold a line of 64 KiB. */
const MAX_CONNECTIONS = 512;
/** A client that is gone without a word is found out. */
const KEEP_ALIVE_MS = 60_000;
/** Whoever runs on this host may send, as with UDP on the loopback interface. */
const SOCKET_MODE = 0o666;

type StreamAddress = Extract<ListenAddress, { protocol: 'udp' | 'tcp' }> | { readonly protocol: 'unix'; readonly path: string };

/** Opens a TCP or unix stream socket. @throws when it cannot be bound */
export async function openStream(address: StreamAddress, intake: Intake): Promise<Opened> {
  const connections = new Set<Socket>();
  let chunks = 0;
  const server = createServer((socket) => {
    connections.add(socket);
    socket.setKeepAlive(true, KEEP_ALIVE_MS);
    socket.on('close', () => connections.delete(socket));
    take(socket, peerOf(socket, address), intake, () => { chunks++; });
  });
  server.maxConnections = MAX_CONNECTIONS;
  server.on('drop', (dropped) => intake.refused(dropped?.remoteAddress === undefined ? addressText(address) : { address: dropped.remoteAddress, port: dropped.remotePort ?? 0 }));
  if ('path' in address) await clearStale(address.path);
  await listen(server, address);
  const failed = new Promise<Error>((resolve) => { server.on('error', resolve); });
  return {
    failed,
    async [Symbol.asyncDispose]() {
      const closed = new Promise<void>((resolve) => { server.close(() => resolve()); });
      await comeIn(() => chunks);
      for (const socket of connections) socket.destroy();
      await closed;
    },
  };
}

function take(socket: Socket, peer: Peer, intake: Intake, came: () => void): void {
  const lines = new StreamLines({ take: (bytes, from, to) => intake.take(bytes, from, to, peer), cut: (fault) => intake.cut(fault, peer) });
  socket.on('data', (chunk: Buffer) => {
    came();
    lines.take(chunk);
  });
  socket.on('end', () => lines.end());
  // 'close' follows, and says the same.
  socket.on('error', () => {});
  socket.on('close', () => lines.broken());
}

const peerOf = (socket: Socket, address: StreamAddress): Peer =>
  'path' in address ? addressText(address) : { address: socket.remoteAddress ?? '', port: socket.remotePort ?? 0 };

function listen(server: Server, address: StreamAddress): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    const opened = (): void => {
      server.off('error', reject);
      if ('path' in address) chmodSync(address.path, SOCKET_MODE);
      resolve();
    };
    if ('path' in address) server.listen(address.path, opened);
    // Without a host Node listens at all addresses of both protocols, or of IPv4 where there is no other.
    else server.listen({ port: address.port, exclusive: true, ...(address.host === '' ? {} : { host: address.host }) }, opened);
  });
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
  return new Promise((resolve) => {
    const probe = connect(path);
    probe.once('connect', () => {
      probe.destroy();
      resolve(true);
    });
    probe.once('error', (error: NodeJS.ErrnoException) => resolve(error.code !== 'ECONNREFUSED' && error.code !== 'ENOENT'));
  });
}
