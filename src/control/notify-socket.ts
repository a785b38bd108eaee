import { closeSync, writeSync } from 'node:fs';

/** linux/socket.h, and x86 and arm64 alike: AF_UNIX; SOCK_DGRAM, closed on exec, never waiting. */
const AF_UNIX = 1;
const DATAGRAM = 2 | 0o2_000_000 | 0o4_000;
/** sockaddr_un (unix(7)): the family's two bytes, then the path. */
const FAMILY_BYTES = 2;
const MAX_PATH_BYTES = 108;

/** The datagram socket on which a service tells its supervisor how it is: sd_notify(3). */
export interface NotifySocket extends Disposable {
  /** One message of `NAME=value` lines. False when there was no room for it, or nobody reads. Never waits. */
  send(lines: readonly string[]): boolean;
}

/**
 * Opens the socket that NOTIFY_SOCKET names: a path, or an abstract name behind `@`. The runtime has no datagrams of unix
 * sockets, so its FFI calls the C library. Throws where the runtime has none, or the socket cannot be reached.
 */
export async function openNotifySocket(name: string): Promise<NotifySocket> {
  const address = addressOf(name);
  const { dlopen } = await import('node:ffi');
  // The C library that the runtime itself is linked with, whichever it is.
  using library = dlopen(null, { socket: { arguments: ['i32', 'i32', 'i32'], return: 'i32' }, connect: { arguments: ['i32', 'buffer', 'u32'], return: 'i32' } });
  const { socket, connect } = library.functions;
  const fd = socket(AF_UNIX, DATAGRAM, 0);
  if (fd < 0) throw new Error('the kernel gives no datagram socket');
  if (connect(fd, address, address.length) !== 0) {
    closeSync(fd);
    throw new Error(`nobody listens at ${name}`);
  }
  return {
    send: (lines) => {
      try {
        writeSync(fd, lines.join('\n'));
        return true;
      } catch {
        return false;
      }
    },
    [Symbol.dispose]: () => { closeSync(fd); },
  };
}

/** The kernel's form of the name; an abstract one begins with a zero and ends without one. */
function addressOf(name: string): Buffer {
  const path = name.startsWith('@') ? Buffer.from(`\0${name.slice(1)}`) : Buffer.from(`${name}\0`);
  if (!/^[/@]./.test(name) || path.length > MAX_PATH_BYTES) throw new Error(`${name} is no name of a unix socket`);
  const address = Buffer.alloc(FAMILY_BYTES + path.length);
  // In the processor's own order, which is this one on every processor the agent is built for.
  address.writeUInt16LE(AF_UNIX, 0);
  path.copy(address, FAMILY_BYTES);
  return address;
}
