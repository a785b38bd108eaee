import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { MEASUREMENTS } from '../../../../src/config/metric-names.ts';
import { PROCESS_FIELDS } from '../../../../src/metrics/samplers/process-fields.ts';
import { ProcessTable } from '../../../../src/metrics/samplers/process-table.ts';
import { createProcstatSampler } from '../../../../src/metrics/samplers/procstat.ts';
import { failure, replaceInFs } from '../../../support/fs-faults.ts';
import { dimension, EACH_MINUTE, FIXED_HOST, measurementsOf, SaidBySampler } from '../../../support/sampling.ts';
import type { ProcessSelector } from '../../../../src/metrics-plan.ts';
import type { KernelFolders, Reading, Sampler } from '../../../../src/metrics/sampler.ts';

const JAVA_PID = join(FIXED_HOST.proc, 'run/java.pid');
const ALL = MEASUREMENTS['procstat']!;

interface Section { readonly sampler: Sampler; readonly report: SaidBySampler }

function section(select: ProcessSelector, fields: readonly string[], folders: KernelFolders = FIXED_HOST): Section {
  const report = new SaidBySampler();
  const pattern = select.by === 'pid_file' ? null : new RegExp(select.pattern.js, select.pattern.flags);
  const sampler = createProcstatSampler(
    { ...EACH_MINUTE, pointer: '/procstat/0', kind: 'procstat', select, measurements: measurementsOf('procstat', ...fields) },
    { table: new ProcessTable(folders), matches: (text) => { assert.ok(pattern !== null, 'no pattern is asked for a pid file'); return pattern.test(text); }, report },
  );
  return { sampler, report };
}

const by = (kind: 'exe' | 'pattern', text: string): ProcessSelector => ({ by: kind, text, pattern: { source: text, js: text, flags: '' } });
const pidFile = (text: string): ProcessSelector => ({ by: 'pid_file', text });
const names = (readings: readonly Reading[]): readonly (string | undefined)[] => readings.map(({ dimensions }) => dimension(dimensions, 'process_name'));

/** A copy of the fixed host that a test may change. */
function ownHost(): KernelFolders {
  const proc = mkdtempSync(join(tmpdir(), 'procstat-'));
  cpSync(FIXED_HOST.proc, proc, { recursive: true, verbatimSymlinks: true });
  return { proc, sys: '/sys' };
}

describe('procstat', () => {
  it('has a field for each name that the CloudWatch agent accepts, with its unit', () => {
    assert.deepEqual(Object.keys(PROCESS_FIELDS).toSorted(), ALL.toSorted());
    const units = Object.fromEntries(Object.entries(PROCESS_FIELDS).map(([field, { unit }]) => [field, unit]));
    const bytes = ['data', 'locked', 'rss', 'stack', 'swap', 'vms'].map((name) => `memory_${name}`).concat('read_bytes', 'write_bytes', ['data', 'locked', 'rss', 'stack', 'vms'].flatMap((name) => [`rlimit_memory_${name}_hard`, `rlimit_memory_${name}_soft`]));
    for (const field of ALL) assert.equal(units[field], field === 'cpu_usage' ? 'Percent' : bytes.includes(field) ? 'Bytes' : 'None', field);
    assert.ok(Object.values(PROCESS_FIELDS).every(({ delta }) => delta === undefined), 'counters are raw, as there');
  });

  it('gives every field of a process with the dimensions of its selector and its name', async () => {
    const { sampler, report } = section(pidFile(JAVA_PID), ALL.filter((field) => field !== 'num_fds'));
    const [process, count] = await sampler.sample(0) as [Reading, Reading];
    assert.deepEqual(process.dimensions, [['pidfile', JAVA_PID], ['process_name', 'java']]);
    assert.deepEqual(process.values, {
      pid: 100, num_threads: 41, nice_priority: 15, realtime_priority: 0,
      cpu_time: 1_300, cpu_time_user: 1_234.56, cpu_time_system: 65.44, cpu_time_iowait: 2.5, cpu_time_guest: 12,
      cpu_time_guest_nice: 0, cpu_time_idle: 0, cpu_time_irq: 0, cpu_time_nice: 0, cpu_time_soft_irq: 0, cpu_time_steal: 0, cpu_time_stolen: 0,
      memory_rss: 819_200_000, memory_vms: 4_096_000_000, memory_data: 716_800_000, memory_stack: 135_168, memory_locked: 12_288, memory_swap: 4_194_304,
      voluntary_context_switches: 150, involuntary_context_switches: 75, signals_pending: 3,
      read_count: 16, write_count: 3, read_bytes: 40_960, write_bytes: 8_192,
      rlimit_cpu_time_soft: 60, rlimit_cpu_time_hard: 2 ** 64, rlimit_memory_data_soft: 1_001, rlimit_memory_data_hard: 2_001, rlimit_memory_stack_soft: 8_388_608, rlimit_memory_stack_hard: 2 ** 64,
      rlimit_memory_rss_soft: 1_002, rlimit_memory_rss_hard: 2_002, rlimit_num_fds_soft: 1_024, rlimit_num_fds_hard: 20_000, rlimit_memory_locked_soft: 1_003, rlimit_memory_locked_hard: 2_003,
      rlimit_memory_vms_soft: 1_004, rlimit_memory_vms_hard: 2_004, rlimit_file_locks_soft: 1_005, rlimit_file_locks_hard: 2_005, rlimit_signals_pending_soft: 1_006, rlimit_signals_pending_hard: 2_006,
      rlimit_nice_priority_soft: 1_007, rlimit_nice_priority_hard: 2_007, rlimit_realtime_priority_soft: 1_008, rlimit_realtime_priority_hard: 2_008,
    });
    assert.deepEqual(count, { dimensions: [['pid_finder', 'native'], ['pidfile', JAVA_PID]], values: { pid_count: 1 } });
    assert.deepEqual(report.said, []);
  });

  it('an exe is searched anywhere in the path of the program, also of one that an update has replaced', async () => {
    const { sampler } = section(by('exe', '/(java|nginx)$'), ['pid_count', 'pid']);
    const readings = await sampler.sample(0);
    assert.deepEqual(names(readings), ['java', 'nginx', undefined]);
    assert.deepEqual(readings[0]!.dimensions, [['exe', '/(java|nginx)$'], ['process_name', 'java']]);
    assert.deepEqual(readings[2], { dimensions: [['exe', '/(java|nginx)$'], ['pid_finder', 'native']], values: { pid_count: 2 } });
  });

  it('where processes of others do not show their program, no pid_count of 0 says that none runs; one that was found and ends is 0', async (t) => {
    let shown: readonly string[] = [];
    replaceInFs(t, 'readlinkSync', (real) => (path: string) => {
      if (path.startsWith(FIXED_HOST.proc) && !shown.some((pid) => path.endsWith(`/${pid}/exe`))) throw failure('EACCES');
      return real(path);
    });
    const { sampler, report } = section(by('exe', '/(java|nginx)$'), ['pid_count']);
    const counts = async (): Promise<readonly unknown[]> => (await sampler.sample(0)).map(({ values }) => values['pid_count']);
    assert.deepEqual(await counts(), []);
    assert.match(report.said.join('\n'), /do not show their program to the agent \(EACCES\), so they are not found: let it/);
    shown = ['100'];
    assert.deepEqual(await counts(), [1]);
    shown = [];
    assert.deepEqual(await counts(), [0]);
  });

  it('a pattern is searched in the whole command line, its words parted by blanks', async () => {
    const { sampler } = section(by('pattern', '-jar /srv/shop|worker process$'), ['pid']);
    const readings = await sampler.sample(0);
    assert.deepEqual(names(readings), ['java', 'nginx']);
    assert.deepEqual(readings[0]!.dimensions, [['pattern', '-jar /srv/shop|worker process$'], ['process_name', 'java']]);
  });

  it('a name that the kernel has cut to 15 characters is the whole name of the program', async () => {
    const [reading] = await section(by('exe', '15-bytes'), ['realtime_priority']).sampler.sample(0);
    assert.equal(dimension(reading!.dimensions, 'process_name'), 'a-name-of-15-bytes-and-more');
    assert.equal(reading!.values['realtime_priority'], 50);
  });

  it('a pid file that is missing, ended or wrong gives pid_count 0 with the dimension pidfile, and is said once', async () => {
    for (const [file, why] of [['missing.pid', /cannot be read \(ENOENT\): its process does not run, or writes its id elsewhere/], ['wrong.pid', /does not hold the id of a process/], ['ended.pid', null]] as const) {
      const path = join(FIXED_HOST.proc, 'run', file);
      const { sampler, report } = section(pidFile(path), ['pid_count', 'pid']);
      for (const now of [0, 1]) assert.deepEqual(await sampler.sample(now), [{ dimensions: [['pid_finder', 'native'], ['pidfile', path]], values: { pid_count: 0 } }]);
      assert.equal(report.said.length, why === null ? 0 : 1);
      if (why !== null) assert.match(report.said[0]!, why);
    }
  });

  it('a pid file that comes back is said too', async () => {
    const host = ownHost();
    const path = join(host.proc, 'run/java.pid');
    rmSync(path);
    const { sampler, report } = section(pidFile(path), ['pid_count'], host);
    await sampler.sample(0);
    writeFileSync(path, '100\n');
    assert.deepEqual((await sampler.sample(60_000)).at(-1)!.values, { pid_count: 1 });
    assert.match(report.said[1]!, /^\+ \/procstat\/0: the search for processes works again/);
  });

  it('cpu_usage is the share of one core since the sample before, absent in the first and when another process has the id', async () => {
    const host = ownHost();
    const stat = join(host.proc, '100/stat');
    const { sampler } = section(by('exe', 'java'), ['cpu_usage'], host);
    const usage = async (now: number): Promise<number | undefined> => (await sampler.sample(now))[0]!.values['cpu_usage'];
    assert.equal(await usage(1_000), undefined);
    const text = readFileSync(stat, 'utf8');
    writeFileSync(stat, text.replace(' 123456 6544 ', ' 124456 7544 '));
    assert.equal(await usage(11_000), 200);
    assert.equal(await usage(12_000), 0);
    writeFileSync(stat, text.replace(' 123456 6544 ', ' 999999 7544 ').replace(' 5000 ', ' 5001 '));
    assert.equal(await usage(22_000), undefined);
  });

  it('only the files are read that hold a field that is asked for', async () => {
    const host = ownHost();
    for (const file of ['status', 'io', 'limits', 'smaps_rollup']) rmSync(join(host.proc, '100', file));
    const { sampler } = section(by('exe', 'java'), ['num_threads'], host);
    assert.deepEqual(names(await sampler.sample(0)), ['java']);
    const other = section(by('exe', 'java'), ['read_bytes'], host);
    assert.deepEqual(names(await other.sampler.sample(0)), [], 'a process whose file is gone has ended');
  });

  it('memory_swap without smaps_rollup is what the status says', async () => {
    const host = ownHost();
    rmSync(join(host.proc, '100/smaps_rollup'));
    const [reading] = await section(by('exe', 'java'), ['memory_swap'], host).sampler.sample(0);
    assert.equal(reading!.values['memory_swap'], 2_097_152);
  });

  it('memory_swap of a host that has nothing in swap is 0, and the pages of the process are not walked for it', async () => {
    const host = ownHost();
    const swap = async (free: number): Promise<number> => {
      writeFileSync(join(host.proc, 'meminfo'), `MemTotal:        8000000 kB\nSwapTotal:       2000000 kB\nSwapFree:        ${free} kB\n`);
      return (await section(by('exe', 'java'), ['memory_swap'], host).sampler.sample(0))[0]!.values['memory_swap']!;
    };
    assert.equal(await swap(2_000_000), 0);
    assert.equal(await swap(1_999_996), 4_194_304);
  });

  it('sections that are sampled together read each command line once', async () => {
    const table = new ProcessTable(ownHost());
    const first = await table.list(1_000);
    assert.equal(await table.list(1_400), first);
    assert.equal(first.commandLine(100), first.commandLine(100));
    assert.notEqual(await table.list(1_600), first);
  });
});
