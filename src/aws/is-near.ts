/** Plain HTTP, or this machine: compressing would only cost. */
export function isNear(url: string): boolean {
  const { protocol, hostname } = new URL(url);
  return protocol === 'http:' || hostname === 'localhost' || hostname === '[::1]' || hostname.startsWith('127.');
}
