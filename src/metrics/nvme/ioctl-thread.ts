import { openPathThread } from '../path-thread.ts';
import type { PathThread } from '../path-thread.ts';

/** One ioctl(2) that is made of each path. */
export interface IoctlCall {
  readonly request: number;
  /** The struct that the call takes. */
  readonly argument: Buffer;
  /** Memory that the struct points to: how much of it, where its address stands in the struct, how much of it is wanted. */
  readonly page: { readonly bytes: number; readonly addressAt: number; readonly wanted: number };
}

/** What the call returned (0 or more), and what it left in the struct and in the page. */
export interface IoctlAnswer { readonly returned: number; readonly argument: Uint8Array; readonly page: Uint8Array }

/** Errors by number (errno(3)) that a device may well give. */
const CODES: Readonly<Record<number, string>> = { 1: 'EPERM', 4: 'EINTR', 5: 'EIO', 6: 'ENXIO', 13: 'EACCES', 14: 'EFAULT', 16: 'EBUSY', 19: 'ENODEV', 22: 'EINVAL', 25: 'ENOTTY', 95: 'EOPNOTSUPP' };

/**
 * A thread that opens a path for reading, makes the call and closes it. The runtime has no ioctl of its own: libc's is called through
 * its `node:ffi`, which is loaded in the thread alone. Opened for reading, since udev reads a device anew whenever a writer closes it.
 */
export function openIoctlThread({ request, argument, page }: IoctlCall): PathThread<IoctlAnswer> {
  return openPathThread(`
const { openSync, closeSync } = require('node:fs');
let libc = null;
function answer(path) {
  const ffi = require('node:ffi');
  libc ??= ffi.dlopen('libc.so.6', { ioctl: { arguments: ['i32', 'u64', 'pointer'], return: 'i32' }, __errno_location: { arguments: [], return: 'pointer' } }).functions;
  const argument = Buffer.from('${argument.toString('hex')}', 'hex');
  const page = Buffer.alloc(${page.bytes});
  argument.writeBigUInt64LE(ffi.getRawPointer(page), ${page.addressAt});
  const fd = openSync(path, 'r');
  try {
    const returned = libc.ioctl(fd, ${request}n, argument);
    if (returned < 0) {
      const number = ffi.getInt32(libc.__errno_location(), 0);
      throw Object.assign(new Error('ioctl'), { code: ${JSON.stringify(CODES)}[number] ?? 'errno ' + number });
    }
    return { returned, argument: new Uint8Array(argument), page: new Uint8Array(page.subarray(0, ${page.wanted})) };
  } finally {
    closeSync(fd);
  }
}`);
}
