import assert from 'node:assert/strict';
import { test } from 'node:test';
import { listVolumeDevices, volumeIdOf } from '../../../../src/metrics/nvme/devices.ts';
import { EBS_MODEL, STORE_MODEL, nvmeHost } from '../../../support/nvme-host.ts';

test('volumes are the controllers with a model of EC2, with their disks and partitions, by number', (t) => {
  const host = nvmeHost(t);
  host.attach('nvme10', EBS_MODEL, 'vol0a');
  host.attach('nvme2', STORE_MODEL, 'AWS22A1B2C3D4E5F6A7B');
  host.attach('nvme0', EBS_MODEL, 'vol0123456789abcdef0', 2);
  host.attach('nvme1', 'Samsung SSD 980', 'S64DNX0R');
  host.attach('nvme3', EBS_MODEL, 'unheard of');
  assert.deepEqual(listVolumeDevices(host.sys), [
    { kind: 'ebs', controller: 'nvme0', names: ['nvme0', 'nvme0n1', 'nvme0n1p1', 'nvme0n1p2'], id: 'vol-0123456789abcdef0' },
    { kind: 'instance_store', controller: 'nvme2', names: ['nvme2', 'nvme2n1'], id: 'AWS22A1B2C3D4E5F6A7B' },
    { kind: 'ebs', controller: 'nvme10', names: ['nvme10', 'nvme10n1'], id: 'vol-0a' },
  ]);
  assert.deepEqual(listVolumeDevices('/nonexistent/sys'), []);
});

test('a volume id has its hyphen, whether the serial number has it or not', () => {
  assert.equal(volumeIdOf('vol0123456789abcdef0'), 'vol-0123456789abcdef0');
  assert.equal(volumeIdOf('vol-0123456789abcdef0'), 'vol-0123456789abcdef0');
  for (const serial of ['', 'vol', 'volume', 'AWS22A1B2']) assert.equal(volumeIdOf(serial), null);
});
