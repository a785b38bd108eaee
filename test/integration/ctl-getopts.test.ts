import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { parseFlags } from '../../src/cli/ctl/getopts.ts';

const FLAGS = 'hsa:c:m:l:de:';
const flags = (...words: string[]): string[] => [...parseFlags(words, FLAGS)].map((flag) => `${flag.kind[0]}${flag.letter}${flag.kind === 'flag' && flag.argument !== null ? `=${flag.argument}` : ''}`);

test('flags are what the getopts of this machine\'s shell finds, whatever the words', () => {
  const script = `while getopts ":${FLAGS}" opt; do case "$opt" in \\?) printf 'u%s\\n' "$OPTARG";; :) printf 'i%s\\n' "$OPTARG";; h|s|d) printf 'f%s\\n' "$opt";; *) printf 'f%s=%s\\n' "$opt" "$OPTARG";; esac; done`;
  const word = fc.oneof(fc.constantFrom('-', '--', '-a', 'status', '-sa', '-xh', '-c', '-cdefault', '-m', 'ec2'), fc.string({ unit: fc.constantFrom('-', 'a', 's', 'h', 'x', 'c', '=', 'd', 'é'.normalize('NFD')[0]!), minLength: 1, maxLength: 5 }));
  fc.assert(fc.property(fc.array(word, { maxLength: 6 }), (words) => {
    const shell = spawnSync('sh', ['-c', script, 'sh', ...words], { encoding: 'utf8' });
    assert.deepEqual(flags(...words), shell.stdout.split('\n').slice(0, -1));
  }), { numRuns: 150 });
});
