import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { readableJson } from '../../../src/config/readable-json.ts';

test('short lists stand on one line, all else on its own', () => {
  assert.equal(readableJson({ a: ['*', 1], b: [{ c: [] }], d: {} }), '{\n  "a": ["*", 1],\n  "b": [\n    {\n      "c": []\n    }\n  ],\n  "d": {}\n}\n');
});

test('what is written is read back as it was', () => {
  fc.assert(fc.property(fc.jsonValue(), (value) => {
    assert.deepEqual(JSON.parse(readableJson(value)), JSON.parse(JSON.stringify(value)));
  }));
});
