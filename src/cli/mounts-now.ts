import { MountWatch } from '../agent/mount-watch.ts';
import { leave } from './leave.ts';

const SILENT = { trouble: () => {}, recovered: () => {} };

/**
 * What of the disk can be looked at, for a command that looks at log files once: it must not wait for a mount that gives no answer, and
 * must end beside one.
 */
export function mountsNow(): MountWatch {
  const mounts = new MountWatch({ report: SILENT, now: () => performance.now(), patternsBelow: () => [], onAnswer: () => {} });
  process.once('exit', (code) => {
    mounts[Symbol.dispose]();
    if (mounts.hangingThreads > 0) leave(code);
  });
  return mounts;
}
