import assert from 'node:assert/strict';
import { test } from 'node:test';
import { StageWatch } from '../../../src/agent/stage-watch.ts';
import type { OwedStage } from '../../../src/agent/stage-watch.ts';

const STANDS_MS = 10_000;

/** A watch, looked at each second. */
function watching(): {
  readonly watch: StageWatch; readonly said: string[]; readonly begun: string[];
  readonly pass: (seconds: number, owed: (at: number) => readonly OwedStage[]) => void;
  readonly stage: (name: string, turns: number, isVital?: boolean) => OwedStage;
  readonly away: (ms: number) => void;
} {
  const [said, begun, keys]: [string[], string[], Map<string, object>] = [[], [], new Map()];
  const watch = new StageWatch({ trouble: (_, message) => said.push(message), recovered: (_, message) => said.push(message) }, STANDS_MS);
  let now = 0;
  return {
    watch, said, begun,
    pass: (seconds, owed) => { for (let i = 0; i < seconds; i++) watch.judge(now += 1_000, owed(now)); },
    stage: (name, turns, isVital = true) => {
      const key = keys.get(name) ?? {};
      keys.set(name, key);
      return { key, name, turns, isVital, beginAnew: () => { begun.push(`${name} at ${now / 1000}`); } };
    },
    away: (ms) => { now += ms; },
  };
}

test('a stage that owes a turn and makes none is begun anew alone, three times; then it stands', () => {
  const { watch, begun, pass, stage, said } = watching();
  pass(10, () => [stage('a', 5), stage('b', 1)]);
  assert.deepEqual(begun, []);
  pass(1, (at) => [stage('a', 5), stage('b', at)]);
  assert.deepEqual(begun, ['a at 11']);
  assert.match(said.join('\n'), /^a has stood still for 10 s with work to do, which is a defect of the agent: it is begun anew where it was \(1 of 3\)\. Please report it with this log$/);
  pass(20, (at) => [stage('a', 5), stage('b', at)]);
  assert.deepEqual([begun, watch.standing.length], [['a at 11', 'a at 21', 'a at 31'], 0]);
  pass(10, (at) => [stage('a', 5), stage('b', at)]);
  assert.deepEqual(watch.standing.map(({ name }) => name), ['a']);
  assert.equal(begun.length, 3);
});

test('a turn makes good, and so does a reason to wait: it is said, and the count begins anew', () => {
  for (const good of [[6], []]) {
    const { watch, begun, pass, stage, said } = watching();
    pass(45, () => [stage('a', 5)]);
    assert.equal(watch.standing.length, 1);
    pass(1, () => good.map((turns) => stage('a', turns)));
    assert.equal(watch.standing.length, 0);
    assert.equal(said.at(-1), 'a goes on');
    pass(12, () => [stage('a', 6)]);
    assert.equal(begun.length, 4);
  }
});

test('an agent that was away itself, frozen or with its loop blocked, begins nothing anew', () => {
  const { begun, pass, stage, away } = watching();
  pass(5, () => [stage('a', 5)]);
  away(3_600_000);
  pass(9, () => [stage('a', 5)]);
  assert.deepEqual(begun, []);
  pass(3, () => [stage('a', 5)]);
  assert.equal(begun.length, 1);
});

test('what is not vital is not a reason for a start of the agent, and says so', () => {
  const { watch, pass, stage, said } = watching();
  pass(45, () => [stage('the sampler x', 1, false)]);
  assert.deepEqual(watch.standing.map(({ isVital }) => isVital), [false]);
  assert.match(said.at(-1)!, /it is not tried again/);
});
