import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describeMetrics } from '../../../src/cli/metrics-text.ts';
import { compiled } from '../config/compiled.ts';
import { ON_PREMISES } from '../config/facts.ts';

function rows(metrics: object): readonly string[] {
  const { plan } = compiled({ agent: { region: 'eu-west-1', self_metrics: false }, metrics }, ON_PREMISES);
  return describeMetrics(plan!.metrics!).split('\n').map((line) => line.trim().replace(/ {2,}/, ' '));
}

test('check tells what volumes count themselves from what the kernel counts of them, and that disks have their VolumeId', () => {
  const said = rows({
    append_dimensions: { AutoScalingGroupName: '${aws:AutoScalingGroupName}' },
    metrics_collected: { diskio: { measurement: ['reads', 'ebs_total_read_ops'] }, disk: { measurement: ['free'], append_dimensions: { VolumeId: '${aws:VolumeId}', team: 'shop' } } },
  });
  for (const row of [
    'with AutoScalingGroupName once it is known',
    'diskio each 60 s of all devices: diskio_reads',
    'nvme each 60 s of all devices, counted by the volumes themselves: diskio_ebs_total_read_ops',
    'disk each 60 s of all file systems: disk_free; with team=shop, the VolumeId of its EBS volume',
  ]) assert.ok(said.includes(row), `${row}\n\n${said.join('\n')}`);
});

test('check says which statistics of which interfaces ethtool is asked for', () => {
  const of = (ethtool: object): string | undefined => rows({ metrics_collected: { ethtool } }).find((row) => row.startsWith('ethtool '));
  assert.equal(of({}), 'ethtool each 60 s of *: all statistics of the driver');
  assert.equal(
    of({ interface_include: ['eth*'], interface_exclude: ['eth9'], metrics_include: ['rx_packets', 'queue_0_tx_cnt'], drop_original_metrics: ['ethtool_rx_packets'] }),
    'ethtool each 60 s of eth* but eth9: ethtool_rx_packets, ethtool_queue_0_tx_cnt (of ethtool_rx_packets copies only)',
  );
});
