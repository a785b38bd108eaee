import { join } from 'node:path';
import { kernelText } from './kernel-text.ts';
import type { KernelFolders, Sampler } from '../sampler.ts';

/** Seconds since the boot, with those asleep: of /proc/uptime. */
export function createUptimeSampler({ proc }: KernelFolders): Sampler {
  const path = join(proc, 'uptime');
  return {
    fields: { seconds: { unit: 'Seconds' } },
    async sample() {
      const found = /^(\d+\.\d+) /.exec(kernelText(path));
      if (found === null) throw new Error(`${path} does not begin with seconds`);
      return [{ dimensions: [], values: { seconds: Number(found[1]) } }];
    },
    [Symbol.dispose]() {},
  };
}
