import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { ExpositionFault, formOf, samplesOf } from '../../../../src/metrics/prometheus/exposition.ts';
import type { ExpositionForm } from '../../../../src/metrics/prometheus/exposition.ts';
import type { FamilyKind, Sample, SampleRole } from '../../../../src/metrics/prometheus/sample.ts';

const read = (text: string, form: ExpositionForm = 'text'): readonly Sample[] => [...samplesOf(Buffer.from(text), form)];
const short = ({ name, labels, value, time, kind, role }: Sample): unknown[] => [name, Object.fromEntries(labels), value, time, kind, role];

test('the example of the text format is read as Prometheus reads it', () => {
  const samples = read(String.raw`# HELP http_requests_total The total number of HTTP requests.
# TYPE http_requests_total counter
http_requests_total{method="post",code="200"} 1027 1395066363000
http_requests_total{method="post",code="400"}    3 1395066363000

# Escaping in label values:
msdos_file_access_time_seconds{path="C:\\DIR\\FILE.TXT",error="Cannot find file:\n\"FILE.TXT\""} 1.458255915e9

# Minimalistic line:
metric_without_timestamp_and_labels 12.47

something_weird{problem="division by zero"} +Inf -3982045

# TYPE http_request_duration_seconds histogram
http_request_duration_seconds_bucket{le="0.05"} 24054
http_request_duration_seconds_bucket{le="+Inf"} 144320
http_request_duration_seconds_sum 53423
http_request_duration_seconds_count 144320

# TYPE rpc_duration_seconds summary
rpc_duration_seconds{quantile="0.01",} 3102
rpc_duration_seconds_sum 1.7560473e+07
  rpc_duration_seconds_count	2693
`);
  assert.deepEqual(samples.map(short), [
    ['http_requests_total', { method: 'post', code: '200' }, 1027, 1395066363000, 'counter', 'value'],
    ['http_requests_total', { method: 'post', code: '400' }, 3, 1395066363000, 'counter', 'value'],
    ['msdos_file_access_time_seconds', { path: String.raw`C:\DIR\FILE.TXT`, error: 'Cannot find file:\n"FILE.TXT"' }, 1458255915, null, 'untyped', 'value'],
    ['metric_without_timestamp_and_labels', {}, 12.47, null, 'untyped', 'value'],
    ['something_weird', { problem: 'division by zero' }, Infinity, -3982045, 'untyped', 'value'],
    ['http_request_duration_seconds_bucket', { le: '0.05' }, 24054, null, 'histogram', 'bucket'],
    ['http_request_duration_seconds_bucket', { le: '+Inf' }, 144320, null, 'histogram', 'bucket'],
    ['http_request_duration_seconds_sum', {}, 53423, null, 'histogram', 'sum'],
    ['http_request_duration_seconds_count', {}, 144320, null, 'histogram', 'count'],
    ['rpc_duration_seconds', { quantile: '0.01' }, 3102, null, 'summary', 'value'],
    ['rpc_duration_seconds_sum', {}, 17560473, null, 'summary', 'sum'],
    ['rpc_duration_seconds_count', {}, 2693, null, 'summary', 'count'],
  ]);
});

test('OpenMetrics is read with its times in seconds, its exemplars passed over and its suffixes known', () => {
  const samples = read(`# TYPE asked counter
# UNIT asked requests
asked_total{a="b"} 17.0 1520879607.789 # {trace_id="KOO5S4vxi0o"} 0.67 1520879607.789
asked_created{a="b"} 1520430000.123
# TYPE build info
build_info{version="8.2.7"} 1
# TYPE on stateset
on{on="a"} 1
# TYPE sizes gaugehistogram
sizes_bucket{le="+Inf"} 4 # {} 1
sizes_gsum 9
sizes_gcount 4
# TYPE what unknown
what NaN
# EOF
`, 'openmetrics');
  assert.deepEqual(samples.map(short), [
    ['asked_total', { a: 'b' }, 17, 1520879607789, 'counter', 'value'],
    ['asked_created', { a: 'b' }, 1520430000.123, null, 'counter', 'created'],
    ['build_info', { version: '8.2.7' }, 1, null, 'info', 'value'],
    ['on', { on: 'a' }, 1, null, 'stateset', 'value'],
    ['sizes_bucket', { le: '+Inf' }, 4, null, 'gaugehistogram', 'bucket'],
    ['sizes_gsum', {}, 9, null, 'gaugehistogram', 'sum'],
    ['sizes_gcount', {}, 4, null, 'gaugehistogram', 'count'],
    ['what', {}, NaN, null, 'untyped', 'value'],
  ]);
});

test('what is no exposition is refused with its place, and nothing of what it holds', () => {
  for (const [text, form, message] of [
    ['x', 'text', 'line 1, column 2: no number as the value'],
    ['\n\n9x 1', 'text', 'line 3, column 1: no metric name'],
    ['x{a=1} 1', 'text', 'line 1, column 5: a label value that is not in quotes, or has no end'],
    ['x{a="1', 'text', 'line 1, column 5: a label value that is not in quotes, or has no end'],
    ['x{a="1\\"', 'text', 'line 1, column 5: a label value that is not in quotes, or has no end'],
    ['x{a="1" b="2"} 1', 'text', 'line 1, column 9: no comma between two labels'],
    ['x{a="1",a="2"} 1', 'text', 'line 1, column 14: a label for the second time'],
    ['x{9="1"} 1', 'text', 'line 1, column 3: no label name'],
    ['x{a} 1', 'text', 'line 1, column 4: a label without ='],
    ['x 0x1p3', 'text', 'line 1, column 3: no number as the value'],
    ['x 1_000', 'text', 'line 1, column 3: no number as the value'],
    ['x 1 1.5', 'text', 'line 1, column 8: a timestamp that is none'],
    ['x 1 2 3', 'text', 'line 1, column 7: something behind the sample'],
    ['x 1 # {a="b"} 1', 'text', 'line 1, column 5: something behind the sample'],
    ['# TYPE x gouge', 'text', 'line 1, column 1: a TYPE that does not exist'],
    ['# TYPE x constructor', 'text', 'line 1, column 1: a TYPE that does not exist'],
    ['x 1\n', 'openmetrics', 'the answer does not end with # EOF: it was cut short'],
    ['# EOF\nx 1\n', 'openmetrics', 'line 2: it comes after # EOF'],
    ['x 1 # 3\n# EOF', 'openmetrics', 'line 1, column 7: an exemplar without labels'],
  ] as const) assert.throws(() => read(text, form), { name: 'ExpositionFault', message }, text);
  assert.throws(() => [...samplesOf(Uint8Array.of(0x78, 0xff), 'text')], { message: 'the answer is not UTF-8' });
});

test('a sample named like a histogram is none of it: its type is not known', () => {
  assert.deepEqual(read('# TYPE h histogram\nh 1\nh_total 2\n# TYPE g gauge\ng_sum 3\n').map(({ kind, role }) => `${kind} ${role}`), ['untyped value', 'untyped value', 'untyped value']);
});

test('the media type alone decides the form', () => {
  assert.deepEqual(['application/openmetrics-text; version=1.0.0; charset=utf-8', 'APPLICATION/OPENMETRICS-TEXT', 'text/plain; version=0.0.4', '', 'application/openmetrics-textual'].map(formOf), ['openmetrics', 'openmetrics', 'text', 'text', 'text']);
});

const name = fc.stringMatching(/^[a-zA-Z_:][a-zA-Z0-9_:]{0,12}$/);
const labels = fc.uniqueArray(fc.tuple(fc.stringMatching(/^[a-zA-Z_][a-zA-Z0-9_]{0,8}$/), fc.string({ unit: 'binary' })), { selector: ([key]) => key, maxLength: 5 });
const value = fc.oneof(fc.double(), fc.integer(), fc.constantFrom(NaN, Infinity, -Infinity, 0));
const form = fc.constantFrom<ExpositionForm>('text', 'openmetrics');
const ROLES = {
  counter: [['', 'value'], ['_total', 'value'], ['_created', 'created']], gauge: [['', 'value']], untyped: [['', 'value']], stateset: [['', 'value']], info: [['_info', 'value']],
  summary: [['', 'value'], ['_sum', 'sum'], ['_count', 'count']], histogram: [['_bucket', 'bucket'], ['_sum', 'sum'], ['_count', 'count']],
  gaugehistogram: [['_bucket', 'bucket'], ['_gsum', 'sum'], ['_gcount', 'count']],
} satisfies Record<FamilyKind, readonly [string, SampleRole][]>;
const written = (number: number): string => (number === Infinity ? '+Inf' : number === -Infinity ? '-Inf' : Object.is(number, -0) ? '-0' : String(number));
const quoted = (text: string): string => `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`;

test('a family that is written in either form is read back as it was', () => {
  fc.assert(fc.property(form, name, fc.constantFrom(...Object.keys(ROLES) as FamilyKind[]), fc.array(fc.tuple(fc.nat(), labels, value, fc.option(fc.integer())), { maxLength: 8 }), (form, family, kind, rows) => {
    const expected = rows.map(([pick, own, number, time]): Sample => {
      const [suffix, role] = ROLES[kind][pick % ROLES[kind].length]!;
      return { name: family + suffix, labels: new Map(own), value: number, time, kind, role };
    });
    const text = [
      `# HELP ${family} anything \\n "at" all`, `# TYPE ${family} ${kind}`,
      ...expected.map((sample) => `${sample.name}{${[...sample.labels].map(([key, text]) => `${key}=${quoted(text)}`).join(',')}} ${written(sample.value)}${sample.time === null ? '' : ` ${form === 'text' ? sample.time : `${sample.time / 1000}`}`}`),
      ...(form === 'openmetrics' ? ['# EOF'] : []), '',
    ].join('\n');
    assert.deepEqual(read(text, form), expected);
  }));
});

test('any bytes are read or refused with an ExpositionFault, never with another error', () => {
  const soup = fc.array(fc.oneof(fc.constantFrom('x', ' ', '{', '}', '"', '\\', '=', ',', '#', '\n', ' 1', '# TYPE x histogram\n', '# EOF', 'x_bucket{le="1"}', 'NaN', '\t'), fc.string({ unit: 'binary' })), { maxLength: 30 }).map((parts) => Buffer.from(parts.join('')));
  fc.assert(fc.property(fc.oneof(fc.uint8Array({ maxLength: 200 }), soup), form, (bytes, form) => {
    try {
      for (const sample of samplesOf(bytes, form)) assert.ok(sample.name.length > 0);
    } catch (error) {
      assert.ok(error instanceof ExpositionFault, String(error));
    }
  }));
});

test('a label value of a megabyte is read like any other', () => {
  const [sample] = read(`x{a="${'\\\\'.repeat(500_000)}"} 1`);
  assert.equal(sample!.labels.get('a')!.length, 500_000);
});
