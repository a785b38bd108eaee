import assert from 'node:assert/strict';
import { test } from 'node:test';
import { METRIC_KINDS, hostPlugins, type HostMetrics } from '../../../src/config/metrics-levels.ts';

/** `cpu(total true, *): a,b` for each plugin. */
function described(metrics: Omit<HostMetrics, 'interval' | 'kinds'> & Partial<HostMetrics>): readonly string[] {
  const plugins = hostPlugins({ interval: 60, kinds: [], ...metrics });
  return Object.entries(plugins).map(([name, plugin]) => {
    const { measurement, resources, totalcpu, metrics_collection_interval: interval } = plugin as { measurement: readonly string[]; resources?: readonly string[]; totalcpu?: boolean; metrics_collection_interval: number };
    assert.equal(interval, metrics.interval ?? 60);
    return `${name}${totalcpu === undefined ? '' : ` total ${totalcpu}`}${resources === undefined ? '' : ` ${resources.join()}`}: ${measurement.join()}`;
  });
}

const IO = 'write_bytes,read_bytes,writes,reads';
const ALL_NET = 'net *: bytes_sent,bytes_recv,packets_sent,packets_recv';
const SWAP = 'swap: swap_used_percent';
const MEM = 'mem: mem_used_percent';
const NETSTAT = 'netstat: tcp_established,tcp_time_wait';

test('the levels on EC2 are those of the CloudWatch agent\'s wizard', () => {
  const level = (level: HostMetrics['level'], perCore = false): readonly string[] => described({ level, onEc2: true, perCore });
  const cores = 'cpu total false *: cpu_usage_idle,cpu_usage_iowait,cpu_usage_user,cpu_usage_system';
  const disk = 'disk *: used_percent,inodes_free';
  assert.deepEqual(level('Basic'), ['disk *: used_percent', MEM]);
  assert.deepEqual(level('Basic', true), level('Basic'));
  assert.deepEqual(level('Standard'), [disk, 'diskio *: io_time', MEM, SWAP]);
  assert.deepEqual(level('Standard', true), [cores, disk, 'diskio *: io_time', MEM, SWAP]);
  assert.deepEqual(level('Advanced', true), [cores, disk, `diskio *: io_time,${IO}`, MEM, NETSTAT, SWAP]);
});

test('the levels on premises are those of the CloudWatch agent\'s wizard', () => {
  const level = (level: HostMetrics['level'], perCore = false): readonly string[] => described({ level, onEc2: false, perCore, interval: 10 });
  assert.deepEqual(level('Basic'), ['cpu total true: cpu_usage_idle', 'disk *: used_percent', `diskio *: ${IO}`, MEM, ALL_NET, SWAP]);
  assert.deepEqual(level('Standard', true), ['cpu total true *: cpu_usage_idle,cpu_usage_iowait', 'disk *: used_percent', `diskio *: io_time,${IO}`, MEM, ALL_NET, SWAP]);
  assert.deepEqual(level('Advanced'), [
    'cpu total true: cpu_usage_idle,cpu_usage_iowait,cpu_usage_steal,cpu_usage_guest,cpu_usage_user,cpu_usage_system', 'disk *: used_percent', `diskio *: io_time,${IO}`, MEM, ALL_NET, NETSTAT, SWAP,
  ]);
});

test('without a level each kind that is chosen is collected whole', () => {
  assert.deepEqual(described({ level: 'None', kinds: [], onEc2: true, perCore: true }), []);
  assert.deepEqual(described({ level: 'None', kinds: ['memory', 'network'], onEc2: true, perCore: true }), [MEM, ALL_NET, NETSTAT]);
  assert.deepEqual(described({ level: 'None', kinds: METRIC_KINDS, onEc2: true, perCore: false }), [
    'cpu total true: cpu_usage_idle,cpu_usage_iowait,cpu_usage_steal,cpu_usage_guest,cpu_usage_user,cpu_usage_system', 'disk *: used_percent,inodes_free', `diskio *: io_time,${IO}`, MEM, ALL_NET, NETSTAT, SWAP,
  ]);
});
