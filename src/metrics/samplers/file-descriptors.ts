import { join } from 'node:path';
import { KernelFile } from '../kernel-file.ts';
import type { KernelFolders, Sampler } from '../sampler.ts';

const FIELDS = { allocated: { unit: 'Count' }, max: { unit: 'Count' }, used_percent: { unit: 'Percent' } } as const;

/** Open files of the whole host, and how many there may be: of /proc/sys/fs/file-nr. */
export function createFileDescriptorsSampler({ proc }: KernelFolders): Sampler {
  const file = new KernelFile(join(proc, 'sys/fs/file-nr'));
  return {
    fields: FIELDS,
    async sample() {
      const found = /^(\d+)\s+(\d+)\s+(\d+)\s*$/.exec(file.read());
      if (found === null) throw new Error(`${file.path} does not hold three numbers`);
      // The second number, of those that are allocated and free, is 0 since Linux 2.6.
      const [allocated, max] = [Number(found[1]) - Number(found[2]), Number(found[3])];
      return [{ dimensions: [], values: { allocated, max, used_percent: max === 0 ? 0 : 100 * allocated / max } }];
    },
    [Symbol.dispose]() { file[Symbol.dispose](); },
  };
}
