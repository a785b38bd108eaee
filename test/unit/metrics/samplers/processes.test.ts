import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { createProcessesSampler } from '../../../../src/metrics/samplers/processes.ts';
import { FIXED_HOST, soleValues, unitsOf } from '../../../support/sampling.ts';

const NAMES = ['blocked', 'dead', 'idle', 'paging', 'running', 'sleeping', 'stopped', 'total', 'total_threads'];

describe('processes', () => {
  it('counts processes by state and their threads, in Count but for zombies, and without dimensions', async () => {
    const sampler = createProcessesSampler(FIXED_HOST);
    assert.deepEqual(unitsOf(sampler), { ...Object.fromEntries(NAMES.map((name) => [name, 'Count'])), zombies: 'None' });
    assert.deepEqual(soleValues(await sampler.sample(0)), { blocked: 1, dead: 1, idle: 1, paging: 1, running: 1, sleeping: 3, stopped: 2, total: 12, total_threads: 55, zombies: 1 });
  });

  it('wait is no field: the CloudWatch agent accepts it and never publishes it on Linux', () => {
    assert.equal(createProcessesSampler(FIXED_HOST).fields['wait'], undefined);
  });

  it('a process that ends while the others are read is not counted', async () => {
    const proc = mkdtempSync(join(tmpdir(), 'processes-'));
    mkdirSync(join(proc, '7'));
    assert.equal(soleValues(await createProcessesSampler({ proc, sys: '/sys' }).sample(0))['total'], 0);
  });

  it('thousands of processes do not hold up the event loop', async () => {
    const proc = mkdtempSync(join(tmpdir(), 'processes-'));
    for (let pid = 1; pid <= 2_000; pid++) {
      mkdirSync(join(proc, String(pid)));
      writeFileSync(join(proc, String(pid), 'stat'), `${pid} (x) S 1 1 1 0 -1 4194304 98 0 0 0 0 0 0 0 20 0 2 0 100 0 0\n`);
    }
    let turns = 0;
    const count = (): void => { turns += 1; };
    const ticking = setInterval(count, 0);
    const began = performance.now();
    const values = soleValues(await createProcessesSampler({ proc, sys: '/sys' }).sample(0));
    const ms = performance.now() - began;
    clearInterval(ticking);
    assert.equal(values['total_threads'], 4_000);
    assert.ok(turns >= 3, `the loop had ${turns} turns in ${ms.toFixed(0)} ms`);
  });

  it('a host whose processes cannot be listed is an error that names the folder', async () => {
    await assert.rejects(createProcessesSampler({ proc: '/nonexistent/proc', sys: '/sys' }).sample(0), { message: '/nonexistent/proc cannot be read (ENOENT)' });
  });
});
