import { join } from 'node:path';
import { KernelFile } from '../kernel-file.ts';
import type { KernelFolders, Sampler } from '../sampler.ts';

/** `load_1min` says what it is; `load_load1` would not read well. */
const FIELDS = { '1min': { unit: 'None' }, '5min': { unit: 'None' }, '15min': { unit: 'None' } } as const;

/** Load averages of one, five and fifteen minutes: of /proc/loadavg. */
export function createLoadSampler({ proc }: KernelFolders): Sampler {
  const file = new KernelFile(join(proc, 'loadavg'));
  return {
    fields: FIELDS,
    async sample() {
      const found = /^(\d+\.\d+) (\d+\.\d+) (\d+\.\d+) /.exec(file.read());
      if (found === null) throw new Error(`${file.path} does not begin with three load averages`);
      return [{ dimensions: [], values: { '1min': Number(found[1]), '5min': Number(found[2]), '15min': Number(found[3]) } }];
    },
    [Symbol.dispose]() { file[Symbol.dispose](); },
  };
}
