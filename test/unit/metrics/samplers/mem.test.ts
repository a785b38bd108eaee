import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { parseMemoryTable } from '../../../../src/metrics/memory-table.ts';
import { createMemSampler } from '../../../../src/metrics/samplers/mem.ts';
import { createSwapSampler } from '../../../../src/metrics/samplers/swap.ts';
import { fixtureHost } from '../../../support/kernel-folders.ts';

const KB = 1024;

test('mem has its nine sizes in Bytes and two shares in Percent, none of them a delta, and no dimensions', async (t) => {
  using sampler = createMemSampler(fixtureHost(t, 'small-vm'));
  const sizes = ['active', 'available', 'buffered', 'cached', 'free', 'inactive', 'shared', 'total', 'used'];
  assert.deepEqual(sampler.fields, Object.fromEntries([...sizes.map((field) => [field, { unit: 'Bytes' }]), ['available_percent', { unit: 'Percent' }], ['used_percent', { unit: 'Percent' }]]));
  assert.deepEqual(await sampler.sample(0), [{
    dimensions: [],
    values: {
      active: 600_000 * KB, available: 1_200_000 * KB, buffered: 50_000 * KB, cached: 900_000 * KB, free: 250_000 * KB, inactive: 700_000 * KB,
      shared: 12_000 * KB, total: 2_000_000 * KB, used: 800_000 * KB, available_percent: 60, used_percent: 40,
    },
  }]);
});

test('mem of a large host is exact; where a container is shown more cached than it has, nothing is used', async (t) => {
  using metal = createMemSampler(fixtureHost(t, 'metal-96'));
  const { values } = (await metal.sample(0))[0]!;
  assert.equal(values['used'], (791_234_560 - 12_345_678 - 2_345_678 - 612_345_678 - 45_678_901) * KB);
  using container = createMemSampler(fixtureHost(t, 'container'));
  const { values: inside } = (await container.sample(0))[0]!;
  assert.deepEqual([inside['used'], inside['used_percent'], inside['cached']], [0, 0, 500_000 * KB]);
});

test('swap has free, total and used in Bytes and used_percent, and no dimensions', async (t) => {
  using sampler = createSwapSampler(fixtureHost(t, 'small-vm'));
  assert.deepEqual(sampler.fields, { free: { unit: 'Bytes' }, total: { unit: 'Bytes' }, used: { unit: 'Bytes' }, used_percent: { unit: 'Percent' } });
  assert.deepEqual(await sampler.sample(0), [{ dimensions: [], values: { free: 786_428 * KB, total: 1_048_572 * KB, used: 262_144 * KB, used_percent: 100 * 262_144 / 1_048_572 } }]);
});

test('without swap 0 percent of it are used', async (t) => {
  using sampler = createSwapSampler(fixtureHost(t, 'metal-96'));
  assert.deepEqual((await sampler.sample(0))[0]!.values, { free: 0, total: 0, used: 0, used_percent: 0 });
});

test('a meminfo that is none is an error that names the file', async (t) => {
  const host = fixtureHost(t, 'small-vm');
  writeFileSync(`${host.proc}/meminfo`, 'nothing\n');
  using mem = createMemSampler(host);
  using swap = createSwapSampler(host);
  await assert.rejects(mem.sample(0), /meminfo has no MemTotal/);
  await assert.rejects(swap.sample(0), /meminfo has no SwapTotal/);
});

test('any text is parsed without an error, and a table that is written is read back in bytes', () => {
  fc.assert(fc.property(fc.string(), (text) => { parseMemoryTable(text); }));
  const name = fc.stringMatching(/^[A-Za-z_()]{1,20}$/);
  fc.assert(fc.property(fc.uniqueArray(fc.tuple(name, fc.nat(), fc.boolean()), { selector: ([key]) => key }), (rows) => {
    const table = parseMemoryTable(rows.map(([key, value, unit]) => `${key}:${String(value).padStart(15)}${unit ? ' kB' : ''}\n`).join(''));
    assert.deepEqual([...table], rows.map(([key, value, unit]) => [key, value * (unit ? KB : 1)]));
  }));
});
