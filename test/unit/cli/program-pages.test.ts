import assert from 'node:assert/strict';
import { test } from 'node:test';
import { untouchedMappings } from '../../../src/cli/program-pages.ts';

const mapping = (range: string, permissions: string, anonymous: number, path: string): string =>
  `${range} ${permissions} 00001000 08:01 1234                       ${path}\nSize:               4096 kB\nRss:                2048 kB\nAnonymous:         ${String(anonymous).padStart(5)} kB\nLazyFree:              0 kB\n`;

test('only mappings of files that hold nothing of the process itself are given back', () => {
  const smaps = [
    mapping('00400000-04800000', 'r--p', 0, '/usr/lib/unified-agent/unified-agent'),
    mapping('04800000-07600000', 'r-xp', 0, '/usr/lib/unified-agent/unified-agent'),
    mapping('07600000-07606000', 'r--p', 24, '/usr/lib/unified-agent/unified-agent'),
    mapping('07606000-07630000', 'rw-p', 0, '/usr/lib/unified-agent/unified-agent'),
    mapping('7f0000000000-7f0000001000', 'r--s', 0, '/usr/share/zoneinfo/UTC'),
    mapping('7f0000100000-7f0000200000', 'r-xp', 0, ''),
    mapping('7ffd00000000-7ffd00002000', 'r-xp', 0, '[vdso]'),
    mapping('7fffb3e00000-7fffb3f00000', 'r-xp', 0, '/usr/lib/libc.so.6 (deleted)'),
  ].join('');
  assert.deepEqual(untouchedMappings(smaps).map(({ from, to }) => [from.toString(16), to.toString(16)]), [['400000', '4800000'], ['4800000', '7600000'], ['7fffb3e00000', '7fffb3f00000']]);
  assert.deepEqual(untouchedMappings(''), []);
});
