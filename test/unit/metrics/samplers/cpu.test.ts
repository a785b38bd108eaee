import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { createCpuSampler, parseCpuTicks } from '../../../../src/metrics/samplers/cpu.ts';
import { fixtureHost } from '../../../support/kernel-folders.ts';

const PARTS = ['active', 'guest', 'guest_nice', 'idle', 'iowait', 'irq', 'nice', 'softirq', 'steal', 'system', 'user'];

test('cpu has usage of eleven kinds in Percent and times of the same kinds without a unit, and none is a delta', (t) => {
  using sampler = createCpuSampler({ total: true, cores: true }, fixtureHost(t, 'small-vm'));
  assert.deepEqual(sampler.fields, Object.fromEntries([...PARTS.map((part) => [`usage_${part}`, { unit: 'Percent' }]), ...PARTS.map((part) => [`time_${part}`, { unit: 'None' }])]));
});

test('cpu times are seconds since the boot, with the guests inside user and nice; the first sample has no usage', async (t) => {
  using sampler = createCpuSampler({ total: true, cores: true }, fixtureHost(t, 'small-vm'));
  const readings = await sampler.sample(0);
  assert.deepEqual(readings.map(({ dimensions }) => dimensions), [[['cpu', 'cpu-total']], [['cpu', 'cpu0']], [['cpu', 'cpu1']]]);
  assert.deepEqual(readings[1]!.values, {
    time_active: 334, time_user: 200.5, time_nice: 6, time_system: 101, time_idle: 4502, time_iowait: 15, time_irq: 0, time_softirq: 5, time_steal: 6.5, time_guest: 4, time_guest_nice: 2,
  });
});

test('cpu usage is the share of the time since the sample before: guests are taken out of user and nice, active is all but idle', async (t) => {
  const host = fixtureHost(t, 'small-vm');
  using sampler = createCpuSampler({ total: true, cores: true }, host);
  await sampler.sample(0);
  host.pass('stat', '10s-later');
  const usages = new Map((await sampler.sample(10_000)).map(({ dimensions, values }) => [dimensions[0]![1], Object.fromEntries(Object.entries(values).filter(([field]) => field.startsWith('usage_')).map(([field, value]) => [field, Math.round(value * 1e6) / 1e6]))]));
  // cpu0 in 920 ticks: user 500 (guest 200), nice 100 (guest_nice 60), system 130, idle 130, iowait 20, softirq 15, steal 25.
  const of = (ticks: number): number => Math.round(1e8 * ticks / 920) / 1e6;
  assert.deepEqual(usages.get('cpu0'), {
    usage_active: of(790), usage_guest: of(200), usage_guest_nice: of(60), usage_idle: of(130), usage_iowait: of(20), usage_irq: 0,
    usage_nice: of(40), usage_softirq: of(15), usage_steal: of(25), usage_system: of(130), usage_user: of(300),
  });
  // All together in 1860: idle 900.
  assert.equal(usages.get('cpu-total')!['usage_idle'], Math.round(1e8 * 900 / 1860) / 1e6);
  for (const usage of usages.values()) {
    const sum = PARTS.filter((part) => part !== 'active').reduce((total, part) => total + usage[`usage_${part}`]!, 0);
    assert.ok(Math.abs(sum - 100) < 1e-4, `the parts are ${sum} %`);
  }
});

test('cpu gives what is asked for: the total, each core, both', async (t) => {
  const host = fixtureHost(t, 'metal-96');
  const names = async (total: boolean, cores: boolean): Promise<readonly string[]> => {
    using sampler = createCpuSampler({ total, cores }, host);
    return (await sampler.sample(0)).map(({ dimensions }) => dimensions[0]![1]);
  };
  assert.deepEqual(await names(true, false), ['cpu-total']);
  assert.equal((await names(false, true)).length, 95);
  assert.equal((await names(true, true)).length, 96);
  assert.deepEqual(await names(false, false), []);
});

test('a core that is offline has no reading; back, it has usage from its second sample on', async (t) => {
  const host = fixtureHost(t, 'small-vm');
  const whole = readFileSync(`${host.proc}/stat`, 'utf8');
  using sampler = createCpuSampler({ total: false, cores: true }, host);
  const seen = async (text: string): Promise<Readonly<Record<string, boolean>>> => {
    writeFileSync(`${host.proc}/stat`, text);
    return Object.fromEntries((await sampler.sample(0)).map(({ dimensions, values }) => [dimensions[0]![1], 'usage_idle' in values]));
  };
  const ticked = (text: string, n: number): string => text.replaceAll(/^(cpu\d+ )(\d+)/gm, (_, name: string, user: string) => name + (Number(user) + n));
  const offline = (text: string): string => text.replace(/^cpu1 .*\n/m, '');
  assert.deepEqual(await seen(whole), { cpu0: false, cpu1: false });
  assert.deepEqual(await seen(ticked(offline(whole), 1)), { cpu0: true });
  assert.deepEqual(await seen(ticked(whole, 2)), { cpu0: true, cpu1: false });
  assert.deepEqual(await seen(ticked(whole, 3)), { cpu0: true, cpu1: true });
});

test('without any time between two samples, or with counts that began anew, there is no usage; a count that went back a little is 0', async (t) => {
  const host = fixtureHost(t, 'container');
  using sampler = createCpuSampler({ total: true, cores: false }, host);
  const usage = async (line: string): Promise<readonly (number | undefined)[]> => {
    writeFileSync(`${host.proc}/stat`, `cpu  ${line}\n`);
    const { values } = (await sampler.sample(0))[0]!;
    return [values['usage_idle'], values['usage_iowait']];
  };
  await usage('1000 0 500 8000 50 0 0 0 0 0');
  assert.deepEqual(await usage('1000 0 500 8000 50 0 0 0 0 0'), [undefined, undefined]);
  assert.deepEqual(await usage('10 0 5 80 5 0 0 0 0 0'), [undefined, undefined]);
  assert.deepEqual(await usage('20 0 5 90 3 0 0 0 0 0'), [50, 0]);
  assert.deepEqual(await usage('25 0 5 10 3 0 0 0 0 0'), [undefined, undefined]);
});

test('a /proc/stat without a line of a processor is an error that names the file', async (t) => {
  const host = fixtureHost(t, 'container');
  using sampler = createCpuSampler({ total: true, cores: true }, { ...host, proc: `${host.proc}/net` });
  await assert.rejects(sampler.sample(0), /net\/stat cannot be read \(ENOENT\)/);
  using wrong = createCpuSampler({ total: true, cores: true }, host);
  writeFileSync(`${host.proc}/stat`, 'intr 1\n');
  await assert.rejects(wrong.sample(0), /stat has no line of a processor/);
});

test('any text is parsed without an error, and columns that are written are read back', () => {
  fc.assert(fc.property(fc.string(), (text) => { parseCpuTicks(text); parseCpuTicks(`cpu ${text}\ncpu0 ${text}`); }));
  fc.assert(fc.property(fc.array(fc.array(fc.nat(), { minLength: 10, maxLength: 12 }), { minLength: 1, maxLength: 130 }), (cores) => {
    const parsed = parseCpuTicks(`${cores.map((counts, core) => `cpu${core} ${counts.join(' ')}`).join('\n')}\nintr 5\ncpu999 1 1 1 1\n`);
    assert.deepEqual([...parsed.values()].map((ticks) => [ticks.user, ticks.nice, ticks.system, ticks.idle, ticks.iowait, ticks.irq, ticks.softirq, ticks.steal, ticks.guest, ticks.guest_nice]), cores.map((counts) => counts.slice(0, 10)));
  }));
});
