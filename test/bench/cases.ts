import { join } from 'node:path';
import type { BenchCase } from './measure.ts';

const all = { follow: 'all' } as const;
/** Lines a quiet file begins with. */
const HEAD_LINES = 5;

/** What `npm run bench` measures without another harness: the rows of the README's table. */
export const OWN_CASES: readonly BenchCase[] = [
  {
    name: 'catch up with 256 MB, default settings', logs: {}, entry: all,
    before: (folder) => ({ kind: 'file', path: join(folder, 'app.log'), megabytes: 256 }), during: null,
  },
  {
    name: '10 MB/s into one file, flushed every 0.2 s', logs: { force_flush_interval: 0.2 }, entry: all,
    before: (folder) => ({ kind: 'many', folder, files: 1, linesPerSecond: 0, seconds: 0, firstSequence: 0 }),
    during: (folder) => ({ kind: 'steady', path: join(folder, 'app.log'), megabytesPerSecond: 10, seconds: 10 }),
  },
  {
    name: '1,000 files, 5 lines/s each, one stream', logs: {}, entry: all,
    before: (folder) => ({ kind: 'many', folder, files: 1_000, linesPerSecond: HEAD_LINES, seconds: 0, firstSequence: 0 }),
    during: (folder) => ({ kind: 'many', folder, files: 1_000, linesPerSecond: 5, seconds: 10, firstSequence: HEAD_LINES }),
  },
  {
    name: '1,000 files, idle', logs: {}, entry: all,
    before: (folder) => ({ kind: 'many', folder, files: 1_000, linesPerSecond: HEAD_LINES, seconds: 0, firstSequence: 0 }),
    during: null, idleSeconds: 20,
  },
];
