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

test('each error is printed, however many say the same', () => {
  assert.equal(formatProblems(times(1000, 'error', 'is no number'), false).trimEnd().split('\n').length, 1000);
});
