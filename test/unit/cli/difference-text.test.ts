import assert from 'node:assert/strict';
import { test } from 'node:test';
import { differencesText } from '../../../src/cli/config/difference-text.ts';

test('each difference is one line, and no name or value in it steers the terminal', () => {
  assert.equal(differencesText([
    { kind: 'added', pointer: '/list/0', entry: '/new', to: { file_path: '/new' } },
    { kind: 'changed', pointer: '/list/2/encoding', entry: '/a', from: 'x', to: 'y' },
    { kind: 'removed', pointer: '/list/1', entry: '/b\u001b[2J\n', from: '\u009b1m' },
    { kind: 'changed', pointer: '', entry: null, from: 1, to: 2 },
  ]), [
    '+ /list/0 (/new): {"file_path":"/new"}', '~ /list/2/encoding (/a): "x" → "y"', '- /list/1 (/b·[2J·): "·1m"', '~ the whole config: 1 → 2', '',
  ].join('\n'));
});
