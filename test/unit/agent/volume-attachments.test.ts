import assert from 'node:assert/strict';
import { test } from 'node:test';
import { VolumeAttachments } from '../../../src/agent/volume-attachments.ts';
import type { Ec2Questions } from '../../../src/agent/ec2-questions.ts';

type Answer = Awaited<ReturnType<Ec2Questions['attachments']>>;

class Stage {
  now = 0;
  asked = 0;
  answer: Answer = [{ volumeId: 'vol-root', device: '/dev/sda1' }, { volumeId: 'vol-f', device: '/dev/sdf' }, { volumeId: 'vol-g2', device: 'xvdg2' }];
  readonly said: string[] = [];
  readonly volumes = new VolumeAttachments({
    questions: { attachments: async () => { this.asked++; return this.answer; } },
    report: { trouble: (_, message) => { this.said.push(`- ${message}`); }, recovered: (_, message) => { this.said.push(`+ ${message}`); } },
    now: () => this.now,
  });

  async of(disk: string, name = disk): Promise<string | null> {
    this.volumes.of({ disk, name });
    await new Promise(setImmediate);
    return this.volumes.of({ disk, name });
  }
}

test('a disk is the volume that was attached under its name, as the kernel calls it; the root by the name of its partition', async () => {
  const stage = new Stage();
  assert.equal(stage.volumes.of({ disk: 'xvdf', name: 'xvdf' }), null, 'nobody waits for EC2');
  assert.deepEqual([await stage.of('xvdf'), await stage.of('xvdf', 'xvdf1')], ['vol-f', 'vol-f']);
  assert.deepEqual([await stage.of('xvda', 'xvda1'), await stage.of('xvda', 'xvda2'), await stage.of('xvda')], ['vol-root', 'vol-root', 'vol-root']);
  assert.deepEqual([await stage.of('xvdg2'), await stage.of('xvdh')], ['vol-g2', null]);
  assert.equal(stage.asked, 1);
});

test('EC2 is asked again after five minutes, and what it refuses is said with what is kept', async () => {
  const stage = new Stage();
  const denied = { fault: 'this role may not ec2:DescribeVolumes', remedy: 'allow this role ec2:DescribeVolumes' };
  stage.answer = denied;
  assert.equal(await stage.of('xvdf'), null);
  stage.now = 299_999;
  assert.equal(await stage.of('xvdf'), null);
  assert.equal(stage.asked, 1);
  stage.now = 300_000;
  stage.answer = [{ volumeId: 'vol-f', device: '/dev/xvdf' }];
  assert.equal(await stage.of('xvdf'), 'vol-f');
  stage.now = 600_000;
  stage.answer = denied;
  assert.equal(await stage.of('xvdf'), 'vol-f');
  assert.deepEqual(stage.said, [
    '- disk metrics go without the dimension VolumeId: this role may not ec2:DescribeVolumes. Next step: allow this role ec2:DescribeVolumes; it is tried again each 5 minutes',
    '+ the volumes of disks can be asked for again',
    '- disk metrics keep the VolumeId that was known last: this role may not ec2:DescribeVolumes. Next step: allow this role ec2:DescribeVolumes; it is tried again each 5 minutes',
  ]);
});
