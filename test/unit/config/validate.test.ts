import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Ajv, type ErrorObject } from 'ajv';
import * as fc from 'fast-check';
import { wholeSchema, withoutProse } from '../../../scripts/config-schema.ts';
import { isObject, pointerToken } from '../../../src/config/json-tree.ts';
import { nearest } from '../../../src/config/nearest.ts';
import { parseJson } from '../../../src/config/parse-json.ts';
import { formatProblem, type Problem } from '../../../src/config/problem.ts';
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

test('a misspelt key that is needed is one problem: that the right one is missing is not said as well', () => {
  assert.deepEqual(problemsOf({ logs: { logs_collected: { files: { collect_list: [{ file_pth: '/a' }] } } } }).map(({ pointer, didYouMean }) => [pointer, didYouMean]), [['/logs/logs_collected/files/collect_list/0/file_pth', 'file_path']]);
  assert.deepEqual(problemsOf({ logs: { logs_collected: { files: { collect_list: [{ zone: 'UTC' }] } } } }).map(({ pointer }) => pointer), ['/logs/logs_collected/files/collect_list/0', '/logs/logs_collected/files/collect_list/0/zone']);
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
  const severities = problemsOf({ metrics: { metrics_collected: { mem: { measurement: ['used'] } } }, opentelemetry: {}, traces: 1, csm: {}, mertics: {} }).map(({ severity, pointer }) => `${severity} ${pointer}`);
  assert.deepEqual(severities.toSorted(), ['note /csm', 'note /opentelemetry', 'warning /mertics', 'warning /traces']);
});

test('an error inside a section that is not run is said, at its key', () => {
  const lines = problemsOf({ traces: { traces_collected: { xray: { bind_address: 5 } } } }).map(({ severity, pointer }) => `${severity} ${pointer}`);
  assert.deepEqual(lines, ['note /traces', 'error /traces/traces_collected/xray/bind_address']);
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

/** Where the problem that tells a failure stands. */
function placeOf({ keyword, instancePath, params }: ErrorObject): string {
  if (keyword === 'additionalProperties') return `${instancePath}/${pointerToken(String(params['additionalProperty']))}`;
  return keyword === 'uniqueItems' ? `${instancePath}/${Math.max(Number(params['i']), Number(params['j']))}` : instancePath;
}

test('each violation of the schema that ajv finds is told at its place, nothing else is, and nothing twice', () => {
  const schema = withoutProse(wholeSchema());
  // The schema as it is written, and ajv's own uniqueItems: not the validator that is judged.
  const ajv = new Ajv({ strict: false, allErrors: true, verbose: true });
  const satisfies = ajv.compile(schema);
  const keywords = new Set<string>();
  let valid = 0;
  fc.assert(fc.property(nearSchema(schema, schema.definitions ?? {}, 4), (near) => {
    const document = JSON.parse(JSON.stringify(near)) as unknown;
    // What is no section is a warning here.
    const sections = Object(document) as Record<string, unknown>;
    fc.pre(!['metrics', 'traces', 'opentelemetry'].some((key) => key in sections && !isObject(sections[key])));
    const failures = satisfies(document) ? [] : satisfies.errors ?? [];
    const errors = problemsOf(document).filter(({ severity }) => severity === 'error');
    if (errors.length === 0) valid += 1;
    const context = (failure?: ErrorObject): string => JSON.stringify({ failure, document, errors, failures: ajv.errorsText(failures) });
    const isChoice = ({ keyword, parentSchema }: ErrorObject): boolean => keyword === 'anyOf' && parentSchema!['type'] === undefined;
    // Of a value that fails a choice ajv lists what each of the shapes wants; only the one that fits is told.
    const choices = new Set(failures.filter(isChoice).map(({ instancePath }) => instancePath));
    for (const failure of failures.filter(({ schemaPath }) => !schemaPath.includes('/anyOf/'))) {
      const { keyword, params, instancePath } = failure;
      const isOfShape = choices.has(instancePath) && (isChoice(failure) || keyword === 'type');
      const told = errors.filter(({ pointer }) => pointer === placeOf(failure) || (isOfShape && pointer.startsWith(`${instancePath}/`)));
      assert.ok(keyword === 'required' ? told.some(({ message }) => message === `"${String(params['missingProperty'])}" is missing`) : told.length > 0, context(failure));
      if (keyword === 'type' && !isOfShape) assert.equal(told.filter(({ message }) => !message.startsWith('this is the same')).length, 1, context(failure));
      keywords.add(keyword);
    }
    const places = new Set(failures.flatMap((failure) => [placeOf(failure), failure.instancePath]));
    const repeating = failures.filter(({ keyword }) => keyword === 'uniqueItems').map(({ instancePath }) => instancePath);
    for (const { pointer } of errors) assert.ok(places.has(pointer) || repeating.includes(pointer.replace(/\/\d+$/, '')), context());
    assert.equal(new Set(errors.map(({ pointer, message }) => `${pointer}: ${message}`)).size, errors.length, context());
  }), { numRuns: 2000 });
  assert.ok(valid > 200, `only ${valid} of the documents were valid`);
  assert.deepEqual([...keywords].toSorted(), ['additionalProperties', 'anyOf', 'enum', 'maxItems', 'maxLength', 'maxProperties', 'maximum', 'minItems', 'minLength', 'minProperties', 'minimum', 'pattern', 'required', 'type', 'uniqueItems']);
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
