// An HTTP proxy: tunnels (CONNECT) and plain requests. It knows the hosts it is told of, and none other: no test leaves this machine.
import { createServer, request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { atEnd } from './at-end.ts';
import type { Owner } from './at-end.ts';

export interface ProxySpec {
  /** Ports of this machine by the host that is asked for. */
  readonly hosts: Readonly<Record<string, number>>;
  /** `user:password`; without it everybody may. */
  readonly login?: string;
}

export interface ForwardProxy {
  readonly port: number;
  /** `host:port` of each tunnel and each plain request that was asked for, in order. */
  readonly asked: readonly string[];
  /** It takes connections and says nothing from now on. */
  fallSilent(): void;
}

export async function startProxy(t: Owner, { hosts, login }: ProxySpec): Promise<ForwardProxy> {
  const asked: string[] = [];
  const open = new Set<Socket>();
  let silent = false;
  const mayPass = (header: string | undefined): boolean => login === undefined || header === `Basic ${Buffer.from(login).toString('base64')}`;
  const server = createServer((request, response) => {
    const { hostname, port, pathname } = new URL(request.url ?? '');
    asked.push(`${hostname}:${port === '' ? 80 : port}`);
    if (silent) return;
    const behind = hosts[hostname];
    if (!mayPass(request.headers['proxy-authorization']) || behind === undefined) { response.writeHead(behind === undefined ? 502 : 407).end(); return; }
    request.pipe(httpRequest({ host: '127.0.0.1', port: behind, path: pathname, method: request.method, headers: request.headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    }));
  });
  server.on('connection', (socket) => { open.add(socket); socket.on('close', () => open.delete(socket)).on('error', () => undefined); });
  server.on('connect', (request, client: Socket) => {
    const [host = '', port] = (request.url ?? '').split(':');
    asked.push(`${host}:${port}`);
    if (silent) return;
    if (!mayPass(request.headers['proxy-authorization'])) { client.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n'); return; }
    const behind = hosts[host];
    if (behind === undefined) { client.end('HTTP/1.1 502 Bad Gateway\r\n\r\n'); return; }
    const target = connect(behind, '127.0.0.1', () => {
      client.write('HTTP/1.1 200 Connection established\r\n\r\n');
      target.pipe(client).pipe(target);
    });
    open.add(target);
    target.on('error', () => { client.destroy(); }).on('close', () => { open.delete(target); client.destroy(); });
    client.on('close', () => { target.destroy(); });
  });
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  atEnd(t, async () => {
    for (const socket of open) socket.destroy();
    await new Promise((resolve) => { server.close(resolve); });
  });
  return { port: (server.address() as AddressInfo).port, asked, fallSilent: () => { silent = true; } };
}
