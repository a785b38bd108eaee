import assert from 'node:assert/strict';
import { test } from 'node:test';
import { JOURNAL_ENTRIES } from '../../../src/config/compile-journald.ts';
import { checkDocument, needsInstance } from '../../../src/config/compile.ts';
import { parseJson } from '../../../src/config/parse-json.ts';
import type { JournalEntryPlan } from '../../../src/plan.ts';
import { compiled, lines } from './compiled.ts';
import { ON_EC2, ON_PREMISES } from './facts.ts';

const withJournal = (list: readonly object[], logs: object = {}, sources: object = {}): object =>
  ({ agent: { region: 'eu-central-1' }, logs: { ...logs, logs_collected: { ...sources, journald: { collect_list: list } } } });

function entryOf(entry: object, facts = ON_PREMISES, logs: object = {}): JournalEntryPlan {
  const result = compiled(withJournal([{ log_group_name: 'journal', ...entry }], logs), facts);
  assert.deepEqual(lines(result).filter((line) => line.startsWith('error')), []);
  return result.plan!.journald[0]!;
}

test('a journald entry alone makes a plan, with the defaults of the CloudWatch agent', () => {
  assert.deepEqual(entryOf({}), {
    key: 'journald journal', pointer: `${JOURNAL_ENTRIES}/0`, directory: null, units: [], priority: 6, matches: [], startAt: 'end',
    service: { label: null, region: 'eu-central-1', endpoint: null, roleArn: null, externalId: null, fips: null, dualStack: null },
    naming: { group: [{ kind: 'text', text: 'journal' }], stream: [{ kind: 'text', text: 'web-1' }], pathPattern: null, dateZone: 'Local', groupClass: null, retentionDays: null, kmsKeyId: null, tags: {}, entity: null },
    filters: [], redact: [], maxEventBytes: 262_144,
  });
});

test('its stream is the instance or the host and not that of logs, which its other settings come from', () => {
  const onHost = entryOf({}, ON_PREMISES, { log_stream_name: 'other', tags: { team: 'web' }, redact: ['secrets'] });
  assert.deepEqual([onHost.naming.stream, onHost.naming.tags, onHost.redact], [[{ kind: 'text', text: 'web-1' }], { team: 'web' }, [{ kind: 'secrets' }]]);
  assert.deepEqual(entryOf({}, ON_EC2).naming.stream, [{ kind: 'text', text: ON_EC2.instance!.instanceId }]);
  assert.deepEqual(entryOf({ log_stream_name: '{hostname}-x', redact: [] }).naming.stream.map((part) => (part.kind === 'text' ? part.text : part.kind)).join(''), 'web-1-x');
  const { root } = parseJson('agent.json', JSON.stringify(withJournal([{ log_group_name: 'j' }])));
  assert.ok(needsInstance(checkDocument(root!, []), {}, false), 'the instance is asked for its stream');
});

test('priorities are names or numbers, matches are fields that hold together, and filters keep their order', () => {
  assert.deepEqual(['emerg', 'warning', 'debug', '0', '4', '7'].map((priority) => entryOf({ priority }).priority), [0, 4, 7, 0, 4, 7]);
  assert.deepEqual(entryOf({ matches: [{ _UID: '0', _COMM: 'a=b' }, { UNIT: 'x' }] }).matches, [['_UID=0', '_COMM=a=b'], ['UNIT=x']]);
  assert.deepEqual(entryOf({ filters: [{ type: 'exclude', expression: 'a' }, { type: 'include', expression: 'b' }] }).filters.map(({ type }) => type), ['exclude', 'include']);
});

test('entries of one group have keys of their own, and a wrong one stops none but itself', () => {
  const { plan, problems } = compiled(withJournal([{ log_group_name: 'j', log_stream_name: 'a' }, { log_group_name: 'j', log_stream_name: 'b', priority: 'loud' }, { log_group_name: 'j', log_stream_name: 'c' }], {}, { files: { collect_list: [{ file_path: '/var/log/a.log' }] } }));
  assert.deepEqual(plan!.journald.map(({ key }) => key), ['journald j', 'journald j#3']);
  assert.deepEqual(plan!.disabled.map(({ pointer, pattern }) => [pointer, pattern]), [[`${JOURNAL_ENTRIES}/1`, 'journald j']]);
  assert.match(plan!.disabled[0]!.reason, /^priority: "loud" is not allowed/);
  assert.equal(plan!.entries.length, 1);
  assert.equal(problems.filter(({ severity }) => severity === 'error').length, 1);
});

test('files and the journal agree on their groups', () => {
  const files = { files: { collect_list: [{ file_path: '/var/log/a.log', log_group_name: 'g', retention_in_days: 7, tags: { a: 'b' } }] } };
  assert.deepEqual([compiled(withJournal([{ log_group_name: 'g' }], {}, files)).plan!.journald[0]!.naming.tags], [{ a: 'b' }]);
  const { plan, problems } = compiled(withJournal([{ log_group_name: 'G', retention_in_days: 30 }], {}, files));
  assert.deepEqual([plan!.entries.length, plan!.journald.length], [1, 0]);
  assert.ok(problems.some(({ pointer, message }) => pointer === `${JOURNAL_ENTRIES}/0/retention_in_days` && message.includes('7 days')));
});
