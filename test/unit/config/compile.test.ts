import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { wholeSchema, withoutProse } from '../../../scripts/config-schema.ts';
import { ENTRIES } from '../../../src/config/compile-logs.ts';
import type { ServicePlan } from '../../../src/plan.ts';
import { nearSchema } from './near-schema.ts';
import { compiled, entryOf, lines, withEntries } from './compiled.ts';
import { ON_EC2, ON_PREMISES } from './facts.ts';
import { assertQuick } from '../../support/quick.ts';

const A = { file_path: '/var/log/a.log' };
const B = { file_path: '/var/log/b.log' };
const SERVICE: ServicePlan = { label: null, region: 'eu-central-1', endpoint: null, roleArn: null, externalId: null, fips: null, dualStack: null };

test('an entry without settings has the documented defaults', () => {
  assert.deepEqual(entryOf({}), {
    key: '/var/log/app.log',
    pointer: `${ENTRIES}/0`,
    pattern: '/var/log/app.log',
    exclude: null,
    follow: 'newest',
    startAt: 'start',
    service: SERVICE,
    naming: { group: [{ kind: 'text', text: '/var/log/app' }], stream: [{ kind: 'text', text: 'web-1' }], pathPattern: null, dateZone: 'Local', groupClass: null, retentionDays: null, kmsKeyId: null, tags: {}, entity: null },
    framing: { encoding: 'utf-8', start: { kind: 'nonspace' }, multilineTimeoutMs: 1000, partialLineTimeoutMs: 30_000, maxEventBytes: 262_144 },
    timestamp: null,
    filters: [],
    redact: [],
    autoRemoval: false,
  });
});

test('settings of logs have the documented defaults', () => {
  const { plan } = compiled(withEntries([A]));
  assert.deepEqual(plan!.delivery, {
    flushMs: 5000, window: 1, maxRequests: 16, maxBatchBytes: 1_048_576, compression: 'auto', budgetBytes: 33_554_432, undeliverable: 'quarantine', connectTimeoutMs: 5000, requestTimeoutMs: 30_000,
  });
  assert.deepEqual(plan!.reading, { maxDeletedBytes: 1_073_741_824, maxDeletedAgeMs: 86_400_000 });
  assert.deepEqual([plan!.service, plan!.disabled, plan!.ownLogs], [SERVICE, [], []]);
});

test('the plan is frozen all the way down', () => {
  const { plan } = compiled(withEntries([{ ...A, filters: [{ type: 'include', expression: 'x' }] }]));
  assert.ok(Object.isFrozen(plan) && Object.isFrozen(plan!.entries) && Object.isFrozen(plan!.entries[0]!.filters[0]!.pattern));
});

test('concurrency is the window, and room is made for it', () => {
  const delivery = (logs: object): readonly number[] => {
    const plan = compiled(withEntries([A], logs)).plan!;
    return [plan.delivery.window, plan.delivery.maxRequests];
  };
  assert.deepEqual(delivery({ concurrency: 4 }), [4, 16]);
  assert.deepEqual(delivery({ concurrency: 40 }), [40, 40]);
  assert.deepEqual(delivery({ concurrency: 40, max_requests: 8 }), [40, 8]);
  assert.deepEqual(delivery({ concurrency: 4000 }), [4000, 256]);
});

test('an event never exceeds the batch: the default follows a lowered max_batch_size, an explicit size is refused', () => {
  assert.equal(entryOf({}, ON_PREMISES, { max_batch_size: 65_536 }).framing.maxEventBytes, 65_536);
  const { plan, problems } = compiled(withEntries([{ ...A, max_event_size: 65_537 }], { max_batch_size: 65_536 }));
  assert.equal(plan, null);
  assert.match(problems[0]!.message, /fits in no request/);
});

test('a start pattern waits 5 s for its next line, the implied one 1 s, multi_line_timeout wins', () => {
  const framing = (entry: object): readonly unknown[] => {
    const { start, multilineTimeoutMs } = entryOf(entry).framing;
    return [start.kind, multilineTimeoutMs];
  };
  assert.deepEqual(framing({ multi_line_start_pattern: String.raw`^\d` }), ['pattern', 5000]);
  assert.deepEqual(framing({ multi_line_start_pattern: '{timestamp_format}', timestamp_format: '%Y' }), ['timestamp', 5000]);
  assert.deepEqual(framing({ multi_line_start_pattern: String.raw`^[\S]` }), ['nonspace', 5000]);
  assert.deepEqual(framing({ multi_line_start_pattern: '^.*' }), ['line', 5000]);
  assert.deepEqual(framing({ multi_line_timeout: 0.25 }), ['nonspace', 250]);
});

test('publish_multi_logs follows all matches, without it the newest, and follow wins over both', () => {
  assert.equal(entryOf({ publish_multi_logs: true }).follow, 'all');
  assert.equal(entryOf({ publish_multi_logs: false }).follow, 'newest');
  assert.equal(entryOf({ publish_multi_logs: true, follow: 'newest' }).follow, 'newest');
  assert.equal(entryOf({ follow: 'all' }).follow, 'all');
});

test('the zone of timestamps is local unless another is named', () => {
  const zone = (timezone?: string): string | undefined => entryOf({ timestamp_format: '%Y-%m-%d', ...(timezone === undefined ? {} : { timezone }) }).timestamp?.zone;
  assert.deepEqual([zone(), zone('LOCAL'), zone('Local'), zone('UTC'), zone('Asia/Kolkata')], ['Local', 'Local', 'Local', 'UTC', 'Asia/Kolkata']);
});

test('later entries of one path have keys of their own', () => {
  const { plan } = compiled(withEntries([A, { ...A, encoding: 'gbk' }, B, { ...A, encoding: 'big5' }]));
  assert.deepEqual(plan!.entries.map(({ key }) => key), ['/var/log/a.log', '/var/log/a.log#2', '/var/log/b.log', '/var/log/a.log#3']);
});

test('a bad entry disables itself alone, with its reason', () => {
  const { plan } = compiled(withEntries([{ ...A, blacklist: '(' }, { ...B, retention_in_days: 2 }, { file_path: '/var/log/c.log' }]));
  assert.deepEqual(plan!.entries.map(({ pattern }) => pattern), ['/var/log/c.log']);
  assert.deepEqual(plan!.disabled.map(({ pointer, pattern }) => [pointer, pattern]), [[`${ENTRIES}/0`, '/var/log/a.log'], [`${ENTRIES}/1`, '/var/log/b.log']]);
  assert.match(plan!.disabled[0]!.reason, /^blacklist: /);
  assert.match(plan!.disabled[1]!.reason, /^retention_in_days: 2 is not allowed/);
});

test('a wrong setting that reaches one value has its default, one that may send logs elsewhere stops everything', () => {
  assert.equal(compiled(withEntries([A], { concurrency: 'x' })).plan?.delivery.window, 1);
  assert.notEqual(compiled(withEntries([A], {}, { region: 'eu-central-1', debug: 7 })).plan, null);
  for (const logs of [{ endpoint_override: 'x' }, { endpoint_overide: 'https://a.example' }, { credentials: { role_arn: '${NO}' } }, { credentials: { role: 'x' } }, { log_stream_name: 'a:b' }]) {
    assert.equal(compiled(withEntries([A], logs)).plan, null, JSON.stringify(logs));
  }
});

test('equal entries and contradicting groups are errors of the later entry, naming the earlier one', () => {
  const { plan, problems } = compiled(withEntries([
    { ...A, log_group_name: 'App', retention_in_days: 7, log_group_class: 'standard' },
    { ...B, log_group_name: 'app', retention_in_days: 30 },
    { log_group_class: 'standard', retention_in_days: 7, log_group_name: 'App', ...A },
    { ...B, log_group_name: 'APP', log_group_class: 'INFREQUENT_ACCESS' },
    { ...B, log_group_name: 'APP', retention_in_days: -1 },
  ]));
  assert.deepEqual(plan!.entries.map(({ pointer }) => pointer), [`${ENTRIES}/0`, `${ENTRIES}/4`]);
  const errors = problems.filter(({ severity }) => severity === 'error');
  assert.deepEqual(errors.map(({ pointer }) => pointer), [`${ENTRIES}/1/retention_in_days`, `${ENTRIES}/2`, `${ENTRIES}/3/log_group_class`]);
  for (const { message } of errors) assert.match(message, /collect_list\/0/);
});

test('two entries that write one stream are pointed out', () => {
  assert.deepEqual(lines(compiled(withEntries([{ ...A, log_group_name: 'g' }, { ...B, log_group_name: 'g' }]))), [
    `note ${ENTRIES}/1: writes the same stream as ${ENTRIES}/0 (group g, stream web-1): their events are interleaved`,
  ]);
});

test('the agent\'s own log file is never followed, and an entry for it is told so', () => {
  const { plan, problems } = compiled(withEntries([A], {}, { region: 'x', logfile: '/var/log/a.log' }), ON_EC2);
  assert.deepEqual(plan!.ownLogs, ['/var/log/a.log']);
  assert.match(problems[0]!.message, /own log file/);
});

test('a document without files to collect has no plan', () => {
  const { plan, problems } = compiled({ metrics: { metrics_collected: { mem: { measurement: ['used'] } } } });
  assert.equal(plan, null);
  assert.equal(problems.filter(({ severity }) => severity === 'error').length, 1);
});

test('an error inside a section that is not run stops no file entry', () => {
  const sections = {
    metrics: { metrics_collected: { cpu: { measurement: ['usage_idel'] }, procstat: [{ measurement: [] }] } }, traces: { x: 1 }, opentelemetry: { collect: { files: {} } },
  };
  const document = withEntries([A], { metrics_collected: { emf: { service_address: ':1' }, ecs: 5 } }) as { readonly logs: { readonly logs_collected: object } };
  const { plan, problems } = compiled({ ...document, ...sections, logs: { ...document.logs, logs_collected: { ...document.logs.logs_collected, journald: {}, windows_events: { collect_list: [] } } } });
  assert.deepEqual(problems.filter(({ severity }) => severity === 'error').map(({ pointer }) => pointer), [
    '/logs/metrics_collected/emf/service_address', '/logs/metrics_collected/ecs', '/logs/logs_collected/journald', '/logs/logs_collected/windows_events/collect_list',
    '/metrics/metrics_collected/cpu/measurement/0', '/metrics/metrics_collected/procstat/0', '/traces', '/traces/x', '/opentelemetry/collect/files',
  ]);
  assert.deepEqual([plan?.entries.length, plan?.disabled], [1, []]);
});

test('no document of any shape makes checking it fail', () => {
  const schema = withoutProse(wholeSchema());
  fc.assert(fc.property(nearSchema(schema, schema.definitions ?? {}, 8), (document) => {
    const { plan, problems } = compiled(document);
    assert.ok(plan !== null || problems.length > 0);
  }), { numRuns: 1000 });
});

test('16,000 entries with patterns and timestamps are compiled in under two seconds', () => {
  const entries = Array.from({ length: 16_000 }, (_, index) => ({ file_path: `/var/log/app-${index}.log`, log_group_name: 'apps', log_stream_name: `s-${index}`, multi_line_start_pattern: '{timestamp_format}', timestamp_format: '%Y-%m-%d %H:%M:%S', timezone: index % 2 === 0 ? 'UTC' : 'Europe/Berlin', blacklist: '\\.old$', filters: [{ type: 'include', expression: `ERROR|x${index % 100}` }] }));
  const before = process.cpuUsage();
  assert.equal(compiled(withEntries(entries)).plan!.entries.length, 16_000);
  const { user, system } = process.cpuUsage(before);
  assertQuick((user + system) / 1_000, 2_000, 'compiling (time of the processor)');
});
