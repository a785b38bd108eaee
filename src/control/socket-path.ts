import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';

const SOCKET_NAME = 'control.sock';
/** What is asked beyond that at once is turned away. */
export const MAX_CONNECTIONS = 16;
/** sockaddr_un.sun_path holds 108 bytes with the NUL (unix(7)). */
const MAX_PATH_BYTES = 107;

/** Where the socket of a state directory is, for people. */
export function socketName(stateDirectory: string): string {
  return join(stateDirectory, SOCKET_NAME);
}

/**
 * The address to bind or connect to. A path that is too long for the kernel's address is reached through an open
 * descriptor of its directory instead, which must stay open as long as the address is used: dispose it then.
 * Throws when the directory cannot be opened.
 */
export function socketAddress(stateDirectory: string): Disposable & { readonly path: string } {
  const path = socketName(stateDirectory);
  if (Buffer.byteLength(path) <= MAX_PATH_BYTES) return { path, [Symbol.dispose]: () => {} };
  const fd = openSync(stateDirectory, 'r');
  return { path: `/proc/self/fd/${fd}/${SOCKET_NAME}`, [Symbol.dispose]: () => closeSync(fd) };
}
