import { createSocket } from 'node:dgram';
import { lookup } from 'node:dns/promises';
import { once } from 'node:events';
import { chmodSync } from 'node:fs';
import { createServer, isIP } from 'node:net';
import type { ListenOptions, Socket } from 'node:net';
import type { ListenAddress } from '../../metrics-plan.ts';
import type { Report } from '../../report/report.ts';
import type { KernelDrops } from '../statsd/kernel-drops.ts';
import { addressText, comeIn } from '../statsd/listening.ts';
import type { Opened } from '../statsd/listening.ts';
import { clearStale } from '../statsd/stream-listener.ts';

/** What takes what comes in. `sender` is an IP address, or says that it is a local one. */
export interface Taker {
  datagram(bytes: Buffer, sender: string): void;
  stream(sender: string): StreamTaker;
  /** A connection was refused because as many are open as may be. */
  crowded(sender: string): void;
  /** Told before a socket for datagrams goes, with the kernel's counter of what it dropped. */
  beforeClose(): Promise<void>;
}

export interface StreamTaker {
  /** False: nothing that comes after it can be understood, the connection is closed. */
  take(chunk: Buffer): boolean;
  ended(): void;
}

/** Datagrams wait here while the agent is busy; what comes beyond it the kernel drops. It gives less where net.core.rmem_max is less. */
const RECEIVE_BUFFER_BYTES = 4 << 20;
/** Each may hold a part of 64 KiB. */
const MAX_CONNECTIONS = 64;
/** A client that is gone without a word is found out. */
const KEEP_ALIVE_MS = 60_000;
/** Whoever runs on this host may send, as with UDP on the loopback interface; what they send is proved by the packets. */
const SOCKET_MODE = 0o666;

type NetAddress = Extract<ListenAddress, { protocol: 'udp' | 'tcp' }>;

export interface DatagramOptions { readonly drops: KernelDrops; readonly report: Pick<Report, 'note'> }

/** Multicast: 224.0.0.0/4 and ff00::/8. */
const isGroup = (address: string): boolean => /^(?:22[4-9]|23\d)\.|^ff[0-9a-f]{2}:/i.test(address);
/** The address of a name; of IPv4, if it has one, as in the CloudWatch agent. */
const resolved = async (host: string): Promise<string> => (isIP(host) > 0 ? host : (await lookup(host, { order: 'ipv4first' })).address);
/** An IPv4 sender at a socket of both families. */
const plainAddress = (address: string | undefined): string => address?.replace(/^::ffff:(?=\d+\.)/, '') ?? 'a closed connection';

/**
 * Listens for datagrams at an address, a name, a multicast group, or where no host is named at all addresses of both families.
 * @throws when it cannot be
 */
export async function openDatagrams(at: NetAddress, taker: Taker, { drops, report }: DatagramOptions): Promise<Opened> {
  const { host, port } = at;
  const address = host === '' ? '::' : await resolved(host);
  const group = isGroup(address);
  // Several may listen to one group on a machine, collectd itself for one; an address of its own is nobody else's.
  const socket = createSocket({ type: isIP(address) === 6 ? 'udp6' : 'udp4', reuseAddr: group, recvBufferSize: RECEIVE_BUFFER_BYTES });
  const failed = new Promise<Error>((resolve) => { socket.on('error', resolve); });
  let packets = 0;
  socket.on('message', (bytes, from) => {
    packets++;
    taker.datagram(bytes, plainAddress(from.address));
  });
  try {
    const listening = once(socket, 'listening');
    socket.bind(port, address);
    await listening;
    if (group) socket.addMembership(address);
  } catch (error) {
    socket.close();
    // A kernel without IPv6.
    if (host === '' && (error as NodeJS.ErrnoException).code === 'EAFNOSUPPORT') return openDatagrams({ ...at, host: '0.0.0.0' }, taker, { drops, report });
    if (group && (error as NodeJS.ErrnoException).code === 'ENODEV') throw new Error('no interface has a route for this multicast group', { cause: error });
    throw error;
  }
  try {
    drops.watch(port);
  } catch (error) {
    report.note(`collectd: packets that the kernel drops at ${addressText(at)} cannot be counted (${(error as Error).message})`);
  }
  return {
    failed,
    [Symbol.asyncDispose]: async () => {
      await comeIn(() => packets);
      await taker.beforeClose();
      await new Promise<void>((resolve) => { socket.close(() => { resolve(); }); });
    },
  };
}

/** Listens for TCP connections. @throws when it cannot be */
export async function openTcp({ host, port }: NetAddress, taker: Taker): Promise<Opened> {
  // Without a host Node listens at all addresses of both families, or of IPv4 where there is no other.
  return openConnections(host === '' ? { port } : { port, host: await resolved(host) }, taker, ({ remoteAddress }) => plainAddress(remoteAddress));
}

/** Listens at a unix socket; one at which nobody listens any more is replaced. @throws when it cannot be */
export async function openUnix(path: string, taker: Taker): Promise<Opened> {
  await clearStale(path);
  const opened = await openConnections({ path }, taker, () => 'a process of this host');
  chmodSync(path, SOCKET_MODE);
  return opened;
}

async function openConnections(at: ListenOptions, taker: Taker, senderOf: (socket: { readonly remoteAddress?: string | undefined }) => string): Promise<Opened> {
  const open = new Set<Socket>();
  let chunks = 0;
  const server = createServer((socket) => {
    const stream = taker.stream(senderOf(socket));
    open.add(socket);
    socket.setKeepAlive(true, KEEP_ALIVE_MS);
    socket.on('data', (chunk: Buffer) => {
      chunks++;
      if (!stream.take(chunk)) socket.destroy();
    });
    // A reset ends it like an end: what was whole has been taken.
    socket.on('error', () => undefined).once('close', () => {
      open.delete(socket);
      stream.ended();
    });
  });
  const failed = new Promise<Error>((resolve) => { server.on('error', resolve); });
  server.maxConnections = MAX_CONNECTIONS;
  server.on('drop', (dropped) => { taker.crowded(senderOf(dropped ?? {})); });
  const listening = once(server, 'listening');
  server.listen(at);
  await listening;
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
