import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { MEASUREMENTS } from '../../src/config/metric-names.ts';
import { createEthtoolSampler } from '../../src/metrics/samplers/ethtool.ts';
import { HostProgram } from '../../src/metrics/samplers/host-program.ts';
import { createNvidiaGpuSampler } from '../../src/metrics/samplers/nvidia-gpu.ts';
import { createSystemdUnitsSampler } from '../../src/metrics/samplers/systemd-units.ts';
import { EACH_MINUTE, measurementsOf, SaidBySampler, unitsOf } from '../support/sampling.ts';
import { until } from '../support/state.ts';
import type { SamplerPlan } from '../../src/metrics-plan.ts';

const fixture = (name: string): string => join(import.meta.dirname, '../fixtures/programs', name);
const newFolder = (): string => mkdtempSync(join(tmpdir(), 'programs-'));

/** A program of the host that does what a line of shell does. */
function standIn(script: string, mode = 0o755): string {
  const path = join(newFolder(), 'program');
  writeFileSync(path, `#!/bin/sh\n${script}\n`);
  chmodSync(path, mode);
  return path;
}

/** A /sys with interfaces; those with a driver have a device. */
function sysWith(interfaces: Readonly<Record<string, string | null>>): string {
  const sys = newFolder();
  for (const [name, driver] of Object.entries(interfaces)) {
    mkdirSync(join(sys, 'class/net', name, 'device'), { recursive: true });
    writeFileSync(join(sys, 'class/net', name, 'ifindex'), '7\n');
    if (driver !== null) symlinkSync(`../../../bus/drivers/${driver}`, join(sys, 'class/net', name, 'device/driver'));
  }
  return sys;
}

type EthtoolPlan = Extract<SamplerPlan, { readonly kind: 'ethtool' }>;
const ethtoolPlan = (keys: Partial<EthtoolPlan>): EthtoolPlan => ({ ...EACH_MINUTE, pointer: '/ethtool', kind: 'ethtool', measurements: [], include: ['*'], exclude: [], statistics: null, dropOriginal: [], ...keys });

describe('ethtool', () => {
  const program = standIn(`case "$1 $2" in
    "-S eth0"|"-S eth1") printf 'NIC statistics:\\n     rx_drops: 5\\n     queue_0_tx_cnt: 18446744073709551615\\n     [0]: rx: 7\\n';;
    "-S docker0") echo 'no stats available' >&2; exit 94;;
    "-S veth1") printf 'NIC statistics:\\n     peer_ifindex: 8\\n';;
    "-i veth1") echo 'driver: veth'; echo "$*" >> "$0.asked";;
    *) echo "netlink error: $*" >&2; exit 75;; esac`);

  it('gives all statistics of the driver with the dimensions driver and interface, but of loopback and of what is excluded', async () => {
    const sys = sysWith({ lo: null, eth0: 'ena', eth1: 'ena', docker0: null });
    const report = new SaidBySampler();
    const sampler = createEthtoolSampler(ethtoolPlan({ exclude: ['*1'] }), { proc: '/proc', sys }, { program, report });
    assert.deepEqual(await sampler.sample(0), [{ dimensions: [['driver', 'ena'], ['interface', 'eth0']], values: Object.assign(Object.create(null), { rx_drops: 5, queue_0_tx_cnt: 2 ** 64, '[0]: rx': 7 }) }]);
    assert.deepEqual(sampler.fields, {});
    assert.deepEqual(report.said, []);
  });

  it('gives only the statistics that are asked for', async () => {
    const sampler = createEthtoolSampler(ethtoolPlan({ include: ['eth[0-1]'], statistics: ['rx_drops', 'of another driver'] }), { proc: '/proc', sys: sysWith({ eth0: 'ena', eth1: 'ena', wlan0: 'x' }) }, { program, report: new SaidBySampler() });
    assert.deepEqual((await sampler.sample(0)).map(({ dimensions, values }) => [dimensions[1]![1], { ...values }]), [['eth0', { rx_drops: 5 }], ['eth1', { rx_drops: 5 }]]);
  });

  it('asks once for the driver of an interface without a device', async () => {
    const sampler = createEthtoolSampler(ethtoolPlan({}), { proc: '/proc', sys: sysWith({ veth1: null }) }, { program, report: new SaidBySampler() });
    for (const now of [0, 1]) assert.deepEqual((await sampler.sample(now))[0]!.dimensions, [['driver', 'veth'], ['interface', 'veth1']]);
    assert.equal(readFileSync(`${program}.asked`, 'utf8'), '-i veth1\n');
  });

  it('an interface that cannot be asked keeps no other from being read, and is said once', async () => {
    const report = new SaidBySampler();
    const sampler = createEthtoolSampler(ethtoolPlan({}), { proc: '/proc', sys: sysWith({ bad0: 'x', eth0: 'ena' }) }, { program, report });
    for (const now of [0, 1]) assert.equal((await sampler.sample(now)).length, 1);
    assert.deepEqual(report.said, [`- the statistics of the interface bad0 cannot be read: ${program} -S bad0 ended with 75: netlink error: -S bad0`]);
  });

  it('a host without the program is an error that says what to install', async () => {
    const sampler = createEthtoolSampler(ethtoolPlan({}), { proc: '/proc', sys: sysWith({ eth0: 'ena' }) }, { program: '/nonexistent/ethtool', report: new SaidBySampler() });
    await assert.rejects(sampler.sample(0), { message: '/nonexistent/ethtool cannot be run (ENOENT): install the package ethtool, or take the section ethtool out of the config' });
  });
});

describe('nvidia_gpu', () => {
  it('gives every field of each GPU without a unit, with the dimensions index, name and arch', async () => {
    const sampler = createNvidiaGpuSampler({ program: standIn(`[ "$*" = "-q -x" ] && cat ${fixture('nvidia-smi.xml')}`) });
    assert.deepEqual(unitsOf(sampler), Object.fromEntries(MEASUREMENTS['nvidia_gpu']!.map((field) => [field, 'None'])));
    assert.deepEqual(await sampler.sample(0), [
      {
        dimensions: [['arch', 'Ampere'], ['index', '0'], ['name', 'NVIDIA A10G & more']],
        values: {
          utilization_gpu: 37, utilization_memory: 11, temperature_gpu: 44, power_draw: 123.45, fan_speed: 30, memory_total: 23_028, memory_used: 1_024, memory_free: 22_004,
          pcie_link_gen_current: 4, pcie_link_width_current: 16, encoder_stats_session_count: 2, encoder_stats_average_fps: 60, encoder_stats_average_latency: 1_500,
          clocks_current_graphics: 1_710, clocks_current_sm: 1_711, clocks_current_memory: 6_251, clocks_current_video: 1_500,
        },
      },
      { dimensions: [['arch', 'Turing'], ['index', '1'], ['name', 'Tesla T4']], values: { utilization_gpu: 0, memory_total: 15_360 } },
    ]);
  });

  it('an answer that is no answer is an error', async () => {
    await assert.rejects(createNvidiaGpuSampler({ program: standIn('echo hello') }).sample(0), /has not printed what it should: no element nvidia_smi_log/);
    await assert.rejects(createNvidiaGpuSampler({ program: standIn('echo "No devices were found"; echo "Driver mismatch" >&2; exit 6') }).sample(0), /-q -x ended with 6: Driver mismatch\. .*Next step: install -D .*\/gpu\.conf /);
  });
});

describe('systemd_units', () => {
  const asked = (units: readonly string[], program: string, report = new SaidBySampler()): ReturnType<typeof createSystemdUnitsSampler> =>
    createSystemdUnitsSampler({ ...EACH_MINUTE, pointer: '/systemd_units', kind: 'systemd_units', measurements: measurementsOf('systemd_units', 'active'), units }, { program, report });

  it('gives active, failed and restarts with the dimension unit, of what the globs match', async () => {
    const program = standIn(`[ "$*" = "show --all --no-pager --property=Id,LoadState,ActiveState,SubState,NRestarts -- ssh* a.timer" ] || exit 1
      printf 'NRestarts=3\\nId=ssh.service\\nLoadState=loaded\\nActiveState=active\\nSubState=running\\n\\nId=a.timer\\nLoadState=loaded\\nActiveState=failed\\nSubState=failed\\n'`);
    const sampler = asked(['ssh*', 'a.timer'], program);
    assert.deepEqual(sampler.fields, { active: { unit: 'Count' }, failed: { unit: 'Count' }, restarts: { unit: 'Count', delta: true } });
    assert.deepEqual(await sampler.sample(0), [{ dimensions: [['unit', 'ssh.service']], values: { active: 1, failed: 0, restarts: 3 } }, { dimensions: [['unit', 'a.timer']], values: { active: 0, failed: 1 } }]);
  });

  it('a unit that systemd does not know is 0 and said', async () => {
    const report = new SaidBySampler();
    const sampler = asked(['nginy.service'], standIn("printf 'Id=nginy.service\\nLoadState=not-found\\nActiveState=inactive\\nSubState=dead\\n'"), report);
    for (const now of [0, 1]) assert.deepEqual((await sampler.sample(now))[0]!.values, { active: 0, failed: 0 });
    assert.deepEqual(report.said, ['- /systemd_units: systemd knows no unit nginy.service: its metrics are 0; look at the name with: systemctl list-unit-files']);
  });
});

describe('a program of the host', () => {
  const run = (path: string, patienceMs = 5_000): Promise<string> => new HostProgram({ paths: [path], patienceMs, remedy: 'install it' }).run(['a b', '$HOME;true']);

  it('gets its arguments without a shell, and nothing of the environment of the agent', async () => {
    process.env['SECRET_OF_THE_AGENT'] = 'x';
    assert.equal(await run(standIn('printf "%s|" "$@"; echo "${SECRET_OF_THE_AGENT-none} $PATH $LC_ALL $PWD"')), 'a b|$HOME;true|none /usr/sbin:/usr/bin:/sbin:/bin C /\n');
  });

  it('is the first that is there; where none is, the first is named', async () => {
    const at = (...paths: readonly [string, ...string[]]): Promise<string> => new HostProgram({ paths, patienceMs: 5_000, remedy: 'install it' }).run([]);
    assert.equal(await at('/nonexistent/a', standIn('echo second')), 'second\n');
    await assert.rejects(at('/nonexistent/a', '/nonexistent/b'), { message: '/nonexistent/a cannot be run (ENOENT): install it' });
  });

  it('an answer without an end is an error, and its program stopped', async () => {
    await assert.rejects(run(standIn('exec yes')), /program a b \$HOME;true ended with ERR_CHILD_PROCESS_STDIO_MAXBUFFER$/);
  });

  it('is not run when others could have changed it, or what it lies in', async () => {
    const ran = join(newFolder(), 'ran');
    const writable = standIn(`touch ${ran}`);
    chmodSync(writable, 0o777);
    await assert.rejects(run(writable), { message: `${writable} is not run, because others than root could have changed it: ${writable} is writable by its group or by all; make it root's, and writable by root alone (chown root, chmod go-w)` });
    const inside = standIn(`touch ${ran}`);
    chmodSync(join(inside, '..'), 0o777);
    await assert.rejects(run(inside), /is writable by its group or by all/);
    const link = join(newFolder(), 'link');
    symlinkSync(writable, link);
    await assert.rejects(run(link), /is writable by its group or by all/);
    await assert.rejects(run('program'), /its path does not begin with \//);
    await assert.rejects(run(standIn('true', 0o644)), /it is no program/);
    assert.equal(existsSync(ran), false);
  });

  it('is stopped when its time is over, and never runs twice at a time', async () => {
    const program = new HostProgram({ paths: [standIn('exec sleep 60')], patienceMs: 100, remedy: '' });
    const first = program.run(['x']);
    await assert.rejects(program.run(['y']), /program of the sample before has not ended yet/);
    await assert.rejects(first, /program x has not ended within 0.1 s: it was stopped, and is run again with the next sample$/);
    await until('it can run again', () => program.run(['z']).then(() => true, (error: Error) => !error.message.includes('has not ended yet')));
  });

  it('has ended when the agent does', async () => {
    const program = new HostProgram({ paths: [standIn('exec sleep 60')], patienceMs: 60_000, remedy: '' });
    const run = program.run(['x']);
    await until('it has ended', async () => { program[Symbol.dispose](); return Promise.race([run.then(() => true, () => true), new Promise<boolean>((resolve) => { setImmediate(resolve, false); })]); });
    await assert.rejects(run, /ended with SIGKILL$/);
  });
});
