// The samplers on this machine against another reading of the same moment: before it, after it, and what lies between is right.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { hostname, loadavg, tmpdir, uptime } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { createConntrackSampler } from '../../src/metrics/samplers/conntrack.ts';
import { createFileDescriptorsSampler } from '../../src/metrics/samplers/file-descriptors.ts';
import { createLoadSampler } from '../../src/metrics/samplers/load.ts';
import { createNetstatSampler } from '../../src/metrics/samplers/netstat.ts';
import { countDescriptors } from '../../src/metrics/samplers/process-reading.ts';
import { ProcessTable } from '../../src/metrics/samplers/process-table.ts';
import { createProcessesSampler } from '../../src/metrics/samplers/processes.ts';
import { createProcstatSampler } from '../../src/metrics/samplers/procstat.ts';
import { createPressureSampler } from '../../src/metrics/samplers/pressure.ts';
import { createUptimeSampler } from '../../src/metrics/samplers/uptime.ts';
import { dimension, EACH_MINUTE, measurementsOf, SaidBySampler, soleValues, THIS_HOST } from '../support/sampling.ts';
import type { Reading, Sampler } from '../../src/metrics/sampler.ts';

const run = (program: string, ...args: readonly string[]): string => execFileSync(program, args, { encoding: 'utf8' });
const lines = (text: string): readonly string[] => text.split('\n').filter((line) => line !== '');
const has = (program: string): boolean => ['/usr/bin', '/bin', '/usr/sbin'].some((folder) => existsSync(join(folder, program)));

/** Counts of another program before and after the sample: it lies between them, give or take what comes and goes in between. */
async function between(count: () => number, sample: () => Promise<number>, tolerance: number, what: string): Promise<void> {
  const before = count();
  const got = await sample();
  const after = count();
  assert.ok(got >= Math.min(before, after) - tolerance && got <= Math.max(before, after) + tolerance, `${what}: ${got}, another reading says ${before} and ${after}`);
}

const procstat = (pidFile: string, ...fields: readonly string[]): Sampler => createProcstatSampler(
  { ...EACH_MINUTE, kind: 'procstat', select: { by: 'pid_file', text: pidFile }, measurements: measurementsOf('procstat', ...fields) },
  { table: new ProcessTable(THIS_HOST), matches: () => false, report: new SaidBySampler() },
);

describe('netstat on this machine', { skip: !has('ss') }, () => {
  const sampler = createNetstatSampler({ measurements: measurementsOf('netstat', 'tcp_listen', 'udp_socket') }, THIS_HOST);
  const value = async (field: string): Promise<number> => soleValues(await sampler.sample(0))[field]!;

  it('agrees with ss on the sockets of every state, give or take a tenth and 5 that come and go', async () => {
    const [server, udp] = [createServer().listen(0, '127.0.0.1'), createSocket('udp4')];
    await once(server, 'listening');
    udp.bind(0, '127.0.0.1');
    await once(udp, 'listening');
    const client = connect((server.address() as { port: number }).port, '127.0.0.1');
    await once(client, 'connect');
    const stateCount = (state: string): number => lines(run('ss', '-Htan', 'state', state)).length;
    const ports = (): number => new Set(lines(run('ss', '-Htan', 'state', 'listening')).map((line) => line.trim().split(/\s+/)[2])).size;
    await between(ports, () => value('tcp_listen'), 5 + ports() / 10, 'tcp_listen');
    for (const [field, state] of [['established', 'established'], ['time_wait', 'time-wait'], ['close_wait', 'close-wait'], ['fin_wait1', 'fin-wait-1'], ['fin_wait2', 'fin-wait-2'], ['syn_sent', 'syn-sent'], ['last_ack', 'last-ack']] as const) {
      await between(() => stateCount(state), () => value(`tcp_${field}`), 5 + stateCount(state) / 10, field);
    }
    await between(() => lines(run('ss', '-Huan')).length, () => value('udp_socket'), 5, 'udp_socket');
    assert.ok(await value('tcp_established') >= 2 && await value('tcp_listen') >= 1 && await value('udp_socket') >= 1);
    client.destroy();
    server.close();
    udp.close();
  });
});

describe('processes on this machine', { skip: !has('ps') }, () => {
  it('agrees with ps on processes, threads, and those that sleep or are zombies, give or take a tenth and 5', async () => {
    const states = (): readonly string[] => lines(run('ps', '-eo', 'stat=,nlwp='));
    const sampler = createProcessesSampler(THIS_HOST);
    const sample = async (field: string): Promise<number> => soleValues(await sampler.sample(0))[field]!;
    const tolerance = 5 + states().length / 10;
    // ps counts itself, a running process.
    await between(() => states().length - 1, () => sample('total'), tolerance, 'total');
    await between(() => states().reduce((sum, line) => sum + Number(line.trim().split(/\s+/)[1]), -1), () => sample('total_threads'), 2 * tolerance, 'total_threads');
    for (const [field, letter] of [['sleeping', 'S'], ['zombies', 'Z'], ['idle', 'I'], ['stopped', 'T']] as const) await between(() => states().filter((line) => line.startsWith(letter)).length, () => sample(field), tolerance, field);
  });

  it('a process that was stopped is counted as such', async () => {
    const child = spawn('sleep', ['1000']);
    await once(child, 'spawn');
    const sampler = createProcessesSampler(THIS_HOST);
    const before = soleValues(await sampler.sample(0))['stopped']!;
    child.kill('SIGSTOP');
    const stat = (): string => readFileSync(`/proc/${child.pid}/stat`, 'utf8');
    while (!stat().includes(') T ')) await new Promise((resolve) => { setImmediate(resolve); });
    assert.ok(soleValues(await sampler.sample(0))['stopped']! >= Math.max(1, before));
    child.kill('SIGKILL');
    await once(child, 'exit');
  });
});

describe('procstat on this machine', () => {
  const pidFile = join(mkdtempSync(join(tmpdir(), 'procstat-')), 'own.pid');
  writeFileSync(pidFile, `${process.pid}\n`);

  it('agrees with what the runtime knows of its own process: memory within a fifth, CPU time within 50 ms, files, threads', async () => {
    const held = Array.from({ length: 5 }, () => createSocket('udp4'));
    const sampler = procstat(pidFile, 'memory_rss', 'cpu_time', 'num_fds', 'num_threads', 'pid', 'rlimit_num_fds_soft', 'voluntary_context_switches', 'read_count', 'memory_swap', 'pid_count');
    const before = process.cpuUsage();
    const [own, count] = await sampler.sample(0) as [Reading, Reading];
    const after = process.cpuUsage();
    assert.equal(own.values['pid'], process.pid);
    assert.ok(Math.abs(own.values['memory_rss']! / process.memoryUsage.rss() - 1) < 0.2);
    assert.ok(own.values['cpu_time']! >= (before.user + before.system) / 1e6 - 0.05 && own.values['cpu_time']! <= (after.user + after.system) / 1e6 + 0.05);
    const fds = readdirSync('/proc/self/fd').length;
    assert.ok(Math.abs(own.values['num_fds']! - fds) <= 2, `${own.values['num_fds']} and ${fds}`);
    assert.equal(own.values['num_threads'], readdirSync('/proc/self/task').length);
    assert.equal(own.values['rlimit_num_fds_soft'], Number(/^Max open files +(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))![1]));
    assert.deepEqual(count.values, { pid_count: 1 });
    for (const field of ['voluntary_context_switches', 'read_count', 'memory_swap']) assert.ok(own.values[field]! >= 0, field);
    for (const socket of held) socket.close();
  });

  it('descriptors are counted one by one where the kernel does not say how many there are', async () => {
    // This folder has as many names as fd, and no kernel gives its size.
    const [counted, said] = [await countDescriptors('/proc/self/fdinfo'), readdirSync('/proc/self/fd').length];
    assert.ok(Math.abs(counted - said) <= 2, `${counted} and ${said}`);
  });

  it('cpu_usage of a process that only computes is that of its CPU time', async () => {
    const sampler = procstat(pidFile, 'cpu_usage');
    const [began, used] = [performance.now(), process.cpuUsage()];
    assert.equal((await sampler.sample(began))[0]!.values['cpu_usage'], undefined);
    while (performance.now() - began < 300);
    const now = performance.now();
    const { user, system } = process.cpuUsage(used);
    const usage = (await sampler.sample(now))[0]!.values['cpu_usage']!;
    const expected = (user + system) / 10 / (now - began);
    assert.ok(Math.abs(usage - expected) < 15, `${usage} and ${expected} percent`);
  });

  it('a process is found by its program and by its command line', async () => {
    const child = spawn('sleep', ['1000.5']);
    await once(child, 'spawn');
    for (const [by, text] of [['exe', '/sleep$|/coreutils$|/busybox$'], ['pattern', '^sleep 1000\\.5$']] as const) {
      const sampler = createProcstatSampler(
        { ...EACH_MINUTE, kind: 'procstat', select: { by, text, pattern: { source: text, js: text, flags: '' } }, measurements: measurementsOf('procstat', 'pid') },
        { table: new ProcessTable(THIS_HOST), matches: (of) => new RegExp(text).test(of), report: new SaidBySampler() },
      );
      const found = (await sampler.sample(0)).find(({ values }) => values['pid'] === child.pid);
      assert.equal(found && dimension(found.dimensions, 'process_name'), 'sleep', `${by} on ${hostname()}`);
    }
    child.kill('SIGKILL');
    await once(child, 'exit');
  });
});

describe('the host\'s own numbers on this machine', () => {
  it('load and uptime agree with the runtime, within 0.1 and 1 s', async () => {
    const load = soleValues(await createLoadSampler(THIS_HOST).sample(0));
    for (const [i, field] of ['1min', '5min', '15min'].entries()) assert.ok(Math.abs(load[field]! - loadavg()[i]!) < 0.1, field);
    await between(uptime, async () => soleValues(await createUptimeSampler(THIS_HOST).sample(0))['seconds']!, 1, 'uptime');
  });

  it('open files lie between two readings of the kernel, within 200; pressure never goes down', { skip: !existsSync('/proc/pressure/cpu') }, async () => {
    await between(() => Number(readFileSync('/proc/sys/fs/file-nr', 'utf8').split('\t')[0]), async () => soleValues(await createFileDescriptorsSampler(THIS_HOST).sample(0))['allocated']!, 200, 'file descriptors');
    const sampler = createPressureSampler(THIS_HOST);
    const [first, second] = [soleValues(await sampler.sample(0)), soleValues(await sampler.sample(1))];
    for (const field of Object.keys(first).filter((name) => name.endsWith('_total'))) assert.ok(second[field]! >= first[field]!, field);
  });

  it('conntrack is what the kernel says', { skip: !existsSync('/proc/sys/net/netfilter/nf_conntrack_count') }, async () => {
    const values = soleValues(await createConntrackSampler(THIS_HOST).sample(0));
    assert.equal(values['max'], Number(readFileSync('/proc/sys/net/netfilter/nf_conntrack_max', 'utf8')));
    assert.ok(values['used_percent']! >= 0 && values['used_percent']! <= 100);
  });
});
