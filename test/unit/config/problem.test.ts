import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatProblems } from '../../../src/config/problem.ts';
import type { Problem, Severity } from '../../../src/config/problem.ts';

const at = (severity: Severity, line: number, message: string): Problem => ({ severity, file: 'a.json', line, column: 1, pointer: `/list/${line}`, message, expected: null, didYouMean: null });
const times = (count: number, severity: Severity, message: string): Problem[] => Array.from({ length: count }, (_, index) => at(severity, index + 1, message));

test('a note that says the same of many items of a list is printed for five of them, with the number of the others behind the fifth', () => {
  const printed = formatProblems([...times(1000, 'note', 'changes nothing'), at('warning', 3, 'is ignored')], false).trimEnd().split('\n');
  assert.equal(printed.filter((line) => line.endsWith('changes nothing')).length, 5);
  assert.deepEqual(printed.slice(-2), ['a.json:5:1 note /list/5: changes nothing', '    and the same at 995 more items']);
  assert.equal(printed[3], 'a.json:3:1 warning /list/3: is ignored', 'what else is said stands where it belongs');
});

test('six items are printed: a line that says there is one more would be no shorter', () => {
  assert.equal(formatProblems(times(6, 'warning', 'is ignored'), false).trimEnd().split('\n').length, 6);
});

test('what is said of different keys is said of each', () => {
  const problems = ['debug', 'quiet', 'precision', 'user_agent', 'usage_data', 'internal', 'hostname'].map((key) => ({ ...at('note', 1, 'has no effect'), pointer: `/agent/${key}` }));
  assert.equal(formatProblems(problems, false).trimEnd().split('\n').length, problems.length);
});

test('each error is printed, however many say the same, up to a hundred problems', () => {
  assert.equal(formatProblems(times(100, 'error', 'is no number'), false).trimEnd().split('\n').length, 100);
});

test('of more than a hundred problems the worst are printed, some of each file, and the last line counts the others exactly', () => {
  const files = Array.from({ length: 300 }, (_, index) => ({ ...at('error', 1, 'no JSON'), file: `${index}.json` }));
  const flood = Array.from({ length: 50 }, (_, index) => ({ ...at('error', index + 1, `fault ${index}`), file: 'flood.json' }));
  const few = formatProblems([...times(40, 'note', 'changes nothing'), ...flood, ...files.slice(0, 60)], false).trimEnd().split('\n');
  assert.equal(few.filter((line) => line.includes(' error ')).length, 100);
  assert.deepEqual(few.filter((line) => line.includes('no JSON')).length, 60, 'one file does not push out the others');
  assert.equal(few.at(-1), 'and 50 more in 2 files: 10 errors, 40 notes');
  const many = formatProblems([...files, ...times(1000, 'warning', 'is ignored')], false, '--json prints all of them').trimEnd().split('\n');
  assert.equal(many.length, 101);
  assert.equal(many.at(-1), 'and 1200 more in 201 files: 200 errors, 1000 warnings; --json prints all of them');
});
