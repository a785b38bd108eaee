import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { readRules } from '../../../../src/metrics/prometheus/relabel-config.ts';
import { relabel } from '../../../../src/metrics/prometheus/relabel.ts';
import { parseYaml } from '../../../../src/metrics/prometheus/yaml-section.ts';
import { compilePattern } from '../../../../src/records/pattern.ts';

const rules = async (text: string): Promise<ReturnType<typeof readRules>> => readRules(await parseYaml(`rules: [${text}]`), 'rules', compilePattern);

/** What the rules leave of `a=foo b=bar c=baz`; null: dropped. */
async function left(text: string): Promise<Record<string, string> | null> {
  const labels = new Map([['a', 'foo'], ['b', 'bar'], ['c', 'baz']]);
  return relabel(labels, await rules(text)) ? Object.fromEntries(labels) : null;
}

const SAME = { a: 'foo', b: 'bar', c: 'baz' };

// The outcomes are those of Prometheus's own documentation of relabel_config.
for (const [rule, expected] of [
  ['{source_labels: [a], regex: "f(.*)", target_label: d, replacement: "ch${1}-ch${1}"}', { ...SAME, d: 'choo-choo' }],
  ['{source_labels: [a, b], regex: "f(.*);(.*)r", target_label: a, replacement: "b${1}${2}m"}', { ...SAME, a: 'boobam' }],
  ['{source_labels: [a, b], separator: "", regex: "foobar", target_label: a, replacement: x}', { ...SAME, a: 'x' }],
  ['{source_labels: [a], regex: "o", target_label: d, replacement: anchored}', SAME],
  ['{source_labels: [a], regex: "foo|x", target_label: d, replacement: "$0"}', { ...SAME, d: 'foo' }],
  ['{source_labels: [a], target_label: d}', { ...SAME, d: 'foo' }],
  ['{source_labels: [a], target_label: d, replacement: "$1x"}', SAME],
  ['{source_labels: [a], target_label: d, replacement: "$$1 $3"}', { ...SAME, d: '$1 ' }],
  ['{source_labels: [a], regex: "(?P<first>.).*", target_label: "${first}_x", replacement: "$first"}', { ...SAME, f_x: 'f' }],
  ['{source_labels: [a], target_label: "9$1", replacement: x}', SAME],
  ['{source_labels: [none], target_label: a}', { b: 'bar', c: 'baz' }],
  ['{target_label: d, replacement: fixed}', { ...SAME, d: 'fixed' }],
  ['{source_labels: [a], regex: "fo+", action: keep}', SAME],
  ['{source_labels: [a], regex: "fo", action: keep}', null],
  ['{source_labels: [a], regex: "fo+", action: drop}', null],
  ['{source_labels: [a], regex: "o", action: drop}', SAME],
  ['{source_labels: [a], target_label: b, action: keepequal}', null],
  ['{source_labels: [a], target_label: b, action: dropequal}', SAME],
  ['{source_labels: [a], target_label: a, action: dropequal}', null],
  ['{regex: "(b|c)", replacement: "my_$1", action: labelmap}', { ...SAME, my_b: 'bar', my_c: 'baz' }],
  ['{regex: "b.*", action: labeldrop}', { a: 'foo', c: 'baz' }],
  ['{regex: "b.*", action: labelkeep}', { b: 'bar' }],
  ['{source_labels: [a, b], target_label: d, action: uppercase}', { ...SAME, d: 'FOO;BAR' }],
  ['{source_labels: [a], target_label: a, action: Lowercase}', SAME],
  ['{source_labels: [a], regex: foo, action: drop}, {target_label: d, replacement: x}', null],
] as const) test(`relabeling: ${rule}`, async () => { assert.deepEqual(await left(rule), expected); });

test('hashmod shares out by the lower 64 bits of the MD5 sum, as Prometheus does', async () => {
  const modulo = BigInt(`0x${createHash('md5').update('foo').digest('hex').slice(16)}`) % 1_000n;
  assert.deepEqual(await left('{source_labels: [a], target_label: shard, modulus: 1000, action: hashmod}'), { ...SAME, shard: String(modulo) });
});

test('a point in a pattern is any character, a line break too', async () => {
  const labels = new Map([['a', 'x\ny']]);
  assert.equal(relabel(labels, await rules('{source_labels: [a], regex: "x.y", action: keep}')), true);
});

for (const [rule, message] of [
  ['{action: shift}', 'line 1: action "shift" is none of replace, keep, drop, keepequal, dropequal, hashmod, labelmap, labeldrop, labelkeep, lowercase, uppercase'],
  ['{source_labels: [a]}', 'line 1: target_label is missing: "replace" needs it'],
  ['{action: uppercase, target_label: "a-b"}', 'line 1: target_label "a-b" is no label name'],
  ['{action: hashmod, target_label: a}', 'line 1: modulus should be above 0 for hashmod'],
  ['{regex: "a)|(b", action: keep}', /^line 1: regex is not taken: /],
  ['{regex: "(a+)+x", action: keep}', /^line 1: regex is not taken: the pattern can hang/],
  ['{regexp: a, action: keep}', 'line 1: regexp is no setting of a relabel rule'],
] as const) test(`a rule that is none is refused: ${rule}`, async () => { await assert.rejects(rules(rule), { name: 'ConfigFault', message }); });
