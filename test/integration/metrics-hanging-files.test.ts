import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { PatientReads } from '../../src/metrics/samplers/patient-reads.ts';
import { ProcessTable } from '../../src/metrics/samplers/process-table.ts';
import { createProcstatSampler } from '../../src/metrics/samplers/procstat.ts';
import { EACH_MINUTE, FIXED_HOST, measurementsOf, SaidBySampler } from '../support/sampling.ts';
import { until } from '../support/state.ts';

const newFolder = (): string => mkdtempSync(join(tmpdir(), 'hanging-'));

/** A file that answers nobody before it is written to: a pipe with a name. */
function hangingFile(path: string): { answer(text: string): Promise<void> } {
  rmSync(path, { force: true });
  execFileSync('mkfifo', [path]);
  return { answer: async (text) => { await using file = await open(path, 'w'); await file.write(text); } };
}

describe('files that may never answer', () => {
  it('are read as far as they go, up to the bound; one that is not there is an error', async () => {
    const path = join(newFolder(), 'file');
    const reads = new PatientReads();
    for (const length of [0, 1, 4_095, 4_096, 4_097, 20_000]) {
      writeFileSync(path, 'x'.repeat(length));
      assert.deepEqual(await reads.read(path, 10_000), { text: 'x'.repeat(Math.min(length, 10_000)) }, String(length));
    }
    const missing = await reads.read(join(path, 'none'), 10);
    assert.ok(missing !== 'hangs' && 'error' in missing && missing.error.code === 'ENOTDIR');
  });

  it('one that hangs is waited for a while, keeps at most one thread, and is read again when it has answered', async () => {
    const folder = newFolder();
    const [slow, other] = [join(folder, 'slow'), join(folder, 'other')];
    const file = hangingFile(slow);
    writeFileSync(other, 'quick');
    const reads = new PatientReads(20);
    const answers = await Promise.all([reads.read(slow, 100), reads.read(slow, 100), reads.read(other, 100)]);
    assert.deepEqual(answers, ['hangs', 'hangs', 'hangs']);
    assert.equal(reads.hanging, slow);
    await file.answer('at last');
    await until('it has answered', () => reads.hanging === null);
    assert.deepEqual(await reads.read(other, 100), { text: 'quick' });
  });

  it('a process that stood still itself, with its machine or under a debugger, takes no file for hanging', async () => {
    const path = join(newFolder(), 'file');
    writeFileSync(path, 'there');
    const reads = new PatientReads(100);
    const answer = reads.read(path, 100);
    for (const until = performance.now() + 300; performance.now() < until;);
    assert.deepEqual(await answer, { text: 'there' });
    assert.equal(reads.hanging, null);
  });

  it('a process whose command line hangs keeps no section from its sample; while it is not known how many there are, pid_count is missing, and that is said', async () => {
    const proc = newFolder();
    cpSync(FIXED_HOST.proc, proc, { recursive: true, verbatimSymlinks: true });
    const path = join(proc, '111/cmdline');
    const file = hangingFile(path);
    const table = new ProcessTable({ proc, sys: '/sys' }, new PatientReads(20));
    const report = new SaidBySampler();
    const sampler = createProcstatSampler(
      { ...EACH_MINUTE, pointer: '/procstat/0', kind: 'procstat', select: { by: 'pattern', text: 'nginx', pattern: { source: 'nginx', js: 'nginx', flags: '' } }, measurements: measurementsOf('procstat', 'pid', 'pid_count') },
      { table, matches: (text) => text.includes('nginx'), report },
    );
    assert.deepEqual(await sampler.sample(0), []);
    await file.answer('');
    await until('it has answered', () => table.reads.hanging === null);
    rmSync(path);
    writeFileSync(path, 'nginx: worker process');
    assert.deepEqual((await sampler.sample(60_000)).at(-1)!.values, { pid_count: 1 });
    assert.deepEqual(report.said, [
      `- /procstat/0: the kernel does not answer for ${path}, so not all processes could be looked at: it waits for a device or mount that is dead (ps hangs too)`,
      '+ /procstat/0: the search for processes works again',
    ]);
  });
});
