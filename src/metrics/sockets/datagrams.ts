import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { isIP } from 'node:net';
import type { Report } from '../../report/report.ts';
import type { KernelDrops } from './kernel-drops.ts';
import { addressText } from '../../metrics-plan.ts';
import { comeIn, resolved } from './listening.ts';
import type { NetAddress, Opened } from './listening.ts';
import type { Taker } from './taker.ts';

export interface DatagramOptions {
  /** Who listens, for what is said. */
  readonly who: string;
  /** Datagrams wait there while the agent is busy; what comes beyond it the kernel drops. */
  readonly receiveBytes: number;
  readonly drops: KernelDrops;
  readonly report: Pick<Report, 'note'>;
}

/** What a kernel without IPv6 answers. */
const NO_IPV6 = ['EAFNOSUPPORT', 'EADDRNOTAVAIL'];

/** Multicast: 224.0.0.0/4 and ff00::/8. */
const isGroup = (address: string): boolean => /^(?:22[4-9]|23\d)\.|^ff[0-9a-f]{2}:/i.test(address);

/**
 * Listens for datagrams at an address, a name, a multicast group, or where no host is named at all addresses of both families.
 * @throws when it cannot be
 */
export async function openDatagrams(at: NetAddress, taker: Pick<Taker, 'datagram' | 'beforeClose'>, options: DatagramOptions): Promise<Opened> {
  const { host, port } = at;
  const address = host === '' ? '::' : await resolved(host);
  const group = isGroup(address);
  // Several may listen to one group on a machine, collectd itself for one; an address of its own is nobody else's.
  const socket = createSocket({ type: isIP(address) === 6 ? 'udp6' : 'udp4', reuseAddr: group, recvBufferSize: options.receiveBytes });
  const failed = new Promise<Error>((resolve) => { socket.on('error', resolve); });
  let packets = 0;
  socket.on('message', (bytes, sender) => {
    packets++;
    taker.datagram(bytes, sender);
  });
  try {
    const listening = once(socket, 'listening');
    socket.bind(port, address);
    await listening;
    if (group) socket.addMembership(address);
  } catch (error) {
    socket.close();
    const { code = '' } = error as NodeJS.ErrnoException;
    if (host === '' && NO_IPV6.includes(code)) return openDatagrams({ ...at, host: '0.0.0.0' }, taker, options);
    if (group && code === 'ENODEV') throw new Error('no interface has a route for this multicast group', { cause: error });
    throw error;
  }
  // The kernel tells twice what it was asked for (socket(7), SO_RCVBUF).
  noteLimits(at, socket.getRecvBufferSize() / 2, options);
  return {
    failed,
    [Symbol.asyncDispose]: async () => {
      await comeIn(() => packets);
      await taker.beforeClose();
      await new Promise<void>((resolve) => { socket.close(() => { resolve(); }); });
    },
  };
}

function noteLimits(at: NetAddress, givenBytes: number, { who, receiveBytes, drops, report }: DatagramOptions): void {
  if (givenBytes < receiveBytes) report.note(`${who}: the kernel gives ${addressText(at)} a receive buffer of ${givenBytes} bytes where ${receiveBytes} were asked for; what comes in a burst beyond it is dropped and counted. \`sysctl -w net.core.rmem_max=${receiveBytes}\` allows more`);
  try {
    drops.watch(at.port);
  } catch (error) {
    report.note(`${who}: packets that the kernel drops at ${addressText(at)} cannot be counted (${(error as Error).message})`);
  }
}
