// Senders of EMF events over real sockets.
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer, connect } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';

/** A TCP port of this host that nobody has now. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** An event with one metric, that says where it goes if that is given. */
export function emfEvent(value: number, where: { readonly group?: string; readonly stream?: string } = {}): string {
  const aws = {
    Timestamp: Date.now(),
    ...(where.group === undefined ? {} : { LogGroupName: where.group }),
    ...(where.stream === undefined ? {} : { LogStreamName: where.stream }),
    CloudWatchMetrics: [{ Namespace: 'test', Dimensions: [['service']], Metrics: [{ Name: 'count', Unit: 'Count' }] }],
  };
  return JSON.stringify({ _aws: aws, service: 'web', count: value });
}

/** A connection, once it is there: to a port of this host, or to a socket. */
export async function connected(to: number | string): Promise<Socket> {
  const socket = typeof to === 'string' ? connect({ path: to, allowHalfOpen: true }) : connect({ port: to, host: '127.0.0.1', allowHalfOpen: true });
  await once(socket, 'connect');
  return socket;
}

/** Sends the lines and ends; resolves when the agent has ended its side too: then all of them are in its files. */
export async function sendLines(to: number | string, lines: readonly string[]): Promise<void> {
  const socket = await connected(to);
  const ended = once(socket.resume(), 'end');
  socket.end(lines.map((line) => `${line}\n`).join(''));
  await ended;
}

/** Sends one datagram. */
export async function sendDatagram(port: number, text: string, host = '127.0.0.1'): Promise<void> {
  const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4');
  socket.send(text, port, host);
  await once(socket, 'listening');
  await new Promise((resolve) => { setImmediate(resolve); });
  socket.close();
}
