import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MEASUREMENTS, STANDARD_UNITS, isMetricUnit, shortName } from '../../../src/config/metric-names.ts';

test('a unit is what the CloudWatch agent makes a unit of: a standard one, or a time or size with a prefix, letter case aside', () => {
  for (const unit of [...STANDARD_UNITS, 'percent', '%', '1', 's', 'ms', 'us', 'ns', 'min', 'h', 'd', 'B', 'By', 'Bi', 'By/s', 'bi/s', 'KiBy', 'MBy/s', 'GiB', 'TiBi']) assert.ok(isMetricUnit(unit), unit);
  for (const unit of ['Gigabyte', 'Byte', 'Percents', 'Ks', 'EBy', 'By/min', 'requests', 'K', 'Seconds/Second', ' %']) assert.ok(!isMetricUnit(unit), unit);
});

test('the service has 27 units', () => {
  assert.equal(new Set(STANDARD_UNITS).size, 27);
});

test('a measurement goes by its short name, with or without the name of its plugin before it', () => {
  assert.deepEqual([shortName('cpu', 'cpu_usage_idle'), shortName('cpu', ' usage_idle '), shortName('mem', 'mem_mem_used'), shortName('nvidia_gpu', 'nvidia_smi_fan_speed'), shortName('nvidia_gpu', 'fan_speed')], ['usage_idle', 'usage_idle', 'mem_used', 'fan_speed', 'fan_speed']);
});

const OURS = { load: 3, uptime: 1, pressure: 18, conntrack: 3, file_descriptors: 3, systemd_units: 3 };

test('each plugin has the measurements the CloudWatch agent registers for Linux, and there are ours', () => {
  const counts = Object.fromEntries(Object.entries(MEASUREMENTS).map(([plugin, names]) => [plugin, new Set(names).size]));
  assert.deepEqual(counts, { cpu: 22, disk: 7, diskio: 8 + 11 + 9, mem: 11, swap: 3, net: 8, netstat: 13, processes: 11, procstat: 54, nvidia_gpu: 17, ...OURS });
});
