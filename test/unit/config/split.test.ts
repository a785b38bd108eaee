import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { documentOf } from '../../../src/config/document.ts';
import { plainValue } from '../../../src/config/json-tree.ts';
import { canonicalJson } from '../../../src/config/merge.ts';
import { splitDocument } from '../../../src/config/split.ts';

const parts = (document: unknown, usual: number, most = usual): readonly string[] => {
  const split = splitDocument(document, { usual, most });
  assert.ok(!('pointer' in split), JSON.stringify(split));
  return split;
};
const joined = (texts: readonly string[]): unknown => {
  const { root, problems } = documentOf(texts.map((text, index) => ({ name: `${index}`, text })));
  assert.deepEqual(problems, []);
  return plainValue(root!);
};

test('the parts of any document, merged, are that document, and each is within the limit', () => {
  const value = fc.oneof(fc.string(), fc.integer(), fc.dictionary(fc.string(), fc.integer(), { maxKeys: 3 }));
  const list = fc.uniqueArray(fc.record({ file_path: fc.string(), encoding: fc.string() }), { maxLength: 30, selector: canonicalJson });
  const document = fc.record({
    agent: fc.dictionary(fc.string(), value), csm: value,
    logs: fc.record({ logs_collected: fc.record({ files: fc.record({ collect_list: list }), journald: fc.record({ collect_list: list }) }), log_stream_name: fc.string() }),
    metrics: fc.record({ metrics_collected: fc.record({ procstat: list, jmx: list, cpu: value }), append_dimensions: value }),
  }, { requiredKeys: [] });
  fc.assert(fc.property(document, (whole) => {
    const texts = parts(whole, 300, 1_000_000);
    assert.equal(canonicalJson(joined(texts)), canonicalJson(whole));
    for (const text of texts) assert.ok(Buffer.byteLength(text) <= 300 || parts(JSON.parse(text), 1, 1_000_000).length === 1);
  }));
});

test('as many entries as fit go into one part, and none is divided', () => {
  const entry = (n: number): object => ({ file_path: `/var/log/${n}`, log_group_name: 'ä'.repeat(100) });
  const document = { agent: { region: 'x' }, logs: { logs_collected: { files: { collect_list: Array.from({ length: 50 }, (_, n) => entry(n)) } } } };
  const texts = parts(document, 4096);
  assert.equal(texts.length, 4);
  assert.ok(texts.every((text) => Buffer.byteLength(text) <= 4096));
  assert.ok(texts.slice(0, -1).every((text) => Buffer.byteLength(text) > 3500));
});

test('a piece larger than the usual limit has a part of its own, one beyond the most is named', () => {
  const document = { agent: { region: 'x' }, metrics: { append_dimensions: { a: 'y'.repeat(100) } }, logs: { log_stream_name: 's' } };
  assert.deepEqual(parts(document, 60, 200).map((text) => Object.keys(JSON.parse(text) as object)), [['agent'], ['metrics'], ['logs']]);
  assert.deepEqual(splitDocument(document, { usual: 60, most: 100 }), { pointer: '/metrics/append_dimensions', bytes: 142 });
});

test('an empty document is one part', () => {
  assert.deepEqual(parts({}, 4096), ['{}']);
});
