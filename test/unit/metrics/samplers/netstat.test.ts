import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import { createNetstatSampler, udpSockets } from '../../../../src/metrics/samplers/netstat.ts';
import { SocketTable } from '../../../../src/metrics/samplers/socket-table.ts';
import { FIXED_HOST, measurementsOf, soleValues, unitsOf } from '../../../support/sampling.ts';

const STATES = ['established', 'syn_sent', 'syn_recv', 'fin_wait1', 'fin_wait2', 'time_wait', 'close', 'close_wait', 'last_ack', 'listen', 'closing'];
const line = (slot: number, local: string, remote: string, state: number): string => `${String(slot).padStart(4)}: ${local} ${remote} ${state.toString(16).toUpperCase().padStart(2, '0')} 00000000:00000000 00:00000000 00000000     0        0 1681 1 00000000abf833d5 100 0 0 10 0\n`;
const HEAD = '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n';

describe('netstat', () => {
  it('counts TCP sockets of IPv4 and IPv6 by state and UDP sockets, in Count and without dimensions', async () => {
    const sampler = createNetstatSampler({ measurements: measurementsOf('netstat', 'tcp_listen', 'udp_socket') }, FIXED_HOST);
    assert.deepEqual(unitsOf(sampler), Object.fromEntries([...STATES.map((state) => `tcp_${state}`), 'tcp_none', 'udp_socket'].map((field) => [field, 'Count'])));
    assert.deepEqual(soleValues(await sampler.sample(0)), {
      tcp_established: 2, tcp_syn_sent: 2, tcp_syn_recv: 3, tcp_fin_wait1: 4, tcp_fin_wait2: 5, tcp_time_wait: 6, tcp_close: 7, tcp_close_wait: 8, tcp_last_ack: 9,
      tcp_listen: 4, tcp_closing: 11, tcp_none: 0, udp_socket: 8,
    });
  });

  it('a host without IPv6 has the sockets of IPv4', async () => {
    const proc = mkdtempSync(join(tmpdir(), 'netstat-'));
    mkdirSync(join(proc, 'net'));
    writeFileSync(join(proc, 'net/tcp'), HEAD + line(0, '00000000:0050', '00000000:0000', 10));
    writeFileSync(join(proc, 'net/sockstat'), 'sockets: used 1\nUDP: inuse 2 mem 0\n');
    const values = soleValues(await createNetstatSampler({ measurements: measurementsOf('netstat', 'tcp_listen', 'udp_socket') }, { proc, sys: '/sys' }).sample(0));
    assert.equal(values['tcp_listen'], 1);
    assert.equal(values['udp_socket'], 2);
  });

  it('the tables of TCP are not read where only UDP is asked for', async () => {
    const proc = mkdtempSync(join(tmpdir(), 'netstat-'));
    mkdirSync(join(proc, 'net'));
    writeFileSync(join(proc, 'net/sockstat'), 'UDP: inuse 2 mem 0\n');
    assert.deepEqual(soleValues(await createNetstatSampler({ measurements: measurementsOf('netstat', 'udp_socket') }, { proc, sys: '/sys' }).sample(0)), { tcp_none: 0, udp_socket: 2 });
    await assert.rejects(createNetstatSampler({ measurements: measurementsOf('netstat', 'tcp_listen') }, { proc, sys: '/sys' }).sample(0), { message: `${proc}/net/tcp cannot be read (ENOENT)` });
  });

  it('a table in any chunks counts each socket once, and listeners of one address together', () => {
    const socket = fc.record({ address: fc.integer({ min: 0, max: 3 }), state: fc.integer({ min: 1, max: 12 }) });
    fc.assert(fc.property(fc.boolean(), fc.array(socket, { maxLength: 40 }), fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 1, maxLength: 8 }), (wide, sockets, cuts) => {
      const address = (n: number): string => `${String(n).padStart(wide ? 32 : 8, '0')}:0050`;
      const bytes = Buffer.from(HEAD + sockets.map(({ address: n, state }, i) => line(i * 1_000, address(n), address(0), state)).join(''));
      const table = new SocketTable(wide ? 37 : 13);
      for (let [from, i] = [0, 0]; from < bytes.length; i++) {
        const to = from + cuts[i % cuts.length]!;
        table.add(Buffer.from(bytes.subarray(from, to)));
        from = to;
      }
      const expected = new Uint32Array(16);
      for (const { state } of sockets) if (state !== 10) expected[state]! += 1;
      expected[10] = new Set(sockets.filter(({ state }) => state === 10).map(({ address: n }) => n)).size;
      assert.deepEqual(table.states, expected);
    }));
  });

  it('any bytes are read without an error, and without being kept', () => {
    fc.assert(fc.property(fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 20 }), (chunks) => {
      const table = new SocketTable(13);
      for (const chunk of chunks) table.add(Buffer.from(chunk));
    }));
    fc.assert(fc.property(fc.string(), (text) => { assert.ok(udpSockets(text) >= 0); }));
  });
});
