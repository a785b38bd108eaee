import assert from 'node:assert/strict';
import { test } from 'node:test';
import { leftOutText, motoFiles } from '../../../scripts/moto-part.ts';

test('the second run takes the files whose endpoint the rig chooses, names those of the local endpoint, and catches those that start it past the rig', () => {
  const { files, leftOut, strays } = motoFiles([
    ['test/integration/rotation.test.ts', "const rig = await startRig(t);"],
    ['test/integration/restart.test.ts', 'const rig = await rigFor(t, spec);'],
    ['test/integration/check.test.ts', 'no endpoint at all'],
    ['test/integration/local-endpoint-data.test.ts', 'await startEndpoint()'],
    ['test/integration/demo.test.ts', 'await demo({})'],
    ['test/integration/new.test.ts', 'await using endpoint = await startEndpoint();'],
  ]);
  assert.deepEqual(files, ['test/integration/rotation.test.ts', 'test/integration/restart.test.ts']);
  assert.deepEqual(leftOut.map(({ file, title }) => [file, title]), [['test/integration/local-endpoint-data.test.ts', null], ['test/integration/demo.test.ts', null]]);
  assert.deepEqual(strays, ['test/integration/new.test.ts']);
});

test('what was left out stands below its reason, the reason of most tests first', () => {
  const file = 'test/integration/a.test.ts';
  assert.equal(
    leftOutText([{ file, title: 'one', reason: 'first' }, { file, title: 'two', reason: 'second' }, { file, title: null, reason: 'second' }]),
    '  second\n      a: two\n      a (the whole file)\n  first\n      a: one',
  );
});
