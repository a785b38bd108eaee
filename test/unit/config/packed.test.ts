import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import * as fc from 'fast-check';
import { documentOf } from '../../../src/config/document.ts';
import { plainValue } from '../../../src/config/json-tree.ts';
import { MAX_CONFIG_BYTES, isPacked, packed, unpacked } from '../../../src/config/packed.ts';

test('what is packed is recognised, and comes out as it was', () => {
  fc.assert(fc.property(fc.string({ unit: 'grapheme' }), (text) => {
    assert.ok(isPacked(packed(text)));
    assert.deepEqual(unpacked(packed(text)), { text });
  }));
});

test('no JSON is taken for something packed', () => {
  fc.assert(fc.property(fc.json(), (text) => !isPacked(text)));
});

test('a packed config is read like a plain one, also broken over lines', () => {
  const text = packed('{"agent":{"region":"x"}}').replaceAll(/.{20}/g, '$&\n');
  assert.deepEqual(plainValue(documentOf([{ name: 'ssm:a', text: `\n${text}\n` }]).root!), { agent: { region: 'x' } });
});

test('what cannot be unpacked is a problem that names the parameter', () => {
  const good = packed('{"agent":{"region":"eu-central-1"}}');
  const cases: Readonly<Record<string, string>> = {
    'the gzip in it is damaged or cut off': good.slice(0, 28),
    'this begins like base64 of gzip, but other characters than those of base64 follow': `${good.slice(0, 12)}{${good.slice(12)}`,
    'the unpacked config is too large': gzipSync(Buffer.alloc(MAX_CONFIG_BYTES + 1, ' ')).toString('base64'),
    'what is packed in it is not UTF-8': gzipSync(Buffer.from([0x7b, 0xff, 0x7d])).toString('base64'),
  };
  for (const [message, text] of Object.entries(cases)) {
    const { root, problems } = documentOf([{ name: 'ssm:/web/agent', text }]);
    assert.equal(root, null);
    assert.deepEqual(problems.map((problem) => [problem.file, problem.severity, problem.message]), [['ssm:/web/agent', 'error', message]]);
  }
});

test('broken JSON inside a packed config has its line and column there', () => {
  const { problems } = documentOf([{ name: 'ssm:a', text: packed('{\n  "agent": x }') }]);
  assert.deepEqual(problems.map(({ file, line, column }) => [file, line, column]), [['ssm:a', 2, 12]]);
});
