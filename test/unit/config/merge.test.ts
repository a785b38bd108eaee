import assert from 'node:assert/strict';
import { test } from 'node:test';
import { plainValue, type JsonNode } from '../../../src/config/json-tree.ts';
import { mergeDocuments } from '../../../src/config/merge.ts';
import { parseJson } from '../../../src/config/parse-json.ts';

const rootOf = (file: string, value: unknown): JsonNode => parseJson(file, JSON.stringify(value)).root!;
const entries = (...list: object[]): object => ({ logs: { logs_collected: { files: { collect_list: list } } } });

test('objects are merged key by key and collect_lists joined, equal entries once', () => {
  const { root, problems } = mergeDocuments([
    rootOf('a.json', { agent: { region: 'x' }, ...entries({ file_path: '/a', encoding: 'gbk' }) }),
    rootOf('b.json', { agent: { region: 'x', debug: true }, ...entries({ encoding: 'gbk', file_path: '/a' }, { file_path: '/b' }) }),
  ]);
  assert.deepEqual(problems, []);
  assert.deepEqual(plainValue(root!), { agent: { region: 'x', debug: true }, ...entries({ file_path: '/a', encoding: 'gbk' }, { file_path: '/b' }) });
});

test('two values for one key are an error that names both files, and the first is kept', () => {
  const { root, problems } = mergeDocuments([rootOf('a.json', { agent: { region: 'x' } }), rootOf('b.json', { agent: { region: 'y' } })]);
  assert.deepEqual(plainValue(root!), { agent: { region: 'x' } });
  assert.deepEqual(problems.map(({ severity, file, line, column, pointer, message }) => [severity, file, line, column, pointer, message]), [
    ['error', 'b.json', 1, 20, '/agent/region', 'a different value is given in a.json:1:20'],
  ]);
});
