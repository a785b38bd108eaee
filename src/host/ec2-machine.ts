import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { InstanceEnvironment } from './instance.ts';

/** What the firmware of EC2's hypervisors says, in files that anyone may read: Nitro, and Xen before it. */
const SIGNS: readonly (readonly [file: string, sign: RegExp])[] = [
  ['devices/virtual/dmi/id/sys_vendor', /^amazon ec2/i],
  ['devices/virtual/dmi/id/bios_version', /amazon/i],
  ['hypervisor/uuid', /^ec2/i],
];

/**
 * Whether this machine should have instance metadata, also while these are silent: its firmware is EC2's, or somebody has said where they are. Never
 * where they are turned off (AWS_EC2_METADATA_DISABLED). A container has the firmware of its host.
 */
export function isEc2Machine(env: InstanceEnvironment, sys = '/sys'): boolean {
  if (env['AWS_EC2_METADATA_DISABLED']?.toLowerCase() === 'true') return false;
  return Boolean(env['AWS_EC2_METADATA_SERVICE_ENDPOINT']) || SIGNS.some(([file, sign]) => sign.test(textOf(join(sys, file))));
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}
