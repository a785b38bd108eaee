import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { inferStart, lastEvents } from '../../../src/records/infer-events.ts';
import { inferJsonTime } from '../../../src/records/infer-json-time.ts';
import { inferTimestamp } from '../../../src/records/infer-timestamp.ts';
import type { LineSample } from '../../../src/records/read-times.ts';
import { DATED_FORMS } from '../../../src/records/time-forms.ts';

/** When the last line of the samples is written. */
const END = Date.UTC(2026, 10, 21, 14, 3, 9);

const sample = (lines: readonly string[], more: Partial<LineSample> = {}): LineSample => ({ lines, writtenAt: END, localZone: 'UTC', ...more });

/** Twelve lines, eleven seconds apart, the last one at END. */
function written(line: (parts: { readonly at: Date; readonly iso: string; readonly day: string; readonly clock: string; readonly ms: string; readonly i: number }) => string): readonly string[] {
  return Array.from({ length: 12 }, (_, i) => {
    const at = new Date(END - (11 - i) * 11_000 - (i === 11 ? 0 : 137));
    const iso = at.toISOString();
    return line({ at, iso, day: iso.slice(0, 10), clock: iso.slice(11, 19), ms: iso.slice(20, 23), i });
  });
}

const MONTH = (at: Date): string => at.toUTCString().slice(8, 11);
const DAY = (at: Date): string => String(at.getUTCDate()).padStart(2, '0');

const GOLDEN: readonly (readonly [string, readonly string[], string])[] = [
  ['ISO 8601 with milliseconds and Z', written(({ iso }) => `${iso} INFO [main] started`), '%Y-%m-%dT%H:%M:%S.%f%z'],
  ['ISO 8601 with an offset', written(({ day, clock }) => `${day}T${clock}+00:00 level=info msg=ok`), '%Y-%m-%dT%H:%M:%S%z'],
  ['ISO 8601 with a blank and an offset', written(({ day, clock }) => `${day} ${clock} +0000 ready`), '%Y-%m-%d %H:%M:%S %z'],
  ['rsyslog in high precision', written(({ day, clock, ms }) => `${day}T${clock}.${ms}417+00:00 web-1 sshd[812]: session opened`), '%Y-%m-%dT%H:%M:%S.%f%z'],
  ['log4j and Python', written(({ day, clock, ms }) => `${day} ${clock},${ms} - worker - INFO - job done in 00:00:17`), '%Y-%m-%d %H:%M:%S,%f'],
  ['log4j in brackets', written(({ day, clock, ms }) => `[${day}T${clock},${ms}][WARN ][o.e.c] node left`), '%Y-%m-%dT%H:%M:%S,%f'],
  ['dpkg', written(({ day, clock }) => `${day} ${clock} status installed tzdata:all 2026b`), '%Y-%m-%d %H:%M:%S'],
  ['syslog', written(({ at, clock, i }) => `${MONTH(at)} ${DAY(at)} ${clock} web-1 cron[${i}]: job`), '%b %d %H:%M:%S'],
  ['access log', written(({ at, clock, i }) => `192.0.2.${i * 20} - - [${DAY(at)}/${MONTH(at)}/2026:${clock} +0000] "GET /${i} HTTP/1.1" 200 1795230899`), '%d/%b/%Y:%H:%M:%S %z'],
  ['haproxy', written(({ at, clock, ms, i }) => `198.51.100.${i}:5${i} [${DAY(at)}/${MONTH(at)}/2026:${clock}.${ms}] front back/s1 0/0/1`), '%d/%b/%Y:%H:%M:%S.%f'],
  ['nginx errors', written(({ day, clock, i }) => `${day.replaceAll('-', '/')} ${clock} [error] 31#31: *${i} open() failed`), '%Y/%m/%d %H:%M:%S'],
  ['Go with microseconds', written(({ day, clock, ms }) => `${day.replaceAll('-', '/')} ${clock}.${ms}120 main.go:17: tick`), '%Y/%m/%d %H:%M:%S.%f'],
  ['apache errors', written(({ at, clock, ms }) => `[${at.toUTCString().slice(0, 3)} ${MONTH(at)} ${DAY(at)} ${clock}.${ms}551 2026] [core:notice] [pid 7] resuming`), '%a %b %d %H:%M:%S.%f %Y'],
  ['ctime', written(({ at, clock }) => `${at.toUTCString().slice(0, 3)} ${MONTH(at)} ${DAY(at)} ${clock} 2026 : backup`), '%a %b %d %H:%M:%S %Y'],
  ['date(1)', written(({ at, clock }) => `${at.toUTCString().slice(0, 3)} ${MONTH(at)} ${DAY(at)} ${clock} UTC 2026 backup`), '%a %b %d %H:%M:%S %Z %Y'],
  ['PostgreSQL', written(({ day, clock, ms, i }) => `${day} ${clock}.${ms} UTC [${i}] LOG:  checkpoint complete`), '%Y-%m-%d %H:%M:%S.%f %Z'],
  ['Redis', written(({ at, clock, ms }) => `812:M ${DAY(at)} ${MONTH(at)} 2026 ${clock}.${ms} * Background saving`), '%d %b %Y %H:%M:%S.%f'],
  ['Tomcat', written(({ at, clock, ms }) => `${DAY(at)}-${MONTH(at)}-2026 ${clock}.${ms} INFO [main] org.apache.Catalina up`), '%d-%b-%Y %H:%M:%S.%f'],
  ['java.util.logging', written(({ at, clock }) => `${MONTH(at)} ${DAY(at)}, 2026 0${Number(clock.slice(0, 2)) % 12}${clock.slice(2)} PM com.example.Job run`), '%b %d, %Y %I:%M:%S %p'],
  ['klog', written(({ day, clock, ms, i }) => `${'IWE'[i % 3]}${day.slice(5, 7)}${day.slice(8)} ${clock}.${ms}001   17 server.go:9] ok`), '%m%d %H:%M:%S.%f'],
  ['compact', written(({ day, clock }) => `${day.replaceAll('-', '')}T${clock.replaceAll(':', '')}Z up`), '%Y%m%dT%H%M%S%z'],
  ['day first', written(({ day, clock }) => `${day.slice(8)}/${day.slice(5, 7)}/2026 ${clock} ok`), '%d/%m/%Y %H:%M:%S'],
  ['month first', written(({ day, clock }) => `${day.slice(5, 7)}/${day.slice(8)}/2026 ${clock} ok`), '%m/%d/%Y %H:%M:%S'],
  ['dots', written(({ day, clock }) => `${day.slice(8)}.${day.slice(5, 7)}.2026 ${clock} ok`), '%d.%m.%Y %H:%M:%S'],
  ['colon before the milliseconds', written(({ day, clock, ms }) => `${day} ${clock}:${ms} ok`), '%Y-%m-%d %H:%M:%S:%f'],
  ['Spark', written(({ day, clock }) => `${day.slice(2).replaceAll('-', '/')} ${clock} INFO SparkContext: up`), '%y/%m/%d %H:%M:%S'],
  ['time alone', written(({ clock, ms }) => `${clock}.${ms} [main] INFO up`), '%H:%M:%S.%f'],
];

for (const [name, lines, format] of GOLDEN) {
  test(`the timestamps of ${name} are told from the lines`, () => {
    const inferred = inferTimestamp(sample(lines));
    assert.deepEqual([inferred?.format, inferred?.timezone, inferred?.ambiguousWith], [format, null, null]);
    assert.ok(Math.abs(inferred!.found.times.at(-1)! - END) < 1000, new Date(inferred!.found.times.at(-1)!).toISOString());
  });
}

test('every form that is tried is told from lines written in it', () => {
  const names = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
  const two = (value: number): string => String(value).padStart(2, '0');
  const write = (form: string, at: Date): string => form.replaceAll(/%([A-Za-z])/g, (_, letter: string) => {
    switch (letter) {
      case 'Y': return String(at.getUTCFullYear());
      case 'y': return two(at.getUTCFullYear() % 100);
      case 'm': return two(at.getUTCMonth() + 1);
      case 'd': return two(at.getUTCDate());
      case 'H': return two(at.getUTCHours());
      case 'I': return two((at.getUTCHours() + 11) % 12 + 1);
      case 'M': return two(at.getUTCMinutes());
      case 'S': return two(at.getUTCSeconds());
      case 'f': return '250';
      case 'b': return MONTH(at);
      case 'a': return names[at.getUTCDay()]!;
      case 'p': return at.getUTCHours() < 12 ? 'AM' : 'PM';
      case 'Z': return 'UTC';
      default: throw new Error(letter);
    }
  });
  fc.assert(fc.property(fc.constantFrom(...DATED_FORMS), fc.integer({ min: Date.UTC(2021, 0, 1), max: END }), fc.constantFrom('', '[', 'x '), (form, end, before) => {
    const times = [30_000, 20_000, 10_000, 0].map((back) => Math.floor((end - back) / 1000) * 1000);
    const inferred = inferTimestamp(sample(times.map((time) => `${before}${write(form, new Date(time))} something happened`), { writtenAt: end }));
    assert.ok(inferred !== null, form);
    const read = inferred.found.times.map((time) => Math.floor(time / 1000) * 1000);
    if (inferred.ambiguousWith === null) assert.deepEqual(read, times, `${form} was read as ${inferred.format}`);
    else assert.match(form, /^%[dmy][/-]%[dm][/-]%[dyY]/);
  }), { numRuns: 150 });
});

test('no timestamp is made up for lines without one, and none of a few numbers', () => {
  for (const lines of [[], [''], ['hello', 'world', 'again'], ['a 1795230899', 'b', 'c', 'd', 'e 17'], written(({ i }) => `request ${i} took 12:${10 + i}:31 of 2026-11`)]) {
    assert.equal(inferTimestamp(sample(lines))?.format, undefined, JSON.stringify(lines));
  }
});

test('a time that stands in some messages is not taken for that of the lines', () => {
  const lines = Array.from({ length: 40 }, (_, i) => (i % 5 === 0 ? `${'x'.repeat(i)} backup of 2026-11-20 10:00:0${i % 7} is gone` : `line ${i}`));
  assert.equal(inferTimestamp(sample(lines)), null);
});

test('numbers that look like times but jump back and forth are ids', () => {
  assert.equal(inferTimestamp(sample(Array.from({ length: 30 }, (_, i) => `order ${Math.floor(END / 1000) - (i * 7 % 30) * 86_400} shipped`))), null);
});

test('epoch numbers are told where they stand alone in every line', () => {
  const seconds = inferTimestamp(sample(written(({ at, i }) => `type=SYSCALL msg=audit(${Math.floor(at.getTime() / 1000)}.137:${i}): arch=c000003e`)));
  assert.equal(seconds?.format, 'epoch_s');
  const milliseconds = inferTimestamp(sample(written(({ at }) => `${at.getTime()} tick`)));
  assert.equal(milliseconds?.format, 'epoch_ms');
  assert.equal(milliseconds?.found.times.at(-1), END);
});

test('where day and month cannot be told apart, the last write decides, and a doubt is said', () => {
  const line = (day: string): readonly string[] => ['10:00:01', '10:00:02', '10:00:03'].map((clock) => `${day} ${clock} ok`);
  const march = Date.UTC(2026, 2, 4, 10, 0, 4);
  const told = inferTimestamp(sample(line('03/04/2026'), { writtenAt: march }));
  assert.deepEqual([told?.format, told?.ambiguousWith], ['%m/%d/%Y %H:%M:%S', null]);
  const doubtful = inferTimestamp(sample(line('03/04/2026'), { writtenAt: Date.UTC(2026, 8, 1) }));
  assert.deepEqual([doubtful?.format, doubtful?.ambiguousWith], ['%d/%m/%Y %H:%M:%S', '%m/%d/%Y %H:%M:%S']);
});

test('times without a zone are UTC where that is when the file was written', () => {
  const lines = written(({ day, clock }) => `${day} ${clock} ok`);
  const there = sample(lines, { localZone: 'America/New_York' });
  assert.deepEqual([inferTimestamp(there)?.timezone, inferTimestamp(there)?.found.times.at(-1)], ['UTC', END]);
  assert.equal(inferTimestamp({ ...there, writtenAt: END + 5 * 3_600_000 })?.timezone, null);
});

test('a fraction that only some lines have is left out of the format', () => {
  const lines = written(({ day, clock, ms, i }) => `${day}T${clock}${i % 2 === 0 ? '' : `.${ms}`}Z ok`);
  assert.equal(inferTimestamp(sample(lines))?.format, '%Y-%m-%dT%H:%M:%S');
});

test('the field with the time of JSON lines is told, with the form of its text where it needs one', () => {
  const docker = written(({ iso }) => JSON.stringify({ log: `2020-01-01 00:00:00 old\n`, stream: 'stdout', time: iso.replace('Z', '123456Z') }));
  const { field, format, times } = inferJsonTime(sample(docker))!;
  assert.deepEqual([field, format, times.at(-1)], ['time', null, END]);
  const nested = written(({ at }) => JSON.stringify({ level: 30, log: { ts: at.getTime() / 1000 }, msg: 'x' }));
  assert.deepEqual([inferJsonTime(sample(nested))?.field, inferJsonTime(sample(nested))?.times.at(-1)], ['log.ts', END]);
  const several = written(({ iso, at }) => JSON.stringify({ created: '2020-01-01T00:00:00Z', user: { time: '2020-01-01T00:00:00Z' }, ts: at.getTime(), at: iso }));
  assert.equal(inferJsonTime(sample(several))?.field, 'ts');
  const python = written(({ day, clock, ms }) => JSON.stringify({ asctime: `${day} ${clock},${ms}`, message: 'x' }));
  assert.deepEqual([inferJsonTime(sample(python))?.field, inferJsonTime(sample(python))?.format], ['asctime', null]);
  assert.equal(inferJsonTime(sample(python, { localZone: 'Asia/Tokyo' }))?.timezone, 'UTC');
  const apache = written(({ at, clock }) => JSON.stringify({ 'log.time': `${DAY(at)}/${MONTH(at)}/2026:${clock} +0000`, time: 'noon 12' }));
  assert.deepEqual([inferJsonTime(sample(apache))?.field, inferJsonTime(sample(apache))?.format], [undefined, undefined]);
  const httpd = written(({ at, clock }) => JSON.stringify({ time: `${DAY(at)}/${MONTH(at)}/2026:${clock} +0000`, t: 17 }));
  assert.deepEqual([inferJsonTime(sample(httpd))?.field, inferJsonTime(sample(httpd))?.format], ['time', '%d/%b/%Y:%H:%M:%S %z']);
  assert.equal(inferJsonTime(sample(written(({ i }) => JSON.stringify({ id: i })))), null);
  assert.equal(inferJsonTime(sample(written(({ iso }) => `{${iso}} no JSON`))), null);
});

test('a stack trace whose lines are not all indented begins its events at the timestamp', () => {
  const trace = ['java.lang.IllegalStateException: no', '\tat com.example.Job.run(Job.java:17)', 'Caused by: java.io.IOException: gone', '\t... 3 more'];
  const lines = written(({ day, clock, ms }) => `${day} ${clock},${ms} ERROR failed`).flatMap((line, i) => (i % 3 === 0 ? [line, ...trace] : [line]));
  const inferred = inferTimestamp(sample(lines));
  assert.equal(inferred?.format, '%Y-%m-%d %H:%M:%S,%f');
  const start = inferStart(lines, inferred.found.times);
  assert.equal(start, 'timestamp');
  const events = lastEvents(lines, inferred.found.times, start, 3);
  assert.deepEqual(events.map((event) => event.lines.length), [5, 1, 1]);
  assert.equal(events.at(-1)?.time, Math.floor(END / 1000) * 1000);
});

test('lines that are all indented, or all have a time, keep the implied rule', () => {
  const lines = written(({ day, clock }) => `${day} ${clock} ok`).flatMap((line) => [line, '  more']);
  const times = inferTimestamp(sample(lines))!.found.times;
  assert.equal(inferStart(lines, times), 'line without leading white space');
  assert.deepEqual(lastEvents(lines, times, 'line without leading white space', 1).map(({ lines: own }) => own.length), [2]);
});
