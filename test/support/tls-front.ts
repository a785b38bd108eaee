// TLS in front of a server that speaks plain HTTP, with the certificate of test/fixtures/tls.
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { join } from 'node:path';
import { createServer } from 'node:tls';
import { atEnd } from './at-end.ts';
import type { Owner } from './at-end.ts';

const fixture = (name: string): string => join(import.meta.dirname, '../fixtures/tls', name);

/** The authority that signed the server's certificate, and one that did not. */
export const CA_FILE = fixture('ca.pem');
export const OTHER_CA_FILE = fixture('other-ca.pem');

/** Gives the port. */
export async function tlsFront(t: Owner, behind: number): Promise<number> {
  const open = new Set<Socket>();
  const server = createServer({ cert: readFileSync(fixture('server.pem')), key: readFileSync(fixture('server.key')) }, (secure) => {
    const plain = connect(behind, '127.0.0.1');
    for (const [one, other] of [[secure, plain], [plain, secure]] as const) {
      open.add(one);
      one.on('error', () => { other.destroy(); }).on('close', () => { open.delete(one); other.destroy(); });
      one.pipe(other);
    }
  });
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  atEnd(t, async () => {
    for (const socket of open) socket.destroy();
    await new Promise((resolve) => { server.close(resolve); });
  });
  return (server.address() as AddressInfo).port;
}
