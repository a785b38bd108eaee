import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { lstatSync, rmSync } from 'node:fs';
import { lookup } from 'node:dns/promises';
import { connect, createServer, isIP } from 'node:net';
import type { ListenOptions, Socket } from 'node:net';
import type { ListenAddress } from '../../metrics-plan.ts';

/** What takes what comes in. `sender` is an IP address, or says that it is a local one. */
export interface Taker {
  datagram(bytes: Buffer, sender: string): void;
  stream(sender: string): StreamTaker;
  /** A connection was refused because as many are open as may be. */
  crowded(sender: string): void;
}

export interface StreamTaker {
  /** False: nothing that comes after it can be understood, the connection is closed. */
  take(chunk: Buffer): boolean;
  ended(): void;
}

/** A socket that listens; `failed` resolves with the cause when it cannot go on. */
export interface Listening extends AsyncDisposable { readonly failed: Promise<Error> }

/** Datagrams wait here while the agent is busy; what comes beyond it the kernel drops. It gives less where net.core.rmem_max is less. */
const RECEIVE_BUFFER_BYTES = 4 << 20;
const MAX_CONNECTIONS = 64;

/** Multicast: 224.0.0.0/4 and ff00::/8. */
const isGroup = (address: string): boolean => /^(?:22[4-9]|23\d)\.|^ff[0-9a-f]{2}:/i.test(address);
/** An IPv4 sender at a socket of both families. */
const plainAddress = (address: string | undefined): string => address?.replace(/^::ffff:(?=\d+\.)/, '') ?? 'a closed connection';

/** Listens at an address; rejects with the cause where that cannot be. An empty host is all addresses of both families. */
export function listenAt(address: ListenAddress, taker: Taker): Promise<Listening> {
  switch (address.protocol) {
    case 'udp': return listenForDatagrams(address.host, address.port, taker);
    case 'tcp': return listenForConnections(address.host === '' ? { port: address.port } : { port: address.port, host: address.host }, taker, ({ remoteAddress }) => plainAddress(remoteAddress));
    case 'unix': return listenAtPath(address.path, taker);
    case 'unixgram': return Promise.reject(new Error('unix datagram sockets are not supported: use unix:// or udp://'));
    default: address satisfies never; return address;
  }
}

async function listenForDatagrams(host: string, port: number, taker: Taker): Promise<Listening> {
  const address = host === '' ? '::' : isIP(host) > 0 ? host : (await lookup(host)).address;
  const group = isGroup(address);
  // Several may listen to one group on a machine, collectd itself for one; an address of its own is nobody else's.
  const socket = createSocket({ type: isIP(address) === 6 ? 'udp6' : 'udp4', reuseAddr: group, recvBufferSize: RECEIVE_BUFFER_BYTES });
  socket.on('message', (bytes, from) => { taker.datagram(bytes, plainAddress(from.address)); });
  try {
    const listening = once(socket, 'listening');
    socket.bind(port, address);
    await listening;
    if (group) socket.addMembership(address);
  } catch (error) {
    socket.close();
    // A kernel without IPv6.
    if (host === '' && (error as NodeJS.ErrnoException).code === 'EAFNOSUPPORT') return listenForDatagrams('0.0.0.0', port, taker);
    throw error;
  }
  return {
    failed: new Promise((resolve) => { socket.once('error', resolve); }),
    [Symbol.asyncDispose]: () => new Promise((resolve) => { socket.close(() => { resolve(); }); }),
  };
}

async function listenForConnections(at: ListenOptions, taker: Taker, senderOf: (socket: { readonly remoteAddress?: string | undefined }) => string): Promise<Listening> {
  const open = new Set<Socket>();
  const server = createServer((socket) => {
    const stream = taker.stream(senderOf(socket));
    open.add(socket);
    socket.on('data', (chunk: Buffer) => { if (!stream.take(chunk)) socket.destroy(); });
    // A reset ends it like an end: what was whole has been taken.
    socket.on('error', () => undefined).once('close', () => {
      open.delete(socket);
      stream.ended();
    });
  });
  server.maxConnections = MAX_CONNECTIONS;
  server.on('drop', (dropped) => { taker.crowded(senderOf(dropped ?? {})); });
  const listening = once(server, 'listening');
  server.listen(at);
  await listening;
  return {
    failed: new Promise((resolve) => { server.once('error', resolve); }),
    [Symbol.asyncDispose]: async () => {
      const closed = new Promise<void>((resolve) => { server.close(() => { resolve(); }); });
      for (const socket of open) socket.destroy();
      await closed;
    },
  };
}

async function listenAtPath(path: string, taker: Taker): Promise<Listening> {
  await removeLeftover(path);
  return listenForConnections({ path }, taker, () => 'a process of this host');
}

/** A socket file at which nobody listens any more keeps its path taken. */
async function removeLeftover(path: string): Promise<void> {
  if (lstatSync(path, { throwIfNoEntry: false })?.isSocket() !== true) return;
  const probe = connect(path);
  const answered = await new Promise<boolean>((resolve) => { probe.once('connect', () => { resolve(true); }).once('error', ({ code }: NodeJS.ErrnoException) => { resolve(code !== 'ECONNREFUSED'); }); });
  probe.destroy();
  if (!answered) rmSync(path, { force: true });
}
