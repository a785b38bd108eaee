import assert from 'node:assert/strict';
import { test } from 'node:test';
import { localOnly } from '../support/endpoint-choice.ts';
import { fixtureHost } from '../support/kernel-folders.ts';
import { rigFor, until } from '../support/rig.ts';

test('in a container the folders that the environment names are the host\'s', localOnly('faults'), async (t) => {
  const host = fixtureHost(t, 'small-vm');
  const rig = await rigFor(t, {
    env: { HOST_PROC: host.proc, HOST_SYS: host.sys, HOST_DEV: host.dev, HOST_RUN: host.run, HOST_MOUNT_PREFIX: '' },
    config: ({ url }: { readonly url: string }): unknown => ({
      agent: { region: 'us-east-1', hostname: 'web-1', metrics_collection_interval: 1, self_metrics: false },
      metrics: { endpoint_override: url, force_flush_interval: 1, metrics_collected: { mem: { measurement: ['total'] }, net: { measurement: ['bytes_sent'] }, diskio: { measurement: ['iops_in_progress'], resources: ['mapper/vg0-*'] } } },
    }),
  });
  await rig.start();
  const found = (name: string): readonly { readonly values: readonly string[]; readonly sum: number }[] => rig.endpoint.metrics.metrics().filter((metric) => metric.name === name)
    .map(({ dimensions, datums }) => ({ values: dimensions.map(({ value }) => value), sum: datums[0]!.sum }));
  await until('a sample of each', () => ['mem_total', 'net_bytes_sent', 'diskio_iops_in_progress'].every((name) => found(name).length > 0));
  await rig.stop();
  assert.deepEqual(found('mem_total'), [{ values: ['web-1'], sum: 2_000_000 * 1024 }]);
  assert.deepEqual(found('net_bytes_sent'), [{ values: ['web-1', 'ens5'], sum: 0 }]);
  assert.deepEqual(found('diskio_iops_in_progress'), [{ values: ['web-1', 'dm-0'], sum: 1 }]);
});
