import assert from 'node:assert/strict';
import { test } from 'node:test';
import { followGroup } from '../../../src/agent/auto-scaling-group.ts';
import type { GroupOptions, InstanceView } from '../../../src/agent/auto-scaling-group.ts';

const TAG = 'aws:autoscaling:groupName';
const HIDDEN: InstanceView = { instanceId: 'i-1', region: 'eu-west-1', tags: {}, tagsShown: false };
const shown = (tags: Readonly<Record<string, string>>): InstanceView => ({ ...HIDDEN, tags, tagsShown: true });
const DENIED = { fault: 'this role may not ec2:DescribeTags (UnauthorizedOperation)', remedy: 'allow this role ec2:DescribeTags' };

interface Seen { readonly known: string[]; readonly waits: number[]; readonly said: string[]; readonly asked: string[] }

/** Goes through the answers, one a try; the last wait ends it. */
async function followed(tries: readonly { readonly instance: InstanceView | null; readonly tag?: Awaited<ReturnType<GroupOptions['tag']>> }[], random = 0): Promise<Seen> {
  const seen: Seen = { known: [], waits: [], said: [], asked: [] };
  const stop = new AbortController();
  let at = 0;
  await followGroup({
    instance: async () => tries[at]!.instance,
    tag: async (...asked) => { seen.asked.push(asked.join(' ')); return tries[at]!.tag ?? assert.fail('EC2 was not to be asked'); },
    report: { note: (message) => { seen.said.push(`note ${message}`); }, trouble: (_, message) => { seen.said.push(`trouble ${message}`); }, recovered: () => {} },
    random: () => random,
    pause: async (ms) => { seen.waits.push(ms / 60_000); if (++at === tries.length) stop.abort(); },
  }, (name) => { seen.known.push(name); }, stop.signal);
  return seen;
}

test('a tag that the metadata show is taken from them, and EC2 is not asked', async () => {
  const { known, waits, said, asked } = await followed([{ instance: shown({ [TAG]: 'web' }) }]);
  assert.deepEqual([known, waits, said, asked], [['web'], [60], ['note metrics have the dimension AutoScalingGroupName=web from now on'], []]);
});

test('where the metadata show no tags EC2 is asked, by instance and region', async () => {
  const { known, asked } = await followed([{ instance: HIDDEN, tag: { value: 'web' } }]);
  assert.deepEqual([known, asked], [['web'], [`i-1 eu-west-1 ${TAG}`]]);
});

test('a tag that is missing is asked for each 3 minutes until it appears, which is said once; then each hour, and another name is taken', async () => {
  const none = { instance: HIDDEN, tag: { value: null } };
  const { known, waits, said } = await followed([none, none, { instance: HIDDEN, tag: { value: 'web' } }, { instance: HIDDEN, tag: { value: 'web' } }, none, { instance: HIDDEN, tag: { value: 'shop' } }]);
  assert.deepEqual(known, ['web', 'shop']);
  assert.deepEqual(waits, [3, 3, 60, 60, 3, 60]);
  assert.deepEqual(said.map((message) => message.slice(0, 75)), ['note metrics go without the dimension AutoScalingGroupName: the instance ha', 'note metrics have the dimension AutoScalingGroupName=web from now on', 'note metrics have the dimension AutoScalingGroupName=shop from now on']);
});

test('failures are tried again after 1, 1, 3, 3, 3 minutes and then each 10; it is said what is missing and what to do', async () => {
  const denied = { instance: HIDDEN, tag: DENIED };
  const { known, waits, said } = await followed([...Array.from({ length: 8 }, () => denied), { instance: HIDDEN, tag: { value: 'web' } }, denied]);
  assert.deepEqual([known, waits], [['web'], [1, 1, 3, 3, 3, 10, 10, 10, 60, 1]]);
  assert.equal(said[0], 'trouble metrics go without the dimension AutoScalingGroupName: this role may not ec2:DescribeTags (UnauthorizedOperation). Next step: allow this role ec2:DescribeTags, or show the tags in the metadata of the instance (aws ec2 modify-instance-metadata-options --instance-id i-1 --instance-metadata-tags enabled); it is tried again');
  assert.equal(new Set(said.slice(0, 8)).size, 1);
  assert.match(said.at(-1)!, /^trouble metrics keep the dimension AutoScalingGroupName=web: this role/);
});

test('off EC2, and where the metadata are silent, it is said, and EC2 is not asked', async () => {
  const { said, waits, asked } = await followed([{ instance: null }, { instance: { ...HIDDEN, instanceId: null } }], 1);
  assert.match(said[0]!, /^trouble metrics go without the dimension AutoScalingGroupName: this is no EC2 instance, or its metadata service does not answer\. Next step: /);
  assert.match(said[1]!, /do not say which one it is/);
  assert.deepEqual([waits, asked], [[0.8, 0.8], []]);
});
