import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { startEndpoint } from '../../src/local-endpoint/server.ts';
import { atEnd } from '../support/at-end.ts';
import { childConfig, startChild } from '../support/child-agent.ts';
import { localOnly } from '../support/endpoint-choice.ts';
import { EBS_MODEL, nvmeHost } from '../support/nvme-host.ts';
import { until } from '../support/rig.ts';

test('a volume whose device refuses the command is said once with the kernel\'s error, and the kernel\'s counts of the same section arrive', localOnly('faults'), async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'volumes-'));
  atEnd(t, () => { rmSync(folder, { recursive: true, force: true }); });
  const endpoint = await startEndpoint();
  atEnd(t, () => endpoint.close());
  const host = nvmeHost(t);
  // A plain file in the place of a device: it is opened and asked like one, and the kernel refuses.
  host.attach('nvme0', EBS_MODEL, 'vol0123456789abcdef0');
  writeFileSync(join(folder, 'app.log'), 'line\n');
  const agent = await startChild(t, {
    folder, env: { HOST_SYS: host.sys, HOST_DEV: host.dev },
    config: {
      ...childConfig(endpoint.url, [{ file_path: join(folder, 'app.log') }]) as object,
      metrics: { endpoint_override: endpoint.url, force_flush_interval: 1, metrics_collected: { diskio: { measurement: ['iops_in_progress', 'ebs_total_read_ops', 'ebs_volume_queue_length'], metrics_collection_interval: 1 } } },
    },
  });
  const samples = (): number => endpoint.metrics.metrics().filter(({ name }) => name === 'diskio_iops_in_progress').reduce((most, { datums }) => Math.max(most, datums.length), 0);
  await until('three samples of the kernel\'s counts', () => samples() >= 3);
  assert.equal(await agent.stop(), 0);
  const said = agent.said().split('\n').filter((line) => line.includes('vol-0123456789abcdef0'));
  assert.equal(said.length, 1, agent.said());
  assert.match(said[0]!, /the statistics of the EBS volume vol-0123456789abcdef0 \(\S+\/nvme0\) cannot be read \(ENOTTY\): it has no ebs_ metrics until they can be\./);
  assert.ok(endpoint.metrics.metrics().every(({ name }) => !name.startsWith('diskio_ebs_')));
});
