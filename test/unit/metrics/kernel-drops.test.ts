import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { KernelDrops } from '../../../src/metrics/sockets/kernel-drops.ts';

const HEAD = '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops\n';
const PORT = 8125;

/** A /proc whose process has the sockets 7001 and 7003. */
function procFolder(t: TestContext) {
  const proc = mkdtempSync(join(tmpdir(), 'proc-'));
  t.after(() => rmSync(proc, { recursive: true }));
  mkdirSync(join(proc, 'net'));
  mkdirSync(join(proc, 'self/fd'), { recursive: true });
  for (const [fd, target] of [['0', '/dev/null'], ['1', 'socket:[7001]'], ['2', 'socket:[7003]']] as const) symlinkSync(target, join(proc, 'self/fd', fd));
  const row = (address: string, inode: number, drops: number): string => ` 2010: ${address}:1FBD 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 ${inode} 2 0000000000000000 ${drops}\n`;
  return {
    proc,
    write: (udp: readonly (readonly [inode: number, drops: number])[], udp6: readonly (readonly [inode: number, drops: number])[] = []): void => {
      writeFileSync(join(proc, 'net/udp'), HEAD + udp.map(([inode, drops]) => row('0100007F', inode, drops)).join(''));
      writeFileSync(join(proc, 'net/udp6'), HEAD + udp6.map(([inode, drops]) => row('0'.repeat(32), inode, drops)).join(''));
    },
  };
}

test('drops are those of this process\'s own sockets at the port, of both protocols, since the last time', async (t) => {
  const { proc, write } = procFolder(t);
  write([[7001, 3], [7002, 50]], [[7003, 0]]);
  const drops = new KernelDrops(proc);
  drops.watch(PORT);
  assert.equal(await drops.read(), 3);
  write([[7001, 10], [7002, 90]], [[7003, 5]]);
  assert.equal(await drops.read(), 12);
  assert.equal(await drops.read(), 0);
});

test('a socket that is watched again is not counted twice, and one that is gone is forgotten', async (t) => {
  const { proc, write } = procFolder(t);
  write([[7001, 3]]);
  const drops = new KernelDrops(proc);
  drops.watch(PORT);
  await drops.read();
  drops.watch(PORT);
  assert.equal(await drops.read(), 0);
  write([]);
  assert.equal(await drops.read(), 0);
  write([[7001, 9]]);
  assert.equal(await drops.read(), 0);
});

test('a socket that the kernel does not list is said not to be', (t) => {
  const { proc, write } = procFolder(t);
  write([[7002, 0]]);
  assert.throws(() => new KernelDrops(proc).watch(PORT), /the socket of port 8125 is not listed in .*\/net\/udp/);
  assert.throws(() => new KernelDrops('/nowhere').watch(PORT), /ENOENT/);
});
