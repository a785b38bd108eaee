import { join } from 'node:path';
import { KernelFile } from '../kernel-file.ts';
import type { KernelFolders, Sampler } from '../sampler.ts';

/** Seconds since the boot, with those asleep: of /proc/uptime. */
export function createUptimeSampler({ proc }: KernelFolders): Sampler {
  const file = new KernelFile(join(proc, 'uptime'));
  return {
    fields: { seconds: { unit: 'Seconds' } },
    async sample() {
      const found = /^(\d+\.\d+) /.exec(file.read());
      if (found === null) throw new Error(`${file.path} does not begin with seconds`);
      return [{ dimensions: [], values: { seconds: Number(found[1]) } }];
    },
    [Symbol.dispose]() { file[Symbol.dispose](); },
  };
}
