import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { differences } from '../../../src/config/difference.ts';
import { canonicalJson } from '../../../src/config/merge.ts';

const LIST = '/logs/logs_collected/files/collect_list';
const entries = (...list: readonly object[]): object => ({ logs: { logs_collected: { files: { collect_list: list } } } });

test('a key that is added, removed or changed is named by its pointer', () => {
  assert.deepEqual(differences({ agent: { region: 'a', debug: true, 'a/b': 1 } }, { agent: { region: 'b', quiet: false, 'a/b': 1 } }), [
    { kind: 'changed', pointer: '/agent/region', entry: null, from: 'a', to: 'b' },
    { kind: 'added', pointer: '/agent/quiet', entry: null, to: false },
    { kind: 'removed', pointer: '/agent/debug', entry: null, from: true },
  ]);
});

test('entries are matched by their path, wherever they stand', () => {
  const found = differences(
    entries({ file_path: '/a', encoding: 'x' }, { file_path: '/b' }, { file_path: '/c' }),
    entries({ file_path: '/new' }, { file_path: '/c' }, { file_path: '/a', encoding: 'y' }),
  );
  assert.deepEqual(found, [
    { kind: 'added', pointer: `${LIST}/0`, entry: '/new', to: { file_path: '/new' } },
    { kind: 'changed', pointer: `${LIST}/2/encoding`, entry: '/a', from: 'x', to: 'y' },
    { kind: 'removed', pointer: `${LIST}/1`, entry: '/b', from: { file_path: '/b' } },
  ]);
});

test('two entries of one path are told apart by their order', () => {
  assert.deepEqual(differences(entries({ file_path: '/a', n: 1 }, { file_path: '/a', n: 2 }), entries({ file_path: '/a', n: 1 }, { file_path: '/a', n: 3 })), [
    { kind: 'changed', pointer: `${LIST}/1/n`, entry: '/a', from: 2, to: 3 },
  ]);
});

test('a list that is one value changes as a whole, the items of a shared list one by one', () => {
  const metrics = (list: readonly string[], procstat: readonly object[]): object => ({ metrics: { aggregation_dimensions: list, metrics_collected: { procstat } } });
  assert.deepEqual(differences(metrics(['a', 'b'], [{ exe: 'x' }]), metrics(['b', 'a'], [{ exe: 'y' }, { exe: 'x' }])).map(({ kind, pointer }) => [kind, pointer]), [
    ['changed', '/metrics/aggregation_dimensions'], ['added', '/metrics/metrics_collected/procstat/0'],
  ]);
});

test('there is no difference exactly when two configs are equal', () => {
  fc.assert(fc.property(fc.jsonValue(), fc.jsonValue(), (a, b) => {
    assert.deepEqual(differences(a, structuredClone(a)), []);
    assert.equal(differences(a, b).length === 0, canonicalJson(a) === canonicalJson(b));
  }));
});

test('selections of the journal are matched by their log groups', () => {
  const journal = (...list: readonly object[]): object => ({ logs: { logs_collected: { journald: { collect_list: list } } } });
  assert.deepEqual(differences(journal({ log_group_name: 'a', priority: 'err' }, { log_group_name: 'b' }), journal({ log_group_name: 'b' }, { log_group_name: 'a', priority: 'info' })), [
    { kind: 'changed', pointer: '/logs/logs_collected/journald/collect_list/1/priority', entry: 'a', from: 'err', to: 'info' },
  ]);
});
