import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseEnvironmentFile } from '../../../../src/cli/ctl/service-environment.ts';

test('a file of variables is read as systemd reads it', () => {
  assert.deepEqual(parseEnvironmentFile('# A=1\n; B=2\nC=3\n  D = 4\nE="a \\"b\\" $c"\nF=\'x \\" y\'\nG=\n9H=1\nI=a b \nexport J=1\n'), { C: '3', D: '4', E: 'a "b" $c', F: 'x \\" y', G: '', I: 'a b' });
});
