import assert from 'node:assert/strict';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { Deltas } from '../../../../src/metrics/deltas.ts';
import { createNetSampler, parseInterfaceCounts } from '../../../../src/metrics/samplers/net.ts';
import { fixtureHost } from '../../../support/kernel-folders.ts';

const FIELDS = ['bytes_recv', 'bytes_sent', 'drop_in', 'drop_out', 'err_in', 'err_out', 'packets_recv', 'packets_sent'];

test('net has bytes in Bytes and packets, errors and drops in Count, each as growth', (t) => {
  using sampler = createNetSampler({ interfaces: null }, fixtureHost(t, 'small-vm'));
  assert.deepEqual(sampler.fields, Object.fromEntries(FIELDS.map((field) => [field, { unit: field.startsWith('bytes_') ? 'Bytes' : 'Count', delta: true }])));
});

test('net gives the growth of each interface that is up and not loopback, by its name', async (t) => {
  const host = fixtureHost(t, 'small-vm');
  using sampler = createNetSampler({ interfaces: null }, host);
  const deltas = new Deltas(sampler.fields);
  assert.deepEqual(deltas.apply(await sampler.sample(0)), []);
  host.pass('net/dev', 'later');
  assert.deepEqual(deltas.apply(await sampler.sample(60_000)), [{
    dimensions: [['interface', 'ens5']],
    values: { bytes_recv: 500_000, packets_recv: 400, err_in: 2, drop_in: 3, bytes_sent: 200_000, packets_sent: 150, err_out: 1, drop_out: 4 },
  }]);
});

test('interfaces that are named are given whatever their state, also loopback; globs find them', async (t) => {
  const host = fixtureHost(t, 'small-vm');
  const names = async (...interfaces: readonly string[]): Promise<readonly string[]> => {
    using sampler = createNetSampler({ interfaces }, host);
    return (await sampler.sample(0)).map(({ dimensions }) => dimensions[0]![1]);
  };
  assert.deepEqual(await names('lo'), ['lo']);
  assert.deepEqual(await names('ens6', 'lo'), ['lo', 'ens6']);
  assert.deepEqual(await names('ens*'), ['ens5', 'ens6']);
  assert.deepEqual(await names('eth0'), []);
});

test('where /sys does not tell the state, every interface but lo is given', async (t) => {
  const host = fixtureHost(t, 'container');
  rmSync(host.sys, { recursive: true, force: true });
  using sampler = createNetSampler({ interfaces: null }, host);
  assert.deepEqual((await sampler.sample(0)).map(({ dimensions }) => dimensions), [[['interface', 'eth0']]]);
});

test('counts without a space behind the colon, of bonds and of VLANs are read exactly', async (t) => {
  const host = fixtureHost(t, 'metal-96');
  using sampler = createNetSampler({ interfaces: null }, host);
  const readings = await sampler.sample(0);
  assert.deepEqual(readings.map(({ dimensions }) => dimensions[0]![1]), ['bond0', 'eth0.100']);
  assert.deepEqual(readings[0]!.values, { bytes_recv: 18_446_744_073_709, packets_recv: 987_654_321, err_in: 12, drop_in: 34, bytes_sent: 9_007_199_254_740, packets_sent: 123_456_789, err_out: 56, drop_out: 78 });
});

test('a file that cannot be read is an error that names it; it is opened again when what was open is gone', async (t) => {
  const host = fixtureHost(t, 'small-vm');
  using sampler = createNetSampler({ interfaces: ['lo'] }, host);
  assert.equal((await sampler.sample(0)).length, 1);
  const text = readFileSync(`${host.proc}/net/dev`, 'utf8');
  using missing = createNetSampler({ interfaces: null }, { ...host, proc: `${host.proc}/net` });
  await assert.rejects(missing.sample(0), /net\/net\/dev cannot be read \(ENOENT\)/);
  writeFileSync(`${host.proc}/net/dev`, text.replace(/.*lo:.*\n/, ''));
  assert.equal((await sampler.sample(0)).length, 0);
});

test('any text is parsed without an error, and interfaces that are written are read back', () => {
  fc.assert(fc.property(fc.string(), (text) => { parseInterfaceCounts(text); parseInterfaceCounts(`eth0: ${text}`); }));
  const row = fc.record({ name: fc.stringMatching(/^[a-z0-9.@-]{1,15}$/), counts: fc.array(fc.maxSafeNat(), { minLength: 16, maxLength: 16 }) });
  fc.assert(fc.property(fc.array(row), (rows) => {
    const read = parseInterfaceCounts(`Inter-| Receive\n face |bytes\n${rows.map(({ name, counts }) => `${name.padStart(6)}:${counts.join(' ')}\n`).join('')}`);
    assert.deepEqual(read.map(({ name, values }) => [name, values.bytes_recv, values.packets_recv, values.err_in, values.drop_in, values.bytes_sent, values.packets_sent, values.err_out, values.drop_out]), rows.map(({ name, counts }) => [name, ...counts.slice(0, 4), ...counts.slice(8, 12)]));
  }));
});
