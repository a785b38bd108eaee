import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { ChunkText } from '../../../src/records/chunk-text.ts';
import { compileLayout } from '../../../src/records/strptime.ts';
import { TimestampParser, compileTimestamp } from '../../../src/records/timestamp.ts';
import { Zone } from '../../../src/records/zone.ts';
import { framesOf } from './frames.ts';

const opened = new Map<string, Zone>();
const NOON = Date.UTC(2026, 10, 21, 12);

function parser(format: string, zone = 'UTC'): TimestampParser {
  const compiled = compileTimestamp(format, zone, 'Europe/Berlin', opened);
  if ('problem' in compiled) throw new Error(compiled.problem);
  return compiled;
}

function read(format: string, text: string, zone = 'UTC', reference = NOON): string {
  const bytes = Buffer.from(`\u00e9${text}`);
  const time = parser(format, zone).parse(bytes, 2, bytes.length, reference);
  return Number.isNaN(time) ? 'none' : new Date(time).toISOString();
}

/** The same format without the byte path. */
function byPattern(format: string, zone: string): TimestampParser {
  const layout = compileLayout(format);
  if ('problem' in layout) throw new Error(layout.problem);
  return new TimestampParser(layout, null, opened.get(zone) ?? Zone.open(zone)!);
}

test('every directive is read, in the CloudWatch agent\'s widths and in those it got wrong', () => {
  const golden: readonly (readonly [string, string, string])[] = [
    ['%d/%b/%Y:%H:%M:%S %z', '1.2.3.4 - - [21/Nov/2026:03:14:59 -0130] "GET', '2026-11-21T04:44:59.000Z'],
    ['%Y-%m-%dT%H:%M:%S.%f%z', '{"time":"2026-11-21T03:14:59.1629Z"', '2026-11-21T03:14:59.162Z'],
    ['%Y-%m-%dT%H:%M:%S.%f+00:00', '2026-8-09T03:14:59.5+00:00', '2026-08-09T03:14:59.500Z'],
    ['%Y-%m-%d %H:%M:%S%f', '2026-01-02 03:04:03987', '2026-01-02T03:04:03.987Z'],
    ['%Y-%m-%d %H:%M:%S,%f UTC', '2026-01-02 10:11:18,234088 UTC', '2026-01-02T10:11:18.234Z'],
    ['%Y-%m-%d %H:%M:%S %z', '2026-01-02 03:04:05 +05:30', '2026-01-01T21:34:05.000Z'],
    ['%Y-%m-%d %H:%M:%S %z', '2026-01-02 03:04:05 +05', '2026-01-01T22:04:05.000Z'],
    ['%m %d %Y', ' 2 1 2026', '2026-02-01T00:00:00.000Z'],
    ...[' 9', ' 09', '  9', '  09', ' \t9'].map((day) => ['%b %d %Y', `Nov${day} 2026`, '2026-11-09T00:00:00.000Z'] as const),
    ...['January 1', 'february 2', 'MARCH 3', 'May 5', 'September 9', 'Sep 9', 'December 12'].map((text) => {
      const [name, day] = text.split(' ');
      const month = 'janfebmaraprmayjunjulaugsepoctnovdec'.indexOf(name!.slice(0, 3).toLowerCase()) / 3;
      return ['%B %e, %Y', `${name} ${day}, 2026`, new Date(Date.UTC(2026, month, Number(day))).toISOString()] as const;
    }),
    ['%a %b %e %H:%M:%S %Y', 'Wed Nov 21 03:14:59 2026', '2026-11-21T03:14:59.000Z'],
    ['%A, %d %h %y', 'Saturday, 21 Nov 68', '2068-11-21T00:00:00.000Z'],
    ['%F %T', '1969-12-31 23:59:60', '1970-01-01T00:00:00.000Z'],
    ['%D %R', '12/31/69 23:59', '1969-12-31T23:59:00.000Z'],
    ['%Y %j', '2024 366', '2024-12-31T00:00:00.000Z'],
    ['%Y-%m-%d %l:%M %p', '2026-01-02  1:04 pm', '2026-01-02T13:04:00.000Z'],
    ['%Y-%m-%d %I:%M:%S %p', '2026-01-02 12:04:05 AM', '2026-01-02T00:04:05.000Z'],
    ['%Y-%m-%d %r', '2026-01-02 12:04:05 PM', '2026-01-02T12:04:05.000Z'],
    ['%Y-%-m-%-d %-H:%-M:%-S', '2026-1-2 3:4:5', '2026-01-02T03:04:05.000Z'],
    ['%Y%m%d%H%M%S', 'x20261121031459y', '2026-11-21T03:14:59.000Z'],
    ['%Y%n%m%t%d 100%%', '2026\n1\t2 100%', '2026-01-02T00:00:00.000Z'],
    ['%s', 'at 1795230899 x', '2026-11-21T03:14:59.000Z'],
    ['[%s]', '[1795230899162]', '2026-11-21T03:14:59.162Z'],
    ['%s.%f', '1795230899.5', '2026-11-21T03:14:59.500Z'],
    ['%s', '1795230899162717000', '2026-11-21T03:14:59.162Z'],
    ['%k:%M %d.%m.%Y', ' 7:30 2.1.2026', '2026-01-02T07:30:00.000Z'],
    ['%Y年%m月%d日', '於2026年1月2日', '2026-01-02T00:00:00.000Z'],
    ['%S p3 %Y-%m-%d %H:%M', '02 p3 2026-01-02 01:03', '2026-01-02T01:03:02.000Z'],
  ];
  for (const [format, text, time] of golden) {
    assert.equal(read(format, text), time, `${format} on ${JSON.stringify(text)}`);
    const bytes = Buffer.from(text);
    assert.equal(new Date(byPattern(format, 'UTC').parse(bytes, 0, bytes.length, NOON)).toISOString(), time, `${format} by its pattern`);
  }
});

test('what is no time is passed over, and the first that is one is taken', () => {
  assert.equal(read('%Y-%m-%d', '2026-02-30 2026-13-01 0000 2026-02-28 2026-01-01'), '2026-02-28T00:00:00.000Z');
  for (const text of ['2026-01-01 24:00:00', '2026-01-01 23:60:00', '2026-01-01 23:00:61', '2026-00-01 00:00:00', '2026-1-0 00:00:00', '2026-01-01 3:00:00', '', '2026-01-01 03:00:0']) assert.equal(read('%F %T', text), 'none', text);
  assert.equal(read('%I:%M', '13:00'), 'none');
  assert.equal(read('%Y %j', '2026 366'), 'none');
  assert.equal(read('%s', '12345678901'), 'none');
  const late = Buffer.from('2026-99-99');
  assert.equal(parser('%F').found(late, 0, late.length), true);
  assert.equal(parser('%F').found(late, 0, late.length - 9), false);
});

test('%Z: known abbreviations have their offset, the configured zone breaks ties, unknown ones fall back to it', () => {
  const at = (text: string, zone: string): string => read('%F %T %Z', `2026-01-02 12:00:00 ${text}`, zone).slice(11, 16);
  assert.deepEqual(['UTC', 'Z', 'GMT', 'PST', 'PDT', 'CET', 'CEST', 'AEST', 'cest', '-03', '+0545'].map((name) => at(name, 'Europe/Berlin')), ['12:00', '12:00', '12:00', '20:00', '19:00', '11:00', '10:00', '02:00', '10:00', '15:00', '06:15']);
  assert.deepEqual([at('CST', 'UTC'), at('CST', 'Asia/Shanghai'), at('IST', 'UTC'), at('IST', 'Europe/Dublin'), at('XYZ', 'Europe/Berlin'), at('XYZ', 'UTC')], ['18:00', '04:00', '06:30', '11:00', '11:00', '12:00']);
  assert.equal(read('%F %T %Z', '2026-01-02 12:00:00 Started', 'UTC'), 'none');
  assert.equal(read('%F %T', '2026-07-02 12:00:00', 'Local'), '2026-07-02T10:00:00.000Z');
});

test('L50: a date without year lies in the latest year that is not a day ahead', () => {
  const at = (text: string, reference: string, zone = 'UTC'): string => read('%b %d %H:%M:%S', text, zone, Date.parse(reference)).slice(0, 10);
  assert.equal(at('Dec 31 23:59:59', '2027-01-01T00:00:05Z'), '2026-12-31');
  assert.equal(at('Jan  1 00:00:03', '2026-12-31T23:59:58Z'), '2027-01-01');
  assert.equal(at('Jan  1 00:00:03', '2027-01-01T00:00:05Z'), '2027-01-01');
  assert.equal(at('Jan  2 00:00:03', '2026-12-31T23:59:58Z'), '2026-01-02');
  assert.equal(at('Dec 20 10:00:00', '2027-01-20T10:00:00Z'), '2026-12-20');
  assert.equal(at('Jan 20 10:00:00', '2027-01-20T09:00:00Z'), '2027-01-20');
  assert.equal(at('Feb 29 10:00:00', '2024-03-01T00:00:00Z'), '2024-02-29');
  assert.equal(at('Feb 29 10:00:00', '2027-03-01T00:00:00Z'), '2024-02-29');
  assert.equal(at('Feb 29 10:00:00', '1904-02-20T00:00:00Z'), '1896-02-29');
  assert.equal(at('Feb 30 10:00:00', '2024-03-01T00:00:00Z'), 'none');
  // At the turn of the year in the zone of the file, not of UTC.
  assert.equal(at('Jan  1 00:30:00', '2026-12-31T23:31:00Z', 'Europe/Berlin'), '2026-12-31');
  assert.equal(read('%j %H', '060 10', 'UTC', Date.parse('2027-01-01T00:00:00Z')), '2026-03-01T10:00:00.000Z');
  assert.equal(read('%d %H:%M', '31 10:00', 'UTC', Date.parse('2026-07-01T00:00:00Z')), '2026-05-31T10:00:00.000Z');
});

test('a time without a date is of the reference\'s day, or the day before if that were two hours ahead', () => {
  const at = (text: string, reference: string, zone = 'UTC'): string => read('%H:%M:%S', text, zone, Date.parse(reference));
  assert.equal(at('13:59:59', '2026-11-21T12:00:00Z'), '2026-11-21T13:59:59.000Z');
  assert.equal(at('14:00:01', '2026-11-21T12:00:00Z'), '2026-11-20T14:00:01.000Z');
  assert.equal(at('23:59:59', '2027-01-01T00:00:05Z'), '2026-12-31T23:59:59.000Z');
  assert.equal(at('00:10:00', '2026-07-01T22:30:00Z', 'Europe/Berlin'), '2026-07-01T22:10:00.000Z');
});

test('L49: clocks set back: the hour that occurs twice is read in order, and disorder of a few lines does not flip it', () => {
  const stamps = parser('%F %T', 'America/New_York');
  const times = ['00:59:59', '01:00:00', '01:59:30', '01:59:20', '01:59:59', '01:00:00', '01:30:00', '01:29:00', '02:00:00', '01:59:59', '02:30:00'].map((time) => {
    const bytes = Buffer.from(`2026-11-01 ${time}`);
    return new Date(stamps.parse(bytes, 0, bytes.length, NOON)).toISOString().slice(11, 19);
  });
  assert.deepEqual(times, ['04:59:59', '05:00:00', '05:59:30', '05:59:20', '05:59:59', '06:00:00', '06:30:00', '06:29:00', '07:00:00', '06:59:59', '07:30:00']);
});

test('L49: files do not disturb each other: a fork begins without memory, a restart can hand it on', () => {
  const first = parser('%F %T', 'Europe/Berlin');
  const hour = (stamps: TimestampParser, time: string): number => {
    const bytes = Buffer.from(`2026-10-25 ${time}`);
    return new Date(stamps.parse(bytes, 0, bytes.length, NOON)).getUTCHours();
  };
  assert.deepEqual([hour(first, '02:50:00'), hour(first, '02:10:00'), hour(first.fork(), '02:10:00')], [0, 1, 0]);
  const resumed = first.fork();
  resumed.previous = first.previous;
  assert.equal(hour(resumed, '02:11:00'), 1);
});

test('L49: clocks set forward: a time that does not occur is shifted forward', () => {
  assert.equal(read('%F %T', '2026-03-29 02:30:00', 'Europe/Berlin'), '2026-03-29T01:30:00.000Z');
  assert.equal(read('%F %T', '2026-03-29 03:30:00', 'Europe/Berlin'), '2026-03-29T01:30:00.000Z');
  assert.equal(read('%F %T', '2026-03-29 01:59:59', 'Europe/Berlin'), '2026-03-29T00:59:59.000Z');
  assert.equal(read('%F %T', '2026-10-04 02:15:00', 'Australia/Lord_Howe'), '2026-10-03T15:45:00.000Z');
});

const formats = ['%F %T.%f', '%d/%b/%Y:%H:%M:%S %z', '%b %d %H:%M:%S', '%Y%m%d%H%M%S', '%s', '%B %d, %Y %I:%M:%S %p', '[%A %d.%m.%y %H:%M] x', '%H:%M:%S', '%-d.%-m.%Y %-H:%-M:%-S', '%F %T %Z', '%e %h %Y', '%j/%Y %k', '%Z %F', '%m%d %H%M'];
const zones = ['UTC', 'Europe/Berlin', 'America/St_Johns', 'Asia/Kolkata', 'Australia/Lord_Howe', 'Pacific/Apia'];
const pieces = fc.array(fc.oneof(
  fc.constantFrom('2026-01-02', '2026-13-02 ', ' 03:04:05', '.5', ',', '21/Nov/2026:03:14:59 +0000', 'Nov 21 03:14:59', 'nov  1', '17952308991', '1795230899', 'May 05, 2026 12:00:00 am', '[Monday 02.01.26 03:04] x', '1.2.2026 3:4:5', 'CET', 'Z', ' +05:30', '060/2024  7', '1121 0312', '\n', 'é', ' ', '/', ':', '[', '0'),
  fc.string({ maxLength: 3 }),
), { maxLength: 8 }).map((parts) => parts.join(''));

test('reading bytes and reading by the regular expression find the same, frame by frame and chunk by chunk', () => {
  fc.assert(fc.property(fc.constantFrom(...formats), fc.constantFrom(...zones), fc.array(pieces, { minLength: 1, maxLength: 5 }), fc.constantFrom('\n', '\r\n', '', '1'), (format, zone, parts, between) => {
    const frames = framesOf(parts, between);
    const [fast, slow, whole] = [parser(format, zone), byPattern(format, zone), byPattern(format, zone)];
    const text = new ChunkText();
    text.reset(frames);
    const spans = { from: new Int32Array(parts.length), to: new Int32Array(parts.length) };
    whole.parseAll(text, NOON, spans);
    const found = new Uint8Array(parts.length);
    whole.foundAll(text, found);
    for (let i = 0; i < parts.length; i++) {
      const [from, to] = [frames.from[i]!, frames.to[i]!];
      const time = fast.parse(frames.bytes, from, to, NOON);
      assert.equal(slow.parse(frames.bytes, from, to, NOON), time, `${format} on ${JSON.stringify(parts[i])}`);
      assert.equal(frames.time[i], time);
      assert.equal(found[i] === 1, fast.found(frames.bytes, from, to));
      if (Number.isNaN(time)) assert.equal(spans.from[i], -1);
      else assert.deepEqual([slow.matchFrom, slow.matchTo, spans.from[i], spans.to[i]], [fast.matchFrom, fast.matchTo, fast.matchFrom, fast.matchTo]);
    }
  }), { numRuns: 300 });
});

test('a time written in any zone is read back, whatever the format', () => {
  const written = new Map(zones.map((zone) => [zone, new Intl.DateTimeFormat('en-US', { timeZone: zone, hourCycle: 'h23', year: 'numeric', month: 'short', day: '2-digit', hour: '2-digit', minute: '2-digit', second: '2-digit', timeZoneName: 'longOffset' })]));
  const pad = (value: number, width = 2): string => String(value).padStart(width, '0');
  fc.assert(fc.property(fc.constantFrom(...zones), fc.integer({ min: Date.UTC(1971, 0, 2), max: Date.UTC(2037, 0, 1) }), (zone, time) => {
    const parts = Object.fromEntries(written.get(zone)!.formatToParts(time).map(({ type, value }) => [type, value]));
    const fraction = pad(time % 1000, 3);
    const date = `${parts['day']}/${parts['month']}/${parts['year']}`;
    const clock = `${parts['hour']}:${parts['minute']}:${parts['second']}`;
    const offset = (parts['timeZoneName'] ?? '').slice(3, 9) || '+00:00';
    const exact = Buffer.from(`x ${date} ${clock}.${fraction}${offset} y`);
    assert.equal(parser('%d/%b/%Y %H:%M:%S.%f%z', 'UTC').parse(exact, 0, exact.length, NOON), time);
    const here = Buffer.from(`x ${date} ${clock}.${fraction} y`);
    const stamps = parser('%d/%b/%Y %H:%M:%S.%f', zone);
    // Just before it, so that an hour that occurs twice is read in its second occurrence too.
    stamps.previous = time - 1;
    const answer = stamps.parse(here, 0, here.length, NOON);
    if (answer !== time) {
      assert.equal(clock + fraction, new Intl.DateTimeFormat('en-GB', { timeZone: zone, timeStyle: 'medium' }).format(answer) + fraction);
      assert.ok(time - answer > 0 && time - answer <= 3_600_000, `${zone} ${new Date(time).toISOString()}`);
    }
  }), { numRuns: 200 });
});

test('a format that cannot be read is refused with what was probably meant', () => {
  const refused: readonly (readonly [string, RegExp])[] = [
    ['%Y-%Q', /unknown directive %Q; did you mean %s/], ['%L', /did you mean %f/], ['%c', /%a %b %e/], ['%Y %', /lone "%"/], ['%-b', /%-b; did you mean %b/], ['%q', /write %%/], ['no directive', /no directive/], ['%f', /neither a date nor an hour/], ['', /no directive/], ['%Ey', /%E/],
  ];
  for (const [format, message] of refused) {
    const compiled = compileTimestamp(format, 'UTC', 'UTC');
    assert.ok('problem' in compiled, format);
    assert.match(compiled.problem, message);
  }
  const compiled = compileTimestamp('%F', 'Europe/Berlim', 'UTC');
  assert.ok('problem' in compiled && compiled.problem.includes('Europe/Berlim'));
});
