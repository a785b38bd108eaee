import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseFlags } from '../../../../src/cli/ctl/getopts.ts';

const FLAGS = 'hsa:c:m:l:de:';
const flags = (...words: string[]): string[] => [...parseFlags(words, FLAGS)].map((flag) => `${flag.kind[0]}${flag.letter}${flag.kind === 'flag' && flag.argument !== null ? `=${flag.argument}` : ''}`);

test('flags are read as getopts reads them: clustered, with the argument behind or after, until a word that is none', () => {
  assert.deepEqual(flags('-a', 'status'), ['fa=status']);
  assert.deepEqual(flags('-sa', 'fetch-config', '-cssm:X'), ['fs', 'fa=fetch-config', 'fc=ssm:X']);
  assert.deepEqual(flags('-xs', '-a'), ['ux', 'fs', 'ia']);
  assert.deepEqual(flags('-s', 'status', '-a', 'stop'), ['fs']);
  assert.deepEqual(flags('-s', '--', '-d'), ['fs']);
  assert.deepEqual(flags('-e', '-s', '-'), ['fe=-s']);
});
