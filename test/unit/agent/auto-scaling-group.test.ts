import assert from 'node:assert/strict';
import { test } from 'node:test';
import { followGroup } from '../../../src/agent/auto-scaling-group.ts';
import type { Ec2Questions } from '../../../src/agent/ec2-questions.ts';

const DENIED = { fault: 'this role may not ec2:DescribeTags', remedy: 'allow this role ec2:DescribeTags' };

interface Seen { readonly known: string[]; readonly waits: number[]; readonly said: string[] }

/** Goes through the answers, one a try; the last wait ends it. */
async function followed(answers: readonly Awaited<ReturnType<Ec2Questions['tag']>>[], random = 0): Promise<Seen> {
  const seen: Seen = { known: [], waits: [], said: [] };
  const stop = new AbortController();
  await followGroup({
    questions: { tag: async (key) => { assert.equal(key, 'aws:autoscaling:groupName'); return answers[seen.waits.length]!; } },
    report: { note: (message) => { seen.said.push(`note ${message}`); }, trouble: (_, message) => { seen.said.push(`trouble ${message}`); }, recovered: () => {} },
    random: () => random,
    pause: async (ms) => { if (seen.waits.push(ms / 60_000) === answers.length) stop.abort(); },
  }, (name) => { seen.known.push(name); }, stop.signal);
  return seen;
}

test('a group that is known is asked for each hour, up to a fifth earlier', async () => {
  assert.deepEqual(await followed([{ value: 'web' }]), { known: ['web'], waits: [60], said: ['note metrics have the dimension AutoScalingGroupName=web from now on'] });
  assert.deepEqual((await followed([{ value: 'web' }], 1)).waits, [48]);
});

test('a tag that is missing is asked for each 3 minutes until it appears, which is said once; another name is taken', async () => {
  const none = { value: null };
  const { known, waits, said } = await followed([none, none, { value: 'web' }, { value: 'web' }, none, { value: 'shop' }]);
  assert.deepEqual(known, ['web', 'shop']);
  assert.deepEqual(waits, [3, 3, 60, 60, 3, 60]);
  assert.deepEqual(said.map((message) => message.slice(0, 75)), ['note metrics go without the dimension AutoScalingGroupName: the instance ha', 'note metrics have the dimension AutoScalingGroupName=web from now on', 'note metrics have the dimension AutoScalingGroupName=shop from now on']);
});

test('failures are tried again after 1, 1, 3, 3, 3 minutes and then each 10; it is said what is missing and what to do', async () => {
  const { known, waits, said } = await followed([...Array.from({ length: 8 }, () => DENIED), { value: 'web' }, DENIED]);
  assert.deepEqual([known, waits], [['web'], [1, 1, 3, 3, 3, 10, 10, 10, 60, 1]]);
  assert.equal(said[0], 'trouble metrics go without the dimension AutoScalingGroupName: this role may not ec2:DescribeTags. Next step: allow this role ec2:DescribeTags; it is tried again');
  assert.equal(new Set(said.slice(0, 8)).size, 1);
  assert.match(said.at(-1)!, /^trouble metrics keep the dimension AutoScalingGroupName=web: this role/);
});
