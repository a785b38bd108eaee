import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { isEc2Machine } from '../../../src/host/ec2-machine.ts';

test('a machine of EC2 is known by its firmware, Nitro or Xen, also while its metadata are silent', (t) => {
  const root = mkdtempSync(join(tmpdir(), 'sys-'));
  t.after(() => { rmSync(root, { recursive: true }); });
  const machine = (name: string, files: Readonly<Record<string, string>>, env = {}): boolean => {
    for (const [file, text] of Object.entries(files)) {
      mkdirSync(dirname(join(root, name, file)), { recursive: true });
      writeFileSync(join(root, name, file), `${text}\n`);
    }
    return isEc2Machine(env, join(root, name));
  };
  const vendor = 'devices/virtual/dmi/id/sys_vendor';
  assert.equal(machine('nitro', { [vendor]: 'Amazon EC2' }), true);
  assert.equal(machine('xen', { [vendor]: 'Xen', 'devices/virtual/dmi/id/bios_version': '4.11.amazon' }), true);
  assert.equal(machine('old', { 'hypervisor/uuid': 'ec2f0a1b-0000' }), true);
  assert.equal(machine('other', { [vendor]: 'QEMU', 'hypervisor/uuid': '0000ec2f' }), false);
  assert.equal(machine('none', {}), false);
  assert.equal(machine('off', { [vendor]: 'Amazon EC2' }, { AWS_EC2_METADATA_DISABLED: 'TRUE' }), false);
  assert.equal(machine('named', {}, { AWS_EC2_METADATA_SERVICE_ENDPOINT: 'http://127.0.0.1:1' }), true);
});
