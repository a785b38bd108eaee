import type { PathThread } from '../path-thread.ts';
import { openIoctlThread } from './ioctl-thread.ts';
import type { IoctlAnswer } from './ioctl-thread.ts';
import { ADDRESS_AT, ADMIN_COMMAND, COUNTED_BYTES, PAGE_BYTES, logPageCommand } from './log-page.ts';

/** A thread that asks devices for their page of statistics. */
export const openLogPageThread = (): PathThread<IoctlAnswer> => openIoctlThread({
  request: ADMIN_COMMAND, argument: logPageCommand(), page: { bytes: PAGE_BYTES, addressAt: ADDRESS_AT, wanted: COUNTED_BYTES },
});
