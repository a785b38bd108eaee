import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { nearest } from '../../../src/config/nearest.ts';
import { parseJson } from '../../../src/config/parse-json.ts';
import { formatProblem, type Problem } from '../../../src/config/problem.ts';
import { validate } from '../../../src/config/validate.ts';

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

test('sections this version does not run are notes, unknown ones warnings', () => {
  const severities = problemsOf({ metrics: {}, traces: 1, csm: {}, mertics: {} }).map(({ severity, pointer }) => `${severity} ${pointer}`);
  assert.deepEqual(severities.toSorted(), ['note /csm', 'note /metrics', 'note /traces', 'warning /mertics']);
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
