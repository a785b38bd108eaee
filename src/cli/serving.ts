// What the commands that listen on a port have in common.
import { InvalidArgumentError } from 'commander';

/** sysexits: the command was used wrongly; the service could not be started. */
export const EX_USAGE = 64;
export const EX_UNAVAILABLE = 69;

const LOOPBACK = /^(?:127(?:\.\d{1,3}){3}|::1|localhost)$/;

export function isLoopback(host: string): boolean {
  return LOOPBACK.test(host);
}

/** A host as URLs write it. */
export function urlHost(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}

export function parsePort(text: string): number {
  const port = Number(text);
  if (!/^\d+$/.test(text) || port > 65_535) throw new InvalidArgumentError('Give a port from 0 (any free one) to 65535.');
  return port;
}

/** Why the port cannot be listened on, and what to do. */
export function listenTrouble(error: unknown): string {
  const { message, code } = error as NodeJS.ErrnoException;
  return `${message}${code === 'EADDRINUSE' ? '; choose another port with --port, or 0 for any free one' : ''}`;
}

/** Resolves at the first SIGINT or SIGTERM from now on; a second one ends the process as usual. */
export function signalled(): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const end = (): void => {
    process.off('SIGINT', end).off('SIGTERM', end);
    resolve();
  };
  process.on('SIGINT', end).on('SIGTERM', end);
  return promise;
}
