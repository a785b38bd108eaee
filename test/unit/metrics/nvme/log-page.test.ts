import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { ADDRESS_AT, ADMIN_COMMAND, decodeLogPage, logPageCommand } from '../../../../src/metrics/nvme/log-page.ts';
import { pageOf } from '../../../support/nvme-host.ts';

const NAMES = [
  'total_read_ops', 'total_write_ops', 'total_read_bytes', 'total_write_bytes', 'total_read_time', 'total_write_time', 'volume_performance_exceeded_iops',
  'volume_performance_exceeded_tp', 'ec2_instance_performance_exceeded_iops', 'ec2_instance_performance_exceeded_tp', 'volume_queue_length',
];

test('every count of a page is read from its own place', () => {
  const numbers = fc.array(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), { minLength: NAMES.length, maxLength: NAMES.length });
  fc.assert(fc.property(fc.constantFrom('ebs' as const, 'instance_store' as const), numbers, (kind, counts) => {
    assert.deepEqual(decodeLogPage(pageOf(kind, counts), kind), Object.fromEntries(NAMES.map((name, index) => [name, Number(counts[index])])));
  }));
});

test('a page of another kind, another device or of no length is none', () => {
  const page = pageOf('ebs', NAMES.map(() => 1n));
  assert.equal(decodeLogPage(page, 'instance_store'), null);
  assert.equal(decodeLogPage(new Uint8Array(4096), 'ebs'), null);
  assert.equal(decodeLogPage(page.subarray(0, 95), 'ebs'), null);
  fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => { assert.equal(decodeLogPage(bytes, 'ebs'), null); }));
});

test('the command is struct nvme_admin_cmd of linux/nvme_ioctl.h, and its number that of _IOWR(N, 0x41, 72 bytes)', () => {
  const command = logPageCommand();
  assert.equal(command.length, 72);
  assert.equal(ADMIN_COMMAND, ((3 << 30) | (72 << 16) | ('N'.charCodeAt(0) << 8) | 0x41) >>> 0);
  // u8 opcode, flags; u16 reserved; u32 nsid, cdw2, cdw3; u64 metadata, addr; u32 metadata_len, data_len, cdw10..cdw15, timeout_ms, result
  const words = Array.from({ length: 18 }, (_, index) => command.readUInt32LE(4 * index));
  const expected = [0x02, 1, 0, 0, 0, 0, 0, 0, 0, 4096, 0x03ff_00d0, 0, 0, 0, 0, 0, 0, 0];
  assert.deepEqual(words, expected);
  assert.equal(ADDRESS_AT, 24);
});
