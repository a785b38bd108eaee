import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Preview, PreviewSample } from '../../../../src/agent/preview.ts';
import type { PreviewedEvent } from '../../../../src/agent/preview-event.ts';
import { dollars } from '../../../../src/cli/preview/cost.ts';
import { previewText } from '../../../../src/cli/preview/text.ts';
import type { PreviewTelling } from '../../../../src/cli/preview/text.ts';
import type { FileEntryPlan } from '../../../../src/plan.ts';
import { planFor } from '../../../support/plan-for.ts';

const AT = Date.UTC(2026, 10, 21, 12, 0, 0, 7);

function event(original: string, more: Partial<PreviewedEvent> = {}): PreviewedEvent {
  return { group: 'g', stream: 's', offset: 0, line: 1, time: AT, timeFrom: 'text', isUntimed: false, span: null, redacted: [], original, message: original, bytes: original.length + 26, piece: 0, verdict: { kind: 'sent' }, waits: 'none', ...more };
}

const SAMPLE: PreviewSample = { from: 0, sourceBytes: 1000, events: 10, sentEvents: 10, sentBytes: 1260, filtered: [], tooOld: 0, tooNew: 0, agedBytes: 0, redacted: {}, untimed: 0, firstUntimed: null, firstTime: null };

function telling(events: readonly PreviewedEvent[], { sample = {}, entry = {}, ...more }: { readonly sample?: Partial<PreviewSample>; readonly entry?: Partial<FileEntryPlan> } & Partial<Omit<PreviewTelling, 'entry'>> = {}): PreviewTelling {
  const [plan] = planFor({ endpoint: '', entries: [{ path: '/var/log/a.log' }] }).entries;
  const preview: Preview = { path: '/var/log/a.log', size: 1000, destination: { group: 'g', stream: 's' }, events, isCutOff: false, sample: { ...SAMPLE, ...sample }, nulBytes: 0, troubles: [], likelyFormat: null };
  return { preview, entry: { ...plan!, ...entry }, undeliverable: 'quarantine', growth: { basis: 'rotations', bytes: 1e9, spanMs: 43_200_000, bytesPerDay: 2e9, files: 2 }, price: { region: 'us-east-1', groupClass: null, given: null }, localZone: 'UTC', notes: [], ...more };
}

test('an event is told with its place, time, size and fate; what trimming changes is shown before and after', () => {
  const text = previewText(telling([event('12:00 one', { message: 'one' }), event('two', { line: null, offset: 1234, verdict: { kind: 'too-old' } })]), false);
  assert.match(text, /#1 {2}line 1 {2}2026-11-21T12:00:00\.007Z \(from the text\) {2}35 bytes {2}sent\n {4}- 12:00 one\n {4}\+ one\n/);
  assert.match(text, /#2 {2}byte 1,234 .* too old: quarantined, the service takes 14 days\n {4}\| two\n/);
});

test('an event that goes to another stream than one of now says which', () => {
  const text = previewText(telling([event('a'), event('b', { stream: 's-2026-11-20' })]), false);
  assert.match(text, /sent {2}to stream s-2026-11-20\n {4}\| b\n/);
  assert.equal(text.match(/to stream/g)?.length, 1);
});

test('times are told in local time and in UTC', () => {
  assert.match(previewText(telling([event('x')], { localZone: 'Asia/Kolkata' }), false), /2026-11-21 17:30:00\.007 local \(2026-11-21T12:00:00\.007Z\)/);
});

test('control characters of the log do not reach the terminal, colours only on one', () => {
  const events = [event('a\u001b[31mb\tc\nd\u009b', { span: { from: 0, to: 1 } }), event('e', { verdict: { kind: 'too-new' } })];
  const plain = previewText(telling(events), false);
  assert.match(plain, / {4}\| a·\[31mb\tc\n {4}\| d·\n/);
  assert.doesNotMatch(plain.replaceAll(/[\n\t]/g, ''), /\p{Cc}/u);
  const colour = previewText(telling(events), true);
  assert.ok(colour.includes('\u001b[4;36ma\u001b[0m·[31mb'));
  assert.ok(colour.includes('\u001b[2;9me\u001b[0m'));
});

test('the time and what is redacted are marked on a terminal, where two overlap the first', () => {
  const colour = previewText(telling([event('12:00 bob x', { message: '12:00 [e] x', span: { from: 0, to: 5 }, redacted: [{ kind: 'pattern', from: 4, to: 6 }, { kind: 'email_addresses', from: 6, to: 9 }] })]), true);
  assert.ok(colour.includes('- \u001b[4;36m12:00\u001b[0m \u001b[7;31mbob\u001b[0m x\n'), JSON.stringify(colour));
  assert.match(previewText(telling([], { sample: { redacted: { email_addresses: 2, secrets: 1 } } }), false), /redacted {2}email addresses 2, secrets 1\n/);
});

test('the cost of a day is that of the growth, with the share that is sent and 26 bytes for each event', () => {
  assert.match(previewText(telling([]), false), /growth {4}2 GB a day \(1 GB in 12 h, since an older life of it was written last, in 2 files\)\n {2}cost {6}about 1\.26 USD a day, 37\.80 in 30 days, to take in 2\.5 GB a day \(STANDARD, list price of us-east-1\)/);
  assert.match(previewText(telling([], { sample: { sentEvents: 5, sentBytes: 630 } }), false), /about 0\.63 USD/);
  assert.match(previewText(telling([], { sample: { sentEvents: 5, sentBytes: 630, tooOld: 5, agedBytes: 630 } }), false), /about 1\.26 USD/, 'what is too old now says what the young will be');
  assert.match(previewText(telling([], { price: { region: 'eu-west-3', groupClass: 'INFREQUENT_ACCESS', given: null } }), false), /about 0\.63 USD .*\(INFREQUENT_ACCESS, list price of us-east-1; eu-west-3 may ask more, --price-per-gb tells\)/);
  assert.match(previewText(telling([], { price: { region: 'eu-west-3', groupClass: null, given: 1 } }), false), /about 2\.52 USD .*\(as given\)/);
  assert.match(previewText(telling([], { growth: { unknown: 'no birth' } }), false), /growth {4}not known: no birth; --watch 60 measures it\n {2}cost {6}not known\n/);
});

test('a format that fits few events is said to be wrong, with the first of them and what would fit', () => {
  const timestamp = { format: '%Y/%m/%d', zone: 'UTC', trim: false, field: null };
  const loud = previewText({ ...telling([], { entry: { timestamp }, sample: { untimed: 9, firstUntimed: '2026-11-21 x\nmore' } }) }, false);
  assert.match(loud, /9 events of 10 have no time of the form %Y\/%m\/%d: most of them, so the format is likely to be wrong\. The first:\n {4}wanted %Y\/%m\/%d\n {4}event {2}2026-11-21 x\n/);
  assert.doesNotMatch(previewText(telling([], { entry: { timestamp }, sample: { untimed: 1, firstUntimed: 'x' } }), false), /likely to be wrong/);
  const base = telling([]);
  assert.match(previewText({ ...base, preview: { ...base.preview, likelyFormat: '%F' } }, false), /there are times in the text:\n {4}the lines fit timestamp_format "%F"/);
});

test('what is dropped is counted by its reason', () => {
  const filters: FileEntryPlan['filters'] = [{ type: 'exclude', pattern: { source: 'DEBUG', js: 'DEBUG', flags: '' } }];
  const text = previewText(telling([event('DEBUG', { verdict: { kind: 'filtered', filter: 0 } })], { entry: { filters }, sample: { filtered: [3], tooNew: 1 } }), false);
  assert.match(text, /dropped by filter 1: exclude "DEBUG"\n/);
  assert.match(text, /not sent {2}3 events dropped by filter 1: exclude "DEBUG"\n {2}not sent {2}1 event too new/);
});

test('amounts have the digits that mean something', () => {
  assert.deepEqual([0, 0.00001, 0.00423, 0.126, 12.345, 1234.5].map(dollars), ['0.00', '0.00', '0.0042', '0.13', '12.35', '1,235']);
});
