// Streams named by the date of the event. Times lie within the days that the service takes events of.
import assert from 'node:assert/strict';
import { renameSync } from 'node:fs';
import { test } from 'node:test';
import type { NamePart, NameTemplate } from '../../src/plan.ts';
import { localOnly } from '../support/endpoint-choice.ts';
import { append, copyTruncate, numbered, rotate } from '../support/log-files.ts';
import type { EntrySpec } from '../support/plan-for.ts';
import { rigFor, startRig, until } from '../support/rig.ts';
import type { Rig } from '../support/rig.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const MIDNIGHT = Math.floor(Date.now() / DAY_MS) * DAY_MS;

const date = (field: Extract<NamePart, { kind: 'date' }>['field']): NamePart => ({ kind: 'date', field });
const text = (value: string): NamePart => ({ kind: 'text', text: value });
const DAILY: NameTemplate = [text('app-'), date('date')];
const HOURLY: NameTemplate = [date('date'), text('T'), date('hour')];

function dated(stream: NameTemplate, spec: Partial<EntrySpec> = {}): EntrySpec {
  return { path: 'app.log', stream, start: { kind: 'line' }, timestamp: { format: '%Y-%m-%dT%H:%M:%S', zone: 'UTC', trim: false }, naming: { dateZone: 'UTC' }, ...spec };
}

/** `count` lines a second apart, from so many days before today's midnight on. */
function linesOf(days: number, count: number, what = 'line'): readonly string[] {
  return numbered(what, count).map((word, i) => `${new Date(MIDNIGHT - days * DAY_MS + i * 1000).toISOString().slice(0, 19)} ${word}`);
}
const dayOf = (days: number): string => `app-${new Date(MIDNIGHT - days * DAY_MS).toISOString().slice(0, 10)}`;

const busy = (rig: Rig): number => [...rig.agent.lanes].filter((lane) => !lane.empty).length;

test('the lines of three days go to the streams of their days, in order, and a restart in the middle neither loses nor doubles one', async (t) => {
  const days = [3, 2, 1].map((day) => linesOf(day, 2_000));
  const rig = await startRig(t, { entries: [dated(DAILY)], files: { 'app.log': [...days[0]!, ...days[1]!.slice(0, 700)] } });
  await rig.delivered('g', dayOf(2), days[1]!.slice(0, 700));
  await rig.restart();
  append(rig.path('app.log'), [...days[1]!.slice(700), ...days[2]!]);
  for (const [i, lines] of days.entries()) await rig.delivered('g', dayOf(3 - i), lines);
  await rig.stop();
});

test('lines of twenty hours, however mixed, keep at most 16 streams of a name busy, and each arrives once, in its stream\'s order', async (t) => {
  const hours = Array.from({ length: 20 }, (_, hour) => MIDNIGHT - 2 * DAY_MS + hour * HOUR_MS);
  const line = (at: number, i: number): string => `${new Date(at + i * 1000).toISOString().slice(0, 19)} ${i}`;
  const mixed = Array.from({ length: 60 }, (_, i) => hours.map((hour) => line(hour, i))).flat();
  let most = 0;
  const rig = await rigFor(t, { entries: [dated(HOURLY)], files: { 'app.log': mixed } });
  rig.observe(() => { most = Math.max(most, busy(rig)); });
  await rig.start();
  for (const hour of hours) await rig.delivered('g', new Date(hour).toISOString().slice(0, 13), Array.from({ length: 60 }, (_, i) => line(hour, i)), 60_000);
  await rig.stop();
  assert.ok(most > 10 && most <= 16, `${most} streams were busy at once`);
});

test('a day whose stream fails holds up its own file alone: what other streams hold is sent, and afterwards nothing is missing or doubled', localOnly('faults'), async (t) => {
  const [old, recent] = [linesOf(2, 3_000), linesOf(1, 3_000)];
  const rig = await rigFor(t, { entries: [dated(DAILY), dated([text('live-'), date('date')], { path: 'live.log' })], files: { 'app.log': [...old, ...recent] } });
  const fault = rig.endpoint.faults.add({ kind: 'error', status: 503, stream: dayOf(2), operation: 'PutLogEvents' });
  await rig.start();
  await until('the old day to fail', () => [...rig.agent.lanes].some((lane) => lane.isFailing));
  append(rig.path('app.log'), linesOf(0, 10));
  append(rig.path('live.log'), linesOf(1, 50, 'live'));
  await rig.delivered('g', dayOf(1).replace('app', 'live'), linesOf(1, 50, 'live'));
  assert.equal(rig.held('g', dayOf(0)), 0, 'the file is read no further');
  rig.endpoint.faults.remove(fault);
  await rig.delivered('g', dayOf(2), old);
  await rig.delivered('g', dayOf(1), recent);
  await rig.delivered('g', dayOf(0), linesOf(0, 10));
  await rig.stop();
});

test('in an outage with little memory what can be given back is, and no stream of a date gets a line twice', async (t) => {
  const names = Array.from({ length: 12 }, (_, i) => `app-${i}.log`);
  const lines = (name: string, day: number, count: number): readonly string[] => linesOf(day, count, `${name} ${'.'.repeat(80)}`);
  const streamOf = (name: string, day: number): string => `${name} ${dayOf(day)}`;
  const rig = await rigFor(t, {
    entries: [dated([{ kind: 'path', form: 'file_name' }, text(' '), ...DAILY], { path: 'app-*.log', follow: 'all' })],
    delivery: { budgetBytes: 4_194_304, maxBatchBytes: 262_144 },
    files: Object.fromEntries(names.map((name) => [name, [...lines(name, 2, 3_000), ...lines(name, 1, 3_000)]])),
  });
  const served = rig.outage();
  await rig.start();
  await until('many to fail', () => [...rig.agent.lanes].filter((lane) => lane.lastError !== null).length > 4);
  await rig.stalled();
  served();
  for (const name of names) for (const day of [2, 1]) await rig.delivered('g', streamOf(name, day), lines(name, day, 3_000), 60_000);
  await rig.stop();
});

test('files of which one day is accepted and another fails give nothing back that was accepted: in the end each line is there once', localOnly('faults'), async (t) => {
  const names = Array.from({ length: 16 }, (_, i) => `app-${i}.log`);
  const lines = (name: string, day: number, count: number): readonly string[] => linesOf(day, count, `${name} ${'.'.repeat(80)}`);
  const rig = await rigFor(t, {
    entries: [dated([{ kind: 'path', form: 'file_name' }, text(' '), ...DAILY], { path: 'app-*.log', follow: 'all' })],
    delivery: { budgetBytes: 4_194_304, flushMs: 50 },
    files: Object.fromEntries(names.map((name) => [name, [...lines(name, 2, 1_000), ...lines(name, 1, 300)]])),
  });
  const faults = names.map((name) => rig.endpoint.faults.add({ kind: 'error', status: 503, stream: `${name} ${dayOf(2)}`, operation: 'PutLogEvents' }));
  await rig.start();
  await until('more to fail than may be held', () => rig.agent.budget!.failingOverShare);
  await until('them to be tried again', () => [...rig.agent.lanes].filter((lane) => lane.isFailing).every((lane) => lane.requests > 2));
  for (const fault of faults) rig.endpoint.faults.remove(fault);
  for (const name of names) {
    await rig.delivered('g', `${name} ${dayOf(2)}`, lines(name, 2, 1_000), 60_000);
    await rig.delivered('g', `${name} ${dayOf(1)}`, lines(name, 1, 300));
  }
  await rig.stop();
});

test('an entry is changed although one day\'s stream fails: the next one gets all that was held', localOnly('faults'), async (t) => {
  const [old, recent] = [linesOf(2, 500), linesOf(1, 500)];
  const rig = await rigFor(t, { entries: [dated(DAILY)], files: { 'app.log': [...old, ...recent] } });
  rig.endpoint.faults.add({ kind: 'access-denied', stream: dayOf(2), operation: 'PutLogEvents' });
  await rig.start();
  await rig.delivered('g', dayOf(1), recent);
  await until('the old day to be paused', () => rig.agent.lanes.some((lane) => lane.state === 'paused'));
  await rig.apply({ entries: [dated([text('next-'), date('date')])] });
  await rig.agent.changed();
  await rig.delivered('g', dayOf(2).replace('app', 'next'), old);
  await rig.stop();
});

test('pieces of a long message stay in one stream, as does a message that goes on behind a rotation', async (t) => {
  const stamp = new Date(MIDNIGHT - DAY_MS - 1000).toISOString().slice(0, 19);
  const long = `${stamp} ${'x'.repeat(5_000)}`;
  const rig = await startRig(t, { entries: [dated(DAILY, { start: { kind: 'nonspace' }, maxEventBytes: 1_100, multilineTimeoutMs: 1_500 })], files: { 'app.log': [long, ...linesOf(1, 1), ' goes'] } });
  await until('the pieces', () => rig.held('g', dayOf(2)) === 5);
  assert.equal(rig.messages('g', dayOf(2)).map((piece) => piece.replaceAll(/[^x]/g, '').length).reduce((a, b) => a + b), 5_000);
  rotate(rig.path('app.log'));
  append(rig.path('app.log'), [' on', ...linesOf(0, 2)]);
  await rig.delivered('g', dayOf(1), [`${linesOf(1, 1)[0]!}\n goes\n on`]);
  await rig.delivered('g', dayOf(0), linesOf(0, 2));
  await rig.stop();
});

test('a line without a time goes with the line before it, and without timestamp_format the day is that of reading', async (t) => {
  const rig = await startRig(t, {
    entries: [dated(DAILY), dated([text('read-'), date('date')], { path: 'plain.log', timestamp: null })],
    files: { 'app.log': [linesOf(2, 1)[0]!, 'no time', ...linesOf(1, 1), 'nor this'], 'plain.log': linesOf(5, 3) },
  });
  await rig.delivered('g', dayOf(2), [linesOf(2, 1)[0]!, 'no time']);
  await rig.delivered('g', dayOf(1), [linesOf(1, 1)[0]!, 'nor this']);
  await until('the day of reading', () => rig.held('g', `read-${new Date().toISOString().slice(0, 10)}`) === 3);
  await rig.stop();
});

test('a file that path_pattern does not name is skipped with the pattern in the reason, and followed under the fallback if there is one', async (t) => {
  const capture = (fallback: string | null): EntrySpec => ({ path: '*.log', follow: 'all', stream: [{ kind: 'capture', group: 'app', fallback }], naming: { pathPattern: { source: '(?P<app>shop)', js: '(?<app>shop)', flags: 'u' } } });
  const rig = await startRig(t, { entries: [{ ...capture(null), group: 'strict' }, { ...capture('other'), group: 'lenient' }], files: { 'shop.log': ['a'], 'b.log': ['b'] } });
  await rig.delivered('strict', 'shop', ['a']);
  await rig.delivered('lenient', 'shop', ['a']);
  await rig.delivered('lenient', 'other', ['b']);
  assert.match(rig.agent.pipelines[0]!.skipped.get(rig.path('b.log'))!, /^path_pattern \(\?P<app>shop\) finds nothing in the path to name its stream by/);
  // Under a name that the pattern does not find it goes on where it went, in its copy too.
  const renamed = rig.path('b2.log');
  renameSync(rig.path('shop.log'), renamed);
  await until('the new name to be known', () => rig.generations.every(({ path }) => path !== rig.path('shop.log')));
  append(renamed, ['late']);
  copyTruncate(renamed);
  await rig.delivered('strict', 'shop', ['a', 'late']);
  await rig.delivered('lenient', 'other', ['b', 'late']);
  await rig.stop();
});
