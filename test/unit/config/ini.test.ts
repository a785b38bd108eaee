import assert from 'node:assert/strict';
import { test } from 'node:test';
import { array, assert as check, constantFrom, property, string, uniqueArray, record } from 'fast-check';
import { parseIni } from '../../../src/config/ini.ts';

function valuesOf(text: string): Readonly<Record<string, Readonly<Record<string, string>>>> {
  return Object.fromEntries(parseIni('f', text).sections.map(({ name, values }) => [name, Object.fromEntries([...values].map(([key, value]) => [key, value.text]))]));
}

test('keys and values are read with = or :, keys in any case, values as they are', () => {
  assert.deepEqual(valuesOf('[a]\nFile = /x\nlog_group_name:g:h\nempty =\nquoted = ""\ndatetime_format = %Y-%m-%d %%(x)s\nurl=a=b\n'), {
    a: { file: '/x', log_group_name: 'g:h', empty: '', quoted: '', datetime_format: '%Y-%m-%d %%(x)s', url: 'a=b' },
  });
});

test('comments are lines with # or ; and what follows white space and ;', () => {
  assert.deepEqual(valuesOf('# x\n; y\n[a]\n  # z\nb = 1 ; note\nc = 1;2\nd = #3\nrem old\n'), { a: { b: '1', c: '1;2', d: '#3' } });
});

test('a line that begins with white space goes on with the value', () => {
  assert.deepEqual(valuesOf('[a]\nb = 1\n  2\n\t3\nc = 4\n'), { a: { b: '1\n2\n3', c: '4' } });
});

test('[DEFAULT] fills in what sections lack, wherever it stands', () => {
  const { sections } = parseIni('f', '[a]\nx = 1\n[DEFAULT]\nx = 2\ny = 3\n[b]\n');
  assert.deepEqual(sections.map(({ name, values }) => [name, [...values].map(([key, { text, isDefault }]) => [key, text, isDefault])]), [
    ['a', [['x', '1', false], ['y', '3', true]]], ['b', [['x', '2', true], ['y', '3', true]]],
  ]);
});

test('what is wrong is reported with its line, and the rest is read', () => {
  const { sections, problems } = parseIni('f', 'early = 1\n[a]\nnonsense\nx = 1\nx = 2\n[a]\ny = 3\n');
  assert.deepEqual(problems.map(({ severity, line }) => [severity, line]), [['error', 1], ['error', 3], ['warning', 5], ['warning', 6]]);
  assert.deepEqual(sections.map(({ values }) => [...values.keys()]), [['x', 'y']]);
  assert.equal(sections[0]!.values.get('y')!.line, 7);
});

test('what is written with plain names and values is read back', () => {
  const word = string({ unit: constantFrom(...'abcXYZ019_/.*%{}'), minLength: 1, maxLength: 8 }).filter((text) => !/^rem$/i.test(text));
  const sections = uniqueArray(record({ name: word, values: uniqueArray(record({ key: word.map((key) => `k${key.toLowerCase()}`), value: word }, { noNullPrototype: true }), { selector: ({ key }) => key, maxLength: 4 }) }, { noNullPrototype: true }), { selector: ({ name }) => name, maxLength: 4 });
  check(property(sections, (written) => {
    const named = written.filter(({ name }) => name !== 'DEFAULT');
    const text = named.map(({ name, values }) => `[${name}]\n${values.map(({ key, value }) => `${key} = ${value}\n`).join('')}`).join('');
    const { sections: read, problems } = parseIni('f', text);
    assert.deepEqual([read.map(({ name, values }) => ({ name, values: [...values].map(([key, value]) => ({ key, value: value.text })) })), problems], [named, []]);
  }), { numRuns: 200 });
});

test('no text makes the reader throw, and every line it reports is one of the text', () => {
  check(property(array(constantFrom('[a]', '[', ']', '=', ':', ';', '#', ' ', '\t', '\n', '\r\n', 'x', 'DEFAULT', '""', '\0'), { maxLength: 40 }), (parts) => {
    const text = parts.join('');
    for (const { line } of parseIni('f', text).problems) assert.ok(line !== null && line >= 1 && line <= text.split('\n').length);
  }), { numRuns: 300 });
});
