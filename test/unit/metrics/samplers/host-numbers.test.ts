import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import { createConntrackSampler } from '../../../../src/metrics/samplers/conntrack.ts';
import { createFileDescriptorsSampler } from '../../../../src/metrics/samplers/file-descriptors.ts';
import { createLoadSampler } from '../../../../src/metrics/samplers/load.ts';
import { createPressureSampler, parsePressure } from '../../../../src/metrics/samplers/pressure.ts';
import { createUptimeSampler } from '../../../../src/metrics/samplers/uptime.ts';
import { FIXED_HOST, soleValues, unitsOf } from '../../../support/sampling.ts';

const nowhere = { proc: mkdtempSync(join(tmpdir(), 'no-proc-')), sys: '/nonexistent' };

describe('numbers of the whole host', () => {
  it('load: 1min, 5min, 15min, without a unit and dimensions', async () => {
    const sampler = createLoadSampler(FIXED_HOST);
    assert.deepEqual(unitsOf(sampler), { '1min': 'None', '5min': 'None', '15min': 'None' });
    assert.deepEqual(soleValues(await sampler.sample(0)), { '1min': 1.37, '5min': 0.42, '15min': 15.05 });
  });

  it('uptime: seconds', async () => {
    const sampler = createUptimeSampler(FIXED_HOST);
    assert.deepEqual(unitsOf(sampler), { seconds: 'Seconds' });
    assert.deepEqual(soleValues(await sampler.sample(0)), { seconds: 59_483.61 });
  });

  it('pressure: cpu, memory and io, of some and of all tasks, in percent, and microseconds that are published as their growth', async () => {
    const sampler = createPressureSampler(FIXED_HOST);
    const values = soleValues(await sampler.sample(0));
    assert.deepEqual(values, {
      cpu_some_avg10: 1.1, cpu_some_avg60: 2.2, cpu_some_total: 100, cpu_full_avg10: 4.4, cpu_full_avg60: 5.5, cpu_full_total: 200,
      memory_some_avg10: 1.11, memory_some_avg60: 2.21, memory_some_total: 101, memory_full_avg10: 4.41, memory_full_avg60: 5.51, memory_full_total: 201,
      io_some_avg10: 1.12, io_some_avg60: 2.22, io_some_total: 102, io_full_avg10: 4.42, io_full_avg60: 5.52, io_full_total: 202,
    });
    assert.deepEqual(Object.keys(sampler.fields).toSorted(), Object.keys(values).toSorted());
    for (const [field, kind] of Object.entries(sampler.fields)) assert.deepEqual(kind, field.endsWith('_total') ? { unit: 'Microseconds', delta: true } : { unit: 'Percent' });
  });

  it('conntrack: count, max, used_percent', async () => {
    const sampler = createConntrackSampler(FIXED_HOST);
    assert.deepEqual(unitsOf(sampler), { count: 'Count', max: 'Count', used_percent: 'Percent' });
    assert.deepEqual(soleValues(await sampler.sample(0)), { count: 65_536, max: 262_144, used_percent: 25 });
  });

  it('file_descriptors: allocated without those that are free, max, used_percent', async () => {
    const sampler = createFileDescriptorsSampler(FIXED_HOST);
    assert.deepEqual(unitsOf(sampler), { allocated: 'Count', max: 'Count', used_percent: 'Percent' });
    assert.deepEqual(soleValues(await sampler.sample(0)), { allocated: 1_024, max: 4_096, used_percent: 25 });
  });

  it('what a kernel does not have is an error that names the file and why', async () => {
    await assert.rejects(createLoadSampler(nowhere).sample(0), { message: `${nowhere.proc}/loadavg cannot be read (ENOENT)` });
    await assert.rejects(createPressureSampler(nowhere).sample(0), /pressure cannot be read: the kernel keeps no pressure stall information/);
    await assert.rejects(createConntrackSampler(nowhere).sample(0), /nf_conntrack_count cannot be read \(ENOENT\): this kernel tracks no connections \(module nf_conntrack\)/);
  });

  it('a file that does not hold what it should is an error that names it', async () => {
    const proc = mkdtempSync(join(tmpdir(), 'odd-proc-'));
    for (const [file, text] of [['loadavg', 'x'], ['uptime', '-'], ['sys/fs/file-nr', '1 2'], ['sys/net/netfilter/nf_conntrack_count', 'many']] as const) {
      mkdirSync(dirname(join(proc, file)), { recursive: true });
      writeFileSync(join(proc, file), text);
    }
    const odd = { proc, sys: '/nonexistent' };
    await assert.rejects(createLoadSampler(odd).sample(0), { message: `${proc}/loadavg does not begin with three load averages` });
    await assert.rejects(createUptimeSampler(odd).sample(0), { message: `${proc}/uptime does not begin with seconds` });
    await assert.rejects(createFileDescriptorsSampler(odd).sample(0), { message: `${proc}/sys/fs/file-nr does not hold three numbers` });
    await assert.rejects(createConntrackSampler(odd).sample(0), { message: `${proc}/sys/net/netfilter/nf_conntrack_count holds no number` });
  });

  it('pressure that was written is read back, and any text is read without an error', () => {
    const stall = fc.record({ kind: fc.constantFrom('some', 'full'), avg10: fc.integer({ min: 0, max: 10_000 }), avg60: fc.integer({ min: 0, max: 10_000 }), total: fc.maxSafeNat() });
    fc.assert(fc.property(fc.array(stall, { maxLength: 2 }), (stalls) => {
      const text = stalls.map(({ kind, avg10, avg60, total }) => `${kind} avg10=${(avg10 / 100).toFixed(2)} avg60=${(avg60 / 100).toFixed(2)} avg300=0.00 total=${total}\n`).join('');
      assert.deepEqual(parsePressure(text), stalls.map(({ kind, avg10, avg60, total }) => ({ kind, avg10: avg10 / 100, avg60: avg60 / 100, total })));
    }));
    fc.assert(fc.property(fc.string(), (text) => { parsePressure(text); }));
  });
});
