import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Ajv } from 'ajv';
import * as fc from 'fast-check';
import { SCHEMA_TEXT } from '../../../src/config/generated/schema.generated.ts';
import { nearest } from '../../../src/config/nearest.ts';
import { parseJson } from '../../../src/config/parse-json.ts';
import { formatProblem, type Problem } from '../../../src/config/problem.ts';
import type { Schema } from '../../../src/config/schema.ts';
import { validate } from '../../../src/config/validate.ts';
import { nearSchema } from './near-schema.ts';

const problemsOf = (document: unknown): readonly Problem[] => validate(parseJson('agent.json', JSON.stringify(document, null, 1)).root!);
const inEntry = (entry: object): object => ({ logs: { logs_collected: { files: { collect_list: [{ file_path: '/a', ...entry }] } } } });

test('an unknown key is reported once, at the key, with what was probably meant', () => {
  const problems = problemsOf(inEntry({ log_group_nam: 'x' }));
  assert.deepEqual(problems.map((problem) => formatProblem(problem, false)), [
    'agent.json:8:7 error /logs/logs_collected/files/collect_list/0/log_group_nam: unknown key; did you mean "log_group_name"?',
  ]);
});

test('one cause is one problem: a wrong type hides the other rules, and no branch of a choice is listed', () => {
  assert.equal(problemsOf(inEntry({ max_event_size: '5' })).length, 1);
  assert.equal(problemsOf({ logs: {} }).length, 1);
  assert.equal(problemsOf({ agent: { debug: 'yes' } }).length, 1);
});

test('all problems of a document are found together', () => {
  const pointers = problemsOf({ agent: { region: 1 }, logs: { gzip: 'maybe', logs_collected: { files: { collect_list: [{ retention_in_days: 2 }] } } } }).map(({ pointer }) => pointer);
  assert.deepEqual(pointers.toSorted(), ['/agent/region', '/logs/gzip', '/logs/logs_collected/files/collect_list/0', '/logs/logs_collected/files/collect_list/0/retention_in_days']);
});

test('a section that is not run is one note, an unknown one a warning, and one of the wrong type a warning', () => {
  const severities = problemsOf({ metrics: { metrics_collected: { mem: { measurement: ['used'] } } }, traces: 1, csm: {}, mertics: {} }).map(({ severity, pointer }) => `${severity} ${pointer}`);
  assert.deepEqual(severities.toSorted(), ['note /csm', 'note /metrics', 'warning /mertics', 'warning /traces']);
});

test('an error inside a section that is not run is said, at its key', () => {
  const lines = problemsOf({ metrics: { metrics_collected: { cpu: { measurement: ['usage_idle'], totalcpu: 'yes' } } } }).map(({ severity, pointer }) => `${severity} ${pointer}`);
  assert.deepEqual(lines, ['note /metrics', 'error /metrics/metrics_collected/cpu/totalcpu']);
});

test('where one of several keys is needed, the message names them', () => {
  const missing = (document: unknown): readonly string[] => problemsOf(document).filter(({ severity }) => severity === 'error').map(({ message }) => message);
  assert.deepEqual(missing({ metrics: { metrics_collected: { procstat: [{ measurement: ['cpu_usage'] }] } } }), ['"pid_file", "exe" or "pattern" is missing']);
  assert.deepEqual(missing({ metrics: { metrics_collected: { jmx: { endpoint: 'localhost:1' } } } }), ['"jvm", "kafka", "kafka-consumer", "kafka-producer" or "tomcat" is missing']);
  assert.deepEqual(missing({ logs: {} }), ['"logs_collected" or "metrics_collected" is missing']);
});

test('of two equal items the second is the error, whatever the order of their keys', () => {
  const entry = { file_path: '/a', log_group_name: 'g' };
  const problems = problemsOf({ logs: { logs_collected: { files: { collect_list: [entry, { log_group_name: 'g', file_path: '/a' }, { file_path: '/b' }] } } } });
  assert.deepEqual(problems.map(({ pointer, message }) => [pointer, message]), [['/logs/logs_collected/files/collect_list/1', 'this is the same as /logs/logs_collected/files/collect_list/0, word for word']]);
});

test('a document has errors exactly where ajv finds that it violates the schema', () => {
  const schema = JSON.parse(SCHEMA_TEXT) as Schema;
  const ajv = new Ajv({ strict: false });
  const satisfies = ajv.compile(schema);
  let valid = 0;
  fc.assert(fc.property(nearSchema(schema, schema.definitions ?? {}), (document) => {
    // What is no section is a warning here.
    const sections = Object(document) as Record<string, unknown>;
    fc.pre(!['metrics', 'traces', 'opentelemetry'].some((key) => key in sections && (typeof sections[key] !== 'object' || sections[key] === null || Array.isArray(sections[key]))));
    const errors = problemsOf(document).filter(({ severity }) => severity === 'error');
    assert.equal(errors.length === 0, satisfies(JSON.parse(JSON.stringify(document))), JSON.stringify({ document, errors, of: ajv.errorsText(satisfies.errors) }));
    if (errors.length === 0) valid += 1;
  }), { numRuns: 2000 });
  assert.ok(valid > 200, `only ${valid} of the documents were valid`);
});

test('no message speaks the language of the schema validator', () => {
  fc.assert(fc.property(fc.record({ agent: fc.jsonValue({ maxDepth: 2 }), logs: fc.dictionary(fc.constantFrom('gzip', 'concurrency', 'logs_collected', 'credentials', 'endpoint_override', 'x'), fc.jsonValue({ maxDepth: 2 })) }, { requiredKeys: [] }), (document) => {
    for (const { message, expected, line } of problemsOf(document)) {
      const ownWords = `${message} ${expected}`.replaceAll(/"(?:[^"\\]|\\.)*"/g, '');
      assert.doesNotMatch(ownWords, /schema|must |propert|undefined|instance/);
      assert.ok(line !== null && line >= 1);
    }
  }), { numRuns: 100 });
});

test('a suggestion is made for a slip and not for another word', () => {
  assert.equal(nearest('log_goup_name', ['log_group_name', 'log_stream_name']), 'log_group_name');
  assert.equal(nearest('log-group-name', ['log_group_name']), 'log_group_name');
  assert.equal(nearest('fiel_path', ['file_path', 'filters']), 'file_path');
  assert.equal(nearest('tags', ['file_path', 'follow', 'filters']), null);
});
