// STS as far as AssumeRole and AssumeRoleWithWebIdentity: gives keys, and remembers who asked for what.
import { createServer } from 'node:http';
import type { IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Owner } from './at-end.ts';
import { atEnd } from './at-end.ts';

/** The keys it gives, whatever the role. */
export const ROLE_KEYS = { accessKeyId: 'ASIAROLE', secretAccessKey: 'of-the-role' } as const;

export interface Assumed {
  /** The parameters of the call. */
  readonly asked: Readonly<Record<string, string>>;
  readonly headers: IncomingHttpHeaders;
}

export interface TokenService {
  readonly url: string;
  readonly port: number;
  readonly calls: readonly Assumed[];
  /** Nobody may assume the role, or everybody again. */
  deny(denied: boolean): void;
}

export async function startTokenService(t: Owner): Promise<TokenService> {
  const calls: Assumed[] = [];
  let isDenied = false;
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (text: string) => { body += text; });
    request.once('end', () => {
      const asked = Object.fromEntries(new URLSearchParams(body));
      const action = asked['Action'] ?? '';
      calls.push({ asked, headers: request.headers });
      response.setHeader('content-type', 'text/xml');
      if (isDenied) {
        response.writeHead(403).end('<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code><Message>not authorized to perform: sts:AssumeRole</Message></Error></ErrorResponse>');
        return;
      }
      response.end(`<${action}Response xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><${action}Result><Credentials>
        <AccessKeyId>${ROLE_KEYS.accessKeyId}</AccessKeyId><SecretAccessKey>${ROLE_KEYS.secretAccessKey}</SecretAccessKey><SessionToken>token</SessionToken>
        <Expiration>${new Date(Date.now() + 3_600_000).toISOString()}</Expiration></Credentials></${action}Result></${action}Response>`);
    });
  });
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  atEnd(t, async () => {
    server.closeAllConnections();
    await new Promise((resolve) => { server.close(resolve); });
  });
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, port, calls, deny: (denied) => { isDenied = denied; } };
}
