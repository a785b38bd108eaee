import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { plainValue, type JsonNode } from '../../../src/config/json-tree.ts';
import { canonicalJson, mergeDocuments } from '../../../src/config/merge.ts';
import { parseJson } from '../../../src/config/parse-json.ts';

const rootOf = (file: string, value: unknown): JsonNode => parseJson(file, JSON.stringify(value)).root!;
const entries = (...list: object[]): object => ({ logs: { logs_collected: { files: { collect_list: list } } } });
const collected = (plugins: object): object => ({ metrics: { metrics_collected: plugins } });

/** The documents as one, and the pointers that contradict each other. */
function merged(...documents: readonly object[]): { readonly value: unknown; readonly conflicts: readonly string[] } {
  const { root, problems } = mergeDocuments(documents.map((document, index) => rootOf(`${index}.json`, document)));
  return { value: plainValue(root!), conflicts: problems.map(({ pointer }) => pointer) };
}
const agree = (documents: readonly object[], expected: object): void => { assert.deepEqual(merged(...documents), { value: expected, conflicts: [] }); };

test('objects are merged key by key and collect_lists joined, equal entries once', () => {
  agree([
    { agent: { region: 'x' }, ...entries({ file_path: '/a', encoding: 'gbk' }) },
    { agent: { region: 'x', debug: true }, ...entries({ encoding: 'gbk', file_path: '/a' }, { file_path: '/b' }, { file_path: '/b' }) },
  ], { agent: { region: 'x', debug: true }, ...entries({ file_path: '/a', encoding: 'gbk' }, { file_path: '/b' }) });
});

test('two values for one key are an error that names both files, and the first is kept', () => {
  const { root, problems } = mergeDocuments([rootOf('a.json', { agent: { region: 'x' } }), rootOf('b.json', { agent: { region: 'y' } })]);
  assert.deepEqual(plainValue(root!), { agent: { region: 'x' } });
  assert.deepEqual(problems.map(({ severity, file, line, column, pointer, message }) => [severity, file, line, column, pointer, message]), [
    ['error', 'b.json', 1, 20, '/agent/region', 'a different value is given in a.json:1:20'],
  ]);
});

test('sections of different files stand beside each other, empty ones too', () => {
  agree([{ agent: {}, ...collected({ cpu: { totalcpu: true } }) }, { ...collected({ mem: { measurement: ['used'] } }), traces: { traces_collected: { xray: {} } } }, {}], {
    agent: {}, ...collected({ cpu: { totalcpu: true }, mem: { measurement: ['used'] } }), traces: { traces_collected: { xray: {} } },
  });
});

test('the same plugin in the same words agrees, whatever the order of its keys', () => {
  agree([collected({ cpu: { totalcpu: true, resources: ['*'] } }), collected({ cpu: { resources: ['*'], totalcpu: true } })], collected({ cpu: { totalcpu: true, resources: ['*'] } }));
});

test('lists of procstat, files, Windows events, journald and usage metadata are joined', () => {
  const collectLists = (name: string, item: string): object => ({ logs: { logs_collected: { [name]: { collect_list: [{ id: item }] } } } });
  for (const name of ['files', 'windows_events', 'journald']) {
    agree([collectLists(name, 'a'), collectLists(name, 'b')], { logs: { logs_collected: { [name]: { collect_list: [{ id: 'a' }, { id: 'b' }] } } } });
  }
  const procstat = (exe: string): object => ({ exe, measurement: ['pid_count'] });
  agree([collected({ procstat: [procstat('a')] }), collected({ procstat: [procstat('b'), procstat('a')] })], collected({ procstat: [procstat('a'), procstat('b')] }));
  agree([{ agent: { usage_metadata: ['a'] } }, { agent: { usage_metadata: ['b', 'a'] } }], { agent: { usage_metadata: ['a', 'b'] } });
});

test('jmx and otlp that differ become a list of both, and lists of them are joined', () => {
  const [first, second, third] = [{ endpoint: 'a' }, { endpoint: 'b' }, { endpoint: 'c' }];
  for (const name of ['jmx', 'otlp']) {
    agree([collected({ [name]: first }), collected({ [name]: first })], collected({ [name]: first }));
    agree([collected({ [name]: first }), collected({ [name]: second })], collected({ [name]: [first, second] }));
    agree([collected({ [name]: [first, second] }), collected({ [name]: [second, third] })], collected({ [name]: [first, second, third] }));
    agree([collected({ [name]: first }), collected({ [name]: [second, first] })], collected({ [name]: [first, second] }));
  }
});

test('different intervals, cpu sections and stream names contradict each other', () => {
  assert.deepEqual(merged({ agent: { metrics_collection_interval: 10 } }, { agent: { metrics_collection_interval: 60 } }).conflicts, ['/agent/metrics_collection_interval']);
  assert.deepEqual(merged(collected({ cpu: { totalcpu: true } }), collected({ cpu: { totalcpu: true, resources: ['*'] } })).conflicts, ['/metrics/metrics_collected/cpu']);
  assert.deepEqual(merged({ logs: { log_stream_name: 'a' } }, { logs: { log_stream_name: 'b' } }).conflicts, ['/logs/log_stream_name']);
});

test('what has no rule of its own must be the same as a whole', () => {
  for (const [pointer, make] of Object.entries<(value: string) => object>({
    '/metrics/append_dimensions': (value) => ({ metrics: { append_dimensions: { [value]: '1' } } }),
    '/metrics/aggregation_dimensions': (value) => ({ metrics: { aggregation_dimensions: [[value]] } }),
    '/metrics/metrics_collected/statsd': (value) => collected({ statsd: { [value]: 1 } }),
    '/agent/credentials': (value) => ({ agent: { credentials: { [value]: '1' } } }),
    '/logs/metrics_collected/emf': (value) => ({ logs: { metrics_collected: { emf: { [value]: 1 } } } }),
    '/csm': (value) => ({ csm: { [value]: 1 } }),
  })) assert.deepEqual(merged(make('a'), make('b')).conflicts, [pointer]);
});

test('an object against a list or a text is an error, not a silent choice', () => {
  assert.deepEqual(merged({ logs: { logs_collected: { files: { collect_list: [] } } } }, { logs: { logs_collected: { files: [] } } }).conflicts, ['/logs/logs_collected/files']);
  assert.deepEqual(merged({ agent: {} }, { agent: 'x' }).conflicts, ['/agent']);
  assert.deepEqual(merged(collected({ jmx: {} }), collected({ jmx: 'x' })).conflicts, ['/metrics/metrics_collected/jmx']);
});

test('a document merged with itself is itself', () => {
  const document = fc.record({ agent: fc.dictionary(fc.string(), fc.jsonValue()), logs: fc.jsonValue(), metrics: fc.dictionary(fc.string(), fc.jsonValue()) });
  fc.assert(fc.property(document, (value) => {
    const { value: twice, conflicts } = merged(value, value);
    assert.deepEqual([canonicalJson(twice), conflicts], [canonicalJson(JSON.parse(JSON.stringify(value))), []]);
  }));
});
