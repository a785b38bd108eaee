import { hostname } from 'node:os';

/** The system's host name, or null when it has none. */
export function systemHostname(): string | null {
  return hostname() || null;
}
