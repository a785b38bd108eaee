import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AgentReport } from '../../../src/report/agent-report.ts';

function reporting(): { readonly report: AgentReport; readonly said: string[]; at: number } {
  const clock = { at: 1_700_000_000_000, said: [] as string[] };
  return Object.assign(clock, { report: new AgentReport((level, message) => { clock.said.push(`${level} ${message}`); }, () => clock.at) });
}

test('a hundred thousand drops of one file are one line at once and one sum a minute later, and every one is counted', () => {
  const r = reporting();
  for (let i = 0; i < 100_000; i++) r.report.dropped('too-old', 1, i % 100, '/var/log/app.log');
  assert.deepEqual(r.said, ['warn /var/log/app.log: 1 event, 0 bytes not delivered (too-old): older than 14 days; the service takes none of these, `undeliverable` in the config says whether they are kept']);
  r.at += 61_000;
  r.report.dropped('too-old', 1, 50, '/var/log/app.log');
  assert.equal(r.said.length, 2);
  assert.match(r.said[1]!, /app\.log: 100001 events, 4950050 bytes not delivered \(too-old\)/);
  assert.deepEqual(r.report.drops.get('too-old'), { events: 100_001, bytes: 4_950_050 });
  assert.match(r.report.troubles[0]!.message, /100001 events/);
});

test('drops of another file, or for another reason, are said at once', () => {
  const r = reporting();
  r.report.dropped('too-old', 1, 10, 'a.log');
  r.report.dropped('too-old', 1, 10, 'b.log');
  r.report.dropped('too-new', 1, 10, 'a.log');
  assert.equal(r.said.length, 3);
});

test('what a filter leaves out is counted and not said', () => {
  const r = reporting();
  r.report.dropped('filtered', 5, 100, 'a.log');
  assert.deepEqual(r.said, []);
  assert.deepEqual(r.report.drops.get('filtered'), { events: 5, bytes: 100 });
});

test('a trouble that changes its words is said again at once, one that does not after five minutes, and its end once', () => {
  const r = reporting();
  r.report.trouble('disk', 'full');
  r.report.trouble('disk', 'full');
  r.report.trouble('disk', 'gone');
  assert.equal(r.said.length, 2);
  r.at += 300_000;
  r.report.trouble('disk', 'gone');
  assert.match(r.said[2]!, /gone \(4 times since /);
  r.report.recovered('disk', 'well again');
  r.report.recovered('disk', 'well again');
  assert.deepEqual(r.said.slice(3), ['info well again']);
});

test('of more than a hundred steps in a second the rest is counted, and their messages are not made', () => {
  let now = 5_000;
  const lines: string[] = [];
  const report = new AgentReport((level, message) => lines.push(`${level} ${message}`), () => now, () => true);
  let made = 0;
  for (let i = 0; i < 250; i++) report.debug(() => { made++; return `step ${i}`; });
  assert.deepEqual([lines.length, lines.at(-1), made], [100, 'debug step 99', 100]);
  now += 1_000;
  report.debug(() => 'next');
  assert.deepEqual(lines.slice(100), ['debug 150 more steps of that second are left out', 'debug next']);
});
