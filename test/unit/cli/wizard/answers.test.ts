import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { AnswerError, Answers } from '../../../../src/cli/wizard/answers.ts';
import { QUESTIONS, questionsText, type QuestionId } from '../../../../src/cli/wizard/question.ts';

const fails = (work: () => unknown): string => {
  try {
    work();
  } catch (error) {
    assert.ok(error instanceof AnswerError, String(error));
    return error.message;
  }
  return assert.fail('no error');
};

function taken(id: QuestionId, value: unknown): unknown {
  const answers = new Answers();
  answers.add(id, value, 'a.json:1:3');
  return answers.take(id, null, QUESTIONS[id]);
}

test('an unknown id is refused with the one that was probably meant', () => {
  assert.match(fails(() => new Answers().add('retension', 7, 'a.json:2:3')), /^a\.json:2:3: there is no question "retension"; did you mean "retention"\?\n/);
  assert.match(fails(() => new Answers().add('', 7, '--answer')), /^--answer: there is no question ""/);
  assert.match(fails(() => new Answers().add('host[/x]', 'ec2', '--answer')), /host is asked only once/);
});

test('an answer that does not fit its question is refused with what would', () => {
  assert.match(fails(() => taken('statsd', 'perhaps')), /^a\.json:1:3: statsd: "perhaps" is neither yes nor no\n/);
  assert.match(fails(() => taken('level', 'Most')), /expected one of Basic, Standard, Advanced, None, Keep$/);
  assert.match(fails(() => taken('statsd_port', 70_000)), /a port is a number from 1 to 65535/);
  assert.match(fails(() => taken('region', {})), /this is no text/);
  assert.match(fails(() => taken('files', ['relative.log'])), /an absolute path is needed/);
  assert.match(fails(() => taken('files', 7)), /this is no list of texts/);
  assert.match(fails(() => taken('group', 'a b')), /not allowed in the name of a log group/);
});

test('answers are read as people write them', () => {
  assert.deepEqual(['yes', 'No', 'TRUE', false].map((value) => taken('metrics', value)), [true, false, true, false]);
  assert.deepEqual(taken('level', 'advanced'), 'Advanced');
  assert.deepEqual(taken('retention', 30), '30');
  assert.deepEqual(taken('files', '/a.log, /b/*.log'), ['/a.log', '/b/*.log']);
  assert.deepEqual(taken('files', ['/a,b.log']), ['/a,b.log']);
  assert.equal(taken('group', '{instance_id}/app'), '{instance_id}/app');
});

test('an answer for one log goes before the answer for all, and what was not taken is told', () => {
  const answers = new Answers();
  answers.add('retention', 7, 'x');
  answers.add('retention[/a=b[1].log]', 30, 'x');
  answers.add('class', 'STANDARD', 'x');
  assert.equal(answers.take('retention', '/a=b[1].log', QUESTIONS.retention), '30');
  assert.equal(answers.take('retention', '/other.log', QUESTIONS.retention), '7');
  assert.deepEqual(answers.unused, ['class']);
});

test('whatever is answered, it is taken or refused in words', () => {
  assert.throws(() => taken('host', { toString: false }), AnswerError);
  fc.assert(fc.property(fc.constantFrom(...Object.keys(QUESTIONS) as QuestionId[]), fc.jsonValue(), (id, value) => {
    try {
      taken(id, value);
    } catch (error) {
      assert.ok(error instanceof AnswerError);
    }
  }));
});

test('every question is listed with its id, its text and its default', () => {
  const text = questionsText();
  for (const [id, question] of Object.entries(QUESTIONS)) {
    assert.ok(text.includes(`${id}${question.each === null ? '\n' : ' (or '}`), id);
    assert.ok(text.includes(question.text) && text.includes(`default: ${question.usual}`), id);
  }
});
