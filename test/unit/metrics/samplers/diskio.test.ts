import assert from 'node:assert/strict';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { Deltas } from '../../../../src/metrics/deltas.ts';
import { createDiskioSampler, parseDeviceCounts } from '../../../../src/metrics/samplers/diskio.ts';
import { fixtureHost } from '../../../support/kernel-folders.ts';

test('diskio has counts, bytes and milliseconds, each as growth, and what is under way as it is', (t) => {
  const host = fixtureHost(t, 'small-vm');
  using sampler = createDiskioSampler({ devices: null }, host, host);
  assert.deepEqual(sampler.fields, {
    reads: { unit: 'Count', delta: true }, writes: { unit: 'Count', delta: true }, read_bytes: { unit: 'Bytes', delta: true }, write_bytes: { unit: 'Bytes', delta: true },
    read_time: { unit: 'Milliseconds', delta: true }, write_time: { unit: 'Milliseconds', delta: true }, io_time: { unit: 'Milliseconds', delta: true }, iops_in_progress: { unit: 'Count' },
  });
});

test('diskio gives the growth of every device, partitions and loops too, by its name; a count that began anew is its growth', async (t) => {
  const host = fixtureHost(t, 'small-vm');
  using sampler = createDiskioSampler({ devices: null }, host, host);
  const deltas = new Deltas(sampler.fields);
  const first = deltas.apply(await sampler.sample(0));
  assert.deepEqual(first.map(({ dimensions, values }) => [dimensions, values]), [
    [[['name', 'nvme0n1']], { iops_in_progress: 3 }], [[['name', 'nvme0n1p1']], { iops_in_progress: 0 }], [[['name', 'loop0']], { iops_in_progress: 0 }], [[['name', 'dm-0']], { iops_in_progress: 1 }],
  ]);
  host.pass('diskstats', 'later');
  const [nvme, , loop, mapper] = deltas.apply(await sampler.sample(60_000));
  assert.deepEqual(nvme, { dimensions: [['name', 'nvme0n1']], values: { reads: 100, writes: 200, read_bytes: 800 * 512, write_bytes: 1000 * 512, read_time: 50, write_time: 300, io_time: 70, iops_in_progress: 5 } });
  assert.deepEqual(loop!.values, { reads: 0, writes: 0, read_bytes: 0, write_bytes: 0, read_time: 0, write_time: 0, io_time: 0, iops_in_progress: 0 });
  assert.deepEqual(mapper!.values, { reads: 10, writes: 20, read_bytes: 80 * 512, write_bytes: 160 * 512, read_time: 4, write_time: 30, io_time: 9, iops_in_progress: 0 });
});

test('where no devices are named, one that was never used has no metrics, and costs nothing; from its first use on it has', async (t) => {
  const host = fixtureHost(t, 'small-vm');
  const zeros = '0 '.repeat(17).trim();
  const names = async (devices: readonly string[] | null): Promise<readonly string[]> => {
    using sampler = createDiskioSampler({ devices }, host, host);
    return (await sampler.sample(0)).map(({ dimensions }) => dimensions[0]![1]);
  };
  writeFileSync(`${host.proc}/diskstats`, `   7 0 loop0 ${zeros}\n   7 1 loop1 ${zeros}\n 259 0 nvme0n1 4 0 8 1 0 0 0 0 0 1 1\n`);
  assert.deepEqual(await names(null), ['nvme0n1']);
  assert.deepEqual(await names(['loop1']), ['loop1'], 'who names it wants it');
  writeFileSync(`${host.proc}/diskstats`, `   7 0 loop0 ${zeros}\n   7 1 loop1 ${zeros.replace(/^0/, '1')}\n`);
  assert.deepEqual(await names(null), ['loop1']);
});

test('devices are found by name, by path, by glob, and by the links that udev knows', async (t) => {
  const host = fixtureHost(t, 'small-vm');
  mkdirSync(`${host.dev}/disk/by-id`, { recursive: true });
  writeFileSync(`${host.dev}/nvme0n1`, '');
  symlinkSync('../../nvme0n1', `${host.dev}/disk/by-id/nvme-of-the-system`);
  const names = async (...devices: readonly string[]): Promise<readonly string[]> => {
    using sampler = createDiskioSampler({ devices }, host, host);
    return (await sampler.sample(0)).map(({ dimensions }) => dimensions[0]![1]);
  };
  assert.deepEqual(await names('nvme0n1'), ['nvme0n1']);
  assert.deepEqual(await names('/dev/dm-0'), ['dm-0']);
  assert.deepEqual(await names('nvme*', 'loop0'), ['nvme0n1', 'nvme0n1p1', 'loop0']);
  assert.deepEqual(await names('/dev/disk/by-id/nvme-of-the-system'), ['nvme0n1']);
  assert.deepEqual(await names('disk/by-id/nvme-of-the-system'), ['nvme0n1']);
  assert.deepEqual(await names('/dev/disk/by-id/nvme-Amazon*'), ['nvme0n1']);
  assert.deepEqual(await names('mapper/vg0-*'), ['dm-0']);
  assert.deepEqual(await names('*'), ['nvme0n1', 'nvme0n1p1', 'loop0', 'dm-0']);
  assert.deepEqual(await names('xvda'), []);
});

test('a link that comes after its device is seen within a minute', async (t) => {
  const host = fixtureHost(t, 'small-vm');
  using sampler = createDiskioSampler({ devices: ['disk/by-label/late*'] }, host, host);
  assert.equal((await sampler.sample(0)).length, 0);
  writeFileSync(`${host.run}/udev/data/b259:1`, 'S:disk/by-label/late-one\n');
  assert.equal((await sampler.sample(60_000)).length, 1);
});

test('a container that sees no devices gives nothing; twenty-four disks of a large host are exact', async (t) => {
  using none = createDiskioSampler({ devices: null }, fixtureHost(t, 'container'));
  assert.deepEqual(await none.sample(0), []);
  using metal = createDiskioSampler({ devices: null }, fixtureHost(t, 'metal-96'));
  const readings = await metal.sample(0);
  assert.equal(readings.length, 24);
  assert.equal(readings[23]!.values['read_bytes'], 24 * 8_589_934_592 * 512);
});

test('any text is parsed without an error, and devices that are written are read back', () => {
  fc.assert(fc.property(fc.string(), (text) => { parseDeviceCounts(text); parseDeviceCounts(`8 0 sda ${text}`); }));
  const row = fc.record({ name: fc.stringMatching(/^[a-z][a-z0-9!-]{0,20}$/), counts: fc.array(fc.nat(), { minLength: 11, maxLength: 17 }) });
  fc.assert(fc.property(fc.array(row), (rows) => {
    const read = parseDeviceCounts(rows.map(({ name, counts }, minor) => ` 259 ${String(minor).padStart(7)} ${name} ${counts.join(' ')}\n`).join(''));
    assert.deepEqual(read.map(({ number, name, values: v }) => [number, name, v.reads, v.read_bytes, v.read_time, v.writes, v.write_bytes, v.write_time, v.iops_in_progress, v.io_time]),
      rows.map(({ name, counts: c }, minor) => [`259:${minor}`, name, c[0], c[2]! * 512, c[3], c[4], c[6]! * 512, c[7], c[8], c[9]]));
  }));
});
