import type { ListenAddress } from '../../metrics-plan.ts';
import type { Report } from '../../report/report.ts';
import { openTcp, openUnix } from '../sockets/connections.ts';
import type { Accepting } from '../sockets/connections.ts';
import { openDatagrams } from '../sockets/datagrams.ts';
import { KernelDrops } from '../sockets/kernel-drops.ts';
import { addressText } from '../../metrics-plan.ts';
import type { NetAddress, Opened } from '../sockets/listening.ts';
import { Connection, LineMemory } from './connection.ts';
import { LineBuffer } from './line-buffer.ts';
import { MAX_LINE, bytesOf } from './line-sink.ts';
import type { LineSink } from './line-sink.ts';

/** Connections of one listener; more are refused. */
export const MAX_CONNECTIONS = 256;
/** Read and written by the agent's user and group. */
const SOCKET_MODE = 0o660;
/** Asked of the kernel for datagrams that wait to be read; it gives at most net.core.rmem_max. */
const RECEIVE_BYTES = 4_194_304;
/** The kernel is asked this often what it dropped. */
const COUNT_MS = 1_000;

/** Takes lines over TCP or a unix socket. A connection is read no further while there is no room for what it sent. @param refused a connection was one too many @throws when the address cannot be had */
export function openLines(at: Exclude<ListenAddress, { protocol: 'udp' }>, sink: LineSink, refused: () => void): Promise<Opened> {
  const [name, memory] = [addressText(at), new LineMemory()];
  const accepting: Accepting = {
    maxConnections: MAX_CONNECTIONS,
    // A running agent ends its side when all of it is in a file.
    allowHalfOpen: true,
    crowded: refused,
    accept: (socket) => {
      const connection = new Connection(socket, name, sink, memory);
      return () => { connection.end(); };
    },
  };
  return 'path' in at ? openUnix(at.path, accepting, SOCKET_MODE) : openTcp(at, accepting);
}

/** Takes datagrams of one or more lines. Who sends them cannot be made to wait: what finds no room is lost, and counted. @throws when the address cannot be had */
export async function openLineDatagrams(at: NetAddress, sink: LineSink, report: Pick<Report, 'note'>): Promise<Opened> {
  const name = addressText(at);
  const drops = new KernelDrops();
  const count = async (): Promise<void> => {
    const dropped = await drops.read();
    if (dropped > 0) sink.lost('kernel-full', dropped, 0, name);
  };
  const datagram = (bytes: Buffer): void => {
    const lines = new LineBuffer(MAX_LINE);
    const left = sink.take([...lines.push(bytes), ...lines.end()]);
    if (left.length > 0) sink.lost('spool-full', left.length, bytesOf(left), name);
  };
  const opened = await openDatagrams(at, { datagram, beforeClose: count }, { who: 'emf', receiveBytes: RECEIVE_BYTES, drops, report });
  const counting = setInterval(() => { void count(); }, COUNT_MS);
  return {
    failed: opened.failed,
    [Symbol.asyncDispose]: () => {
      clearInterval(counting);
      return opened[Symbol.asyncDispose]();
    },
  };
}
