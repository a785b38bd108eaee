import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { KernelFolders } from '../../src/metrics/sampler.ts';
import type { DeviceFolders } from '../../src/metrics/samplers/diskio.ts';
import { atEnd } from './at-end.ts';
import type { Owner } from './at-end.ts';

export const EBS_MODEL = 'Amazon Elastic Block Store';
export const STORE_MODEL = 'Amazon EC2 NVMe Instance Storage';

/** A host whose NVMe controllers are as a test says. */
export interface NvmeHost extends KernelFolders, DeviceFolders {
  attach(controller: string, model: string, serial: string, partitions?: number): void;
  detach(controller: string): void;
}

export function nvmeHost(t: Owner): NvmeHost {
  const root = mkdtempSync(join(tmpdir(), 'nvme-'));
  atEnd(t, () => { rmSync(root, { recursive: true, force: true }); });
  const [sys, dev] = [join(root, 'sys'), join(root, 'dev')];
  mkdirSync(dev);
  return {
    proc: join(root, 'proc'), sys, dev, run: join(root, 'run'),
    attach: (controller, model, serial, partitions = 0) => {
      const folder = join(sys, 'class/nvme', controller);
      const disk = `${controller}n1`;
      const names = Array.from({ length: partitions }, (_, index) => `${disk}p${index + 1}`);
      for (const name of ['', ...names]) mkdirSync(join(folder, disk, name), { recursive: true });
      // The kernel pads both with spaces.
      writeFileSync(join(folder, 'model'), `${model.padEnd(40)}\n`);
      writeFileSync(join(folder, 'serial'), `${serial.padEnd(20)}\n`);
      for (const name of [controller, disk, ...names]) writeFileSync(join(dev, name), '');
    },
    detach: (controller) => { rmSync(join(sys, 'class/nvme', controller), { recursive: true }); },
  };
}

const MAGIC = { ebs: [0x10, 0xb5, 0x23, 0x3c], instance_store: [0x7e, 0x0d, 0x2c, 0xec] } as const;

/** A device's page with these counts in its order. */
export function pageOf(kind: keyof typeof MAGIC, counts: readonly bigint[]): Uint8Array {
  const page = Buffer.alloc(4096, 0xff);
  page.set([...MAGIC[kind], 0, 0, 0, 0]);
  for (const [index, count] of counts.entries()) page.writeBigUInt64LE(count, 8 + 8 * index);
  return page;
}
