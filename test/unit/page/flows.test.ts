import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DestinationStatus, FileStatus, StatusDocument } from '../../../src/control/status-document.ts';
import { entryFlows } from '../../../src/page/agent/flows.ts';
import { Rates } from '../../../src/page/agent/rates.ts';

interface Look { readonly at: number; readonly files?: readonly Partial<FileStatus>[]; readonly destinations?: readonly Partial<DestinationStatus>[]; readonly settled?: number; readonly events?: number; readonly startedAt?: number }

function look({ at, files = [], destinations = [], settled = 0, events = 0, startedAt = 0 }: Look): StatusDocument {
  return {
    at, agent: { startedAt }, entries: [{ key: 'e', pattern: '/log/*.log', pointer: '', files: 0, skipped: 0 }, { key: 'none', pattern: '/none/*.log', pointer: '', files: 0, skipped: 0 }],
    files: { total: files.length, list: files.map((file) => ({ path: '/log/a.log', entry: 'e', offset: 0, lagBytes: 0, attachment: 'attached', lastError: null, group: 'g', stream: 's', ...file })) },
    destinations: { total: destinations.length, list: destinations.map((one) => ({ group: 'g', stream: 's', service: null, state: 'idle', events: 0, ...one })) },
    counters: { settledBytes: settled, deliveredEvents: events },
  } as unknown as StatusDocument;
}

test('rates are what grew between two looks, per second, and begin anew with another run of the agent', () => {
  const rates = new Rates();
  rates.take(look({ at: 1000, files: [{ offset: 100 }], destinations: [{ events: 10 }] }));
  const second = look({ at: 3000, files: [{ offset: 1100 }, { path: '/log/new.log', offset: 7 }], destinations: [{ events: 30 }], settled: 500, events: 20 });
  assert.equal(rates.ofFile(second.files.list[0]!), null, 'one look tells no rate');
  rates.take(second);
  assert.deepEqual([rates.ofFile(second.files.list[0]!), rates.ofFile(second.files.list[1]!), rates.ofDestination(second.destinations.list[0]!)], [500, null, 10]);
  assert.deepEqual(rates.latest, { at: 3000, bytes: 250, events: 10 });
  rates.take(look({ at: 5000, startedAt: 4000, files: [{ offset: 5 }] }));
  assert.deepEqual([rates.latest, rates.ofFile(second.files.list[0]!)], [null, null]);
});

test('rates are over the last seconds, and what is read again is no negative one', () => {
  const rates = new Rates();
  for (let at = 0; at <= 60_000; at += 1000) rates.take(look({ at, files: [{ offset: at < 50_000 ? 0 : at - 50_000 }] }));
  const rate = rates.ofFile(look({ at: 60_000, files: [{ offset: 10_000 }] }).files.list[0]!)!;
  assert.ok(Math.abs(rate - 1000) < 1, String(rate));
  assert.equal(rates.ofFile(look({ at: 0, files: [{ offset: 0 }] }).files.list[0]!), 0);
  assert.equal(rates.totals.length, 60);
});

test('files of an entry that go to one stream are one flow; what fails comes first; an entry without files is there', () => {
  const status = look({ at: 0, files: [{ path: '/log/b.log' }, { path: '/log/a.log' }, { path: '/log/c.log', stream: 'other' }], destinations: [{ stream: 'other', state: 'paused' }] });
  const [entry, none] = entryFlows(status, new Rates(), 'name', []);
  assert.deepEqual(entry!.flows.map(({ stream, files, destination }) => [stream, files.map(({ path }) => path), destination?.state]), [['other', ['/log/c.log'], 'paused'], ['s', ['/log/a.log', '/log/b.log'], undefined]]);
  assert.deepEqual([none!.entry.key, none!.flows], ['none', []]);
});

test('an entry whose destination or file fails comes before those that are well', () => {
  const failing = { path: '/none/b.log', entry: 'none', lastError: 'EACCES' };
  assert.deepEqual(entryFlows(look({ at: 0, files: [{ path: '/log/a.log' }, failing] }), new Rates(), 'name', []).map(({ entry }) => entry.key), ['none', 'e']);
  assert.deepEqual(entryFlows(look({ at: 0, files: [{ path: '/log/a.log' }, { ...failing, lastError: null }] }), new Rates(), 'name', []).map(({ entry }) => entry.key), ['e', 'none']);
});

test('a filter keeps what has all of its words in path, group, stream or pattern', () => {
  const status = look({ at: 0, files: [{ path: '/log/a.log' }, { path: '/log/b.log', stream: 'Web' }] });
  const found = (...words: string[]): readonly string[] => entryFlows(status, new Rates(), 'name', words).flatMap(({ flows }) => flows.flatMap(({ files }) => files.map(({ path }) => path)));
  assert.deepEqual([found('b.log'), found('web'), found('/log', 'web'), found('nowhere')], [['/log/b.log'], ['/log/b.log'], ['/log/b.log'], []]);
});

test('most behind first, and an agent of an earlier version that says no destination is shown all the same', () => {
  const { files: { list }, ...rest } = look({ at: 0, files: [{ path: '/log/a.log', lagBytes: 1 }, { path: '/log/b.log', lagBytes: 9 }] });
  const old = { ...rest, files: { total: 2, list: list.map((file) => Object.fromEntries(Object.entries(file).filter(([name]) => name !== 'group' && name !== 'stream')) as unknown as FileStatus) } };
  const [entry] = entryFlows(old, new Rates(), 'lag', []);
  assert.deepEqual(entry!.flows.map(({ group, files }) => [group, files.map(({ path }) => path)]), [[null, ['/log/b.log', '/log/a.log']]]);
  assert.equal(entry!.lagBytes, 10);
});
