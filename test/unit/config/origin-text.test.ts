import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { documentOf } from '../../../src/config/document.ts';
import { originText } from '../../../src/config/origin-text.ts';

const shown = (...texts: readonly string[]): string => originText(documentOf(texts.map((text, index) => ({ name: `${'ab'[index]}.json`, text }))).root!);

test('each value has the place it comes from behind it; what files share has none', () => {
  assert.equal(shown('{ "agent": { "region": "x" },\n"logs": { "logs_collected": { "files": { "collect_list": [{ "file_path": "/a" }] } } } }', '{ "logs": { "tags": { "k": [1, {}] }, "logs_collected": { "files": { "collect_list": [{ "file_path": "/b" }] } } } }'), `{
  "agent": {
    "region": "x"              // a.json:1:24
  },
  "logs": {
    "logs_collected": {
      "files": {
        "collect_list": [
          {                    // a.json:2:59
            "file_path": "/a"  // a.json:2:74
          },
          {                    // b.json:1:87
            "file_path": "/b"  // b.json:1:102
          }
        ]
      }
    },
    "tags": {                  // b.json:1:21
      "k": [                   // b.json:1:28
        1,                     // b.json:1:29
        {}                     // b.json:1:32
      ]
    }
  }
}
`);
});

test('without the places it is the JSON of the document', () => {
  fc.assert(fc.property(fc.jsonValue({ maxDepth: 4 }), (value) => {
    const text = JSON.stringify(value);
    assert.equal(shown(text).replaceAll(/ *\/\/ a\.json:1:\d+$/gm, '').trimEnd(), JSON.stringify(JSON.parse(text), null, 2));
  }));
});
