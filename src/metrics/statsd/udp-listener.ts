import { createSocket } from 'node:dgram';
import type { Socket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import type { ListenAddress } from '../../metrics-plan.ts';
import type { Report } from '../../report/report.ts';
import type { KernelDrops } from './kernel-drops.ts';
import { addressText, comeIn } from './listening.ts';
import type { Intake, Opened } from './listening.ts';

type UdpAddress = Extract<ListenAddress, { protocol: 'udp' | 'tcp' }>;

/** What a waiting packet is reckoned at: one frame of Ethernet. */
const PACKET_BYTES = 1_500;
/** More is never asked for. */
const MAX_BUFFER = 64 * 1024 * 1024;

export interface UdpOptions {
  readonly intake: Intake;
  /** Packets that may wait in the kernel: the agent itself holds none back. */
  readonly maxPending: number;
  readonly drops: KernelDrops;
  /** Told before the socket goes, with its counter of drops. */
  readonly beforeClose: () => Promise<void>;
  readonly report: Pick<Report, 'note'>;
}

/** Opens a UDP socket. @throws when it cannot be bound */
export async function openUdp(address: UdpAddress, { intake, maxPending, drops, beforeClose, report }: UdpOptions): Promise<Opened> {
  const socket = await bind(address);
  const failed = new Promise<Error>((resolve) => { socket.on('error', resolve); });
  let packets = 0;
  socket.on('message', (bytes, peer) => {
    packets++;
    intake.take(bytes, 0, bytes.length, peer);
  });
  enlarge(socket, address, maxPending, report);
  try {
    drops.watch(socket.address().port);
  } catch (error) {
    report.note(`statsd: packets that the kernel drops at ${addressText(address)} cannot be counted (${(error as Error).message})`);
  }
  return {
    failed,
    async [Symbol.asyncDispose]() {
      await comeIn(() => packets);
      await beforeClose();
      await new Promise<void>((resolve) => { socket.close(() => resolve()); });
    },
  };
}

/** An address without a host is all of the host's, of both protocols where there is IPv6. */
async function bind({ host, port }: UdpAddress): Promise<Socket> {
  if (host !== '') return bound(host, port, isIPv6(host) ? 'udp6' : 'udp4');
  try {
    return await bound('::', port, 'udp6');
  } catch (error) {
    if (!['EAFNOSUPPORT', 'EADDRNOTAVAIL', 'EINVAL'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
    return bound('0.0.0.0', port, 'udp4');
  }
}

function bound(address: string, port: number, type: 'udp4' | 'udp6'): Promise<Socket> {
  const socket = createSocket({ type });
  return new Promise((resolve, reject) => {
    socket.once('error', (error) => {
      socket.close();
      reject(error);
    });
    socket.bind({ address, port, exclusive: true }, () => {
      socket.removeAllListeners('error');
      resolve(socket);
    });
  });
}

function enlarge(socket: Socket, address: UdpAddress, maxPending: number, report: Pick<Report, 'note'>): void {
  const wanted = Math.min(maxPending * PACKET_BYTES, MAX_BUFFER);
  try {
    socket.setRecvBufferSize(wanted);
    // The kernel tells twice what it was asked for (socket(7), SO_RCVBUF).
    const given = socket.getRecvBufferSize() / 2;
    if (given < wanted) report.note(`statsd: the kernel gives ${addressText(address)} a receive buffer of ${given} bytes where allowed_pending_messages (${maxPending}) asks for ${wanted}; what comes in a burst beyond it is dropped and counted. \`sysctl -w net.core.rmem_max=${wanted}\` allows more`);
  } catch (error) {
    report.note(`statsd: the receive buffer of ${addressText(address)} stays as it is (${(error as Error).message})`);
  }
}
