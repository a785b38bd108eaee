import type { NetworkInterfaceInfo } from 'node:os';

/** Interfaces and their addresses, as `os.networkInterfaces()` lists them. */
export type Interfaces = Readonly<Record<string, readonly Pick<NetworkInterfaceInfo, 'address' | 'family' | 'internal'>[] | undefined>>;

/** The first IPv4 address that is not loopback, in the order the system lists them; null when there is none. */
export function ipv4Of(interfaces: Interfaces): string | null {
  for (const addresses of Object.values(interfaces)) {
    const found = addresses?.find(({ family, internal }) => family === 'IPv4' && !internal);
    if (found !== undefined) return found.address;
  }
  return null;
}
