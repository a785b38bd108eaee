import { BlockList, isIPv4, isIPv6 } from 'node:net';
import type { Environment } from './connection.ts';
import { NetworkError } from './network-error.ts';

/** Hosts that are this machine, or answer for it: loopback, and the link-local services of instance metadata and credentials. */
const NEVER_PROXIED = [['127.0.0.0', 8, 'ipv4'], ['::1', 128, 'ipv6'], ['169.254.0.0', 16, 'ipv4'], ['fe80::', 10, 'ipv6'], ['fd00:ec2::', 32, 'ipv6']] as const;
const DEFAULT_PORT = { 'http:': 80, 'https:': 443 } as const;

/** The proxies of this host. */
export interface Proxies {
  /** For https, or null; with user and password, if it asks for them. Not to be shown. */
  readonly https: string | null;
  /** For plain http, or null. */
  readonly http: string | null;
  /** Whether a host is reached without them. */
  readonly isDirect: (host: string, port: number) => boolean;
}

/**
 * HTTPS_PROXY, HTTP_PROXY and NO_PROXY in capitals, else in small letters, read as the CloudWatch agent reads them (Go's
 * httpproxy). Throws a NetworkError, without the value, for what is no URL of a proxy.
 */
export function proxiesOf(env: Environment): Proxies {
  return { https: proxyUrl('HTTPS_PROXY', env), http: proxyUrl('HTTP_PROXY', env), isDirect: noProxy(valueOf('NO_PROXY', env)) };
}

const valueOf = (name: string, env: Environment): string => env[name] || env[name.toLowerCase()] || '';

function proxyUrl(name: string, env: Environment): string | null {
  const text = valueOf(name, env).trim();
  if (text === '') return null;
  const url = URL.parse(text.includes('://') ? text : `http://${text}`);
  if (url === null || url.hostname === '') throw new NetworkError(`${name} holds no URL of a proxy: write it as http://proxy.example.com:3128, with special characters of a password as %XX`);
  if (url.protocol !== 'http:' && url.protocol !== 'https:') throw new NetworkError(`${name} names a proxy of the kind ${url.protocol}//, which is not supported: name one that speaks http`);
  return url.href;
}

/**
 * Whether NO_PROXY exempts a host: `example.com` is that host and all below it, `.example.com` and `*.example.com` only those
 * below, addresses and `10.0.0.0/8` are compared as addresses, `host:port` means that port, `*` everything.
 */
export function noProxy(list: string): (host: string, port: number) => boolean {
  const addresses = new BlockList();
  for (const [address, bits, family] of NEVER_PROXIED) addresses.addSubnet(address, bits, family);
  const ofPorts: { readonly address: string; readonly port: number }[] = [];
  const domains: { readonly name: string; readonly port: number | null }[] = [];
  for (const rule of `localhost,${list}`.split(',').map((text) => text.trim().toLowerCase()).filter((text) => text !== '')) {
    if (rule === '*') return () => true;
    const { host, port } = splitPort(rule);
    const [address, bits] = host.split('/') as [string, string?];
    const family = familyOf(address);
    if (family === 0) domains.push({ name: host.replace(/^\*\./, '.'), port });
    else if (port !== null) ofPorts.push({ address, port });
    else if (bits === undefined) addresses.addAddress(address, `ipv${family}`);
    else if (/^\d+$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128)) addresses.addSubnet(address, Number(bits), `ipv${family}`);
  }
  return (asked, port) => {
    const host = asked.toLowerCase().replace(/^\[(.*)\]$/, '$1').replace(/\.$/, '');
    const family = familyOf(host);
    if (family !== 0) return addresses.check(host, `ipv${family}`) || ofPorts.some((rule) => rule.address === host && rule.port === port);
    return domains.some((rule) => (rule.port === null || rule.port === port) && (rule.name.startsWith('.') ? host.endsWith(rule.name) : host === rule.name || host.endsWith(`.${rule.name}`)));
  };
}

/**
 * The version of IP that a text is an address of, or 0. As the runtime's `isIP`, but for asking its expression of IPv6 only
 * where a colon stands: the second time it is asked the engine compiles that, 150 KiB for as long as the agent runs.
 */
function familyOf(text: string): 0 | 4 | 6 {
  if (text.includes(':')) return isIPv6(text) ? 6 : 0;
  return isIPv4(text) ? 4 : 0;
}

/** `host:port`, `[address]:port`, or either without a port; an IPv6 address without brackets has none. */
function splitPort(rule: string): { readonly host: string; readonly port: number | null } {
  const found = /^(?:\[([^\]]*)\]|([^:]*))(?::(\d{1,5}))?$/.exec(rule);
  return found === null ? { host: rule, port: null } : { host: found[1] ?? found[2]!, port: found[3] === undefined ? null : Number(found[3]) };
}

/** The port a request goes to. */
export const portOf = (protocol: string, port: number | undefined): number => port ?? DEFAULT_PORT[protocol === 'https:' ? 'https:' : 'http:'];
