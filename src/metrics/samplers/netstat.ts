import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { codeOf, kernelText, kernelTextIfThere } from './kernel-text.ts';
import { SocketTable } from './socket-table.ts';
import type { SamplerPlan } from '../../metrics-plan.ts';
import type { FieldKind, KernelFolders, Sampler } from '../sampler.ts';

/** By the hexadecimal state of /proc/net/tcp, see tcp_states.h of Linux. */
const TCP_STATES = ['established', 'syn_sent', 'syn_recv', 'fin_wait1', 'fin_wait2', 'time_wait', 'close', 'close_wait', 'last_ack', 'listen', 'closing'] as const;
const FIELDS: Readonly<Record<string, FieldKind>> = Object.fromEntries([...TCP_STATES.map((state) => `tcp_${state}`), 'tcp_none', 'udp_socket'].map((name) => [name, { unit: 'Count' }]));

/** The kernel gives a page at a time, some 27 sockets, however much is asked for. */
const CHUNK_BYTES = 16_384;

/**
 * TCP sockets by state, of /proc/net/tcp and tcp6, and UDP sockets, of sockstat. Sockets that listen at one address together count once:
 * `tcp_listen` is the number of ports. `tcp_none` is always 0: see docs/decisions/metrics-netstat.md. Tables are read a chunk at a
 * time by a thread of the pool, and not at all when only UDP is asked for.
 */
export function createNetstatSampler(plan: Pick<SamplerPlan, 'measurements'>, { proc }: KernelFolders): Sampler {
  const wantsTcp = plan.measurements.some(({ field }) => field !== 'udp_socket' && field !== 'tcp_none');
  const wantsUdp = plan.measurements.some(({ field }) => field === 'udp_socket');
  return {
    fields: FIELDS,
    async sample() {
      const values: Record<string, number> = { tcp_none: 0 };
      if (wantsTcp) {
        const counts = [await countStates(join(proc, 'net/tcp'), 13), await countStates(join(proc, 'net/tcp6'), 37)];
        // A host without IPv6 has no tcp6.
        if (counts[0] === null) throw new Error(`${join(proc, 'net/tcp')} cannot be read (ENOENT)`);
        for (const [i, state] of TCP_STATES.entries()) values[`tcp_${state}`] = (counts[0]![i + 1] ?? 0) + (counts[1]?.[i + 1] ?? 0);
      }
      if (wantsUdp) values['udp_socket'] = udpSockets(kernelText(join(proc, 'net/sockstat'))) + udpSockets(kernelTextIfThere(join(proc, 'net/sockstat6')) ?? '');
      return [{ dimensions: [], values }];
    },
    [Symbol.dispose]() {},
  };
}

/** Sockets by state; null when there is no such table. */
async function countStates(path: string, addressWidth: number): Promise<ArrayLike<number> | null> {
  try {
    await using table = await open(path, 'r');
    const counted = new SocketTable(addressWidth);
    const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
    for (;;) {
      const { bytesRead } = await table.read(chunk, 0, chunk.length, null);
      if (bytesRead === 0) return counted.states;
      counted.add(chunk.subarray(0, bytesRead));
    }
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return null;
    throw new Error(`${path} cannot be read (${codeOf(error)})`, { cause: error });
  }
}

/** `inuse` of the line `UDP:` or `UDP6:` of a sockstat file. Pure; 0 when there is none. */
export const udpSockets = (sockstat: string): number => Number(/^UDP6?: inuse (\d+)/m.exec(sockstat)?.[1] ?? 0);
