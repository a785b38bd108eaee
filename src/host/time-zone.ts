import { readlinkSync } from 'node:fs';

const IANA = /^(?:[A-Za-z_]+(?:\/[A-Za-z0-9_+-]+){1,2}|UTC|GMT)$/;

/**
 * IANA name of the host's time zone: TZ, else what /etc/localtime points to. The runtime's own answer comes last: asking
 * it loads its locale tables, 9 MiB that an agent without timestamps never needs.
 */
export function hostZone(env: Readonly<Record<string, string | undefined>>, localtime = '/etc/localtime'): string {
  const fromEnv = env['TZ']?.replace(/^:/, '');
  if (fromEnv !== undefined && fromEnv !== '') return IANA.test(fromEnv) ? fromEnv : runtimeZone();
  try {
    const name = readlinkSync(localtime).split('/zoneinfo/')[1];
    if (name !== undefined && IANA.test(name)) return name === 'Etc/UTC' ? 'UTC' : name;
  } catch { /* A container may have a copy instead of a link, or nothing: the runtime knows. */ }
  return runtimeZone();
}

function runtimeZone(): string { return new Intl.DateTimeFormat().resolvedOptions().timeZone; }
