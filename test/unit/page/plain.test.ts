import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { plainPieces, plainText } from '../../../src/page/shared/plain.ts';

test('what cannot be seen, or turns the direction of writing, is named in its place', () => {
  assert.equal(plainText('a\u0000b\u001b[31m\u202Egnp.exe'), 'a⟨NUL⟩b⟨ESC⟩[31m⟨U+202E⟩gnp.exe');
  assert.deepEqual(plainPieces('x\u200by'), [{ text: 'x', mark: false }, { text: 'U+200B', mark: true }, { text: 'y', mark: false }]);
});

test('lines, tabs and text in any language stay as they are', () => {
  for (const text of ['', 'one\ntwo\tthree', 'Zoë 日本 🙂 עברית العربية', '<img onerror=x>']) assert.equal(plainText(text), text);
});

test('no text keeps a character that cannot be seen, and nothing else of it is lost', () => {
  const unseen = /[\p{Cc}\u202a-\u202e\u2066-\u2069\u200b-\u200f\ufeff]/gu;
  fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 60 }), (text) => {
    const seen = plainPieces(text).filter(({ mark }) => !mark).map((piece) => piece.text).join('');
    assert.equal(seen.replaceAll(/[\n\t]/g, '').match(unseen), null);
    assert.ok(plainPieces(text).every((piece) => piece.text !== ''));
    // oxlint-disable-next-line no-control-regex -- those are what goes
    assert.equal(seen, text.replaceAll(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g, ''));
  }));
});
