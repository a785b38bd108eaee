// nginx with four workers, and a load on it that numbers its requests.
import { mkdirSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { until } from '../support/rig.ts';
import { freeTcpPort } from '../support/free-port.ts';
import { Daemon } from './daemon.ts';

export const WORKERS = 4;
/** The kernel deals connections out to the workers by a hash: of this many each worker has some, but once in 2,500 runs. */
const CONNECTIONS = 32;
const TICK_MS = 10;

/** A whole line of the access log: request number and worker. */
export const NGINX_LINE = /^127\.0\.0\.1 - - \[[^\]]+\] "GET \/item\/(\d{8})\?q=[^"]* HTTP\/1\.1" 204 0 "-" "load \(numbered\)" (\d+)$/;

export interface Nginx { readonly daemon: Daemon; readonly port: number; readonly pidFile: string }

export async function startNginx(program: string, folder: string, log: string): Promise<Nginx> {
  const port = await freeTcpPort();
  const pidFile = join(folder, 'nginx.pid');
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  mkdirSync(join(folder, 'nginx'));
  const config = join(folder, 'nginx.conf');
  writeFileSync(config, `
daemon off;
${process.getuid?.() === 0 ? `user ${userInfo().username};` : ''}
worker_processes ${WORKERS};
pid ${pidFile};
error_log ${join(folder, 'nginx-error.log')};
events { worker_connections 256; }
http {
  log_format numbered '$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent "$http_referer" "$http_user_agent" $pid';
  access_log ${log} numbered;
${temporary.map((name) => `  ${name}_temp_path ${join(folder, 'nginx', name)};`).join('\n')}
  keepalive_requests 10000000;
  server { listen 127.0.0.1:${port} reuseport; location / { return 204; } }
}
`);
  const daemon = new Daemon('nginx', [program, '-p', folder, '-e', join(folder, 'nginx-error.log'), '-c', config]);
  await daemon.started(pidFile);
  return { daemon, port, pidFile };
}

/** Requests over kept connections, each with a number of its own in its URL. */
export class RequestLoad {
  readonly #sockets: Socket[] = [];
  readonly #perTick: number;
  #timer: NodeJS.Timeout | null = null;
  #answerEnds = 0;
  sent = 0;
  failure: Error | null = null;

  constructor(perSecond: number) { this.#perTick = (perSecond * TICK_MS) / 1_000; }

  get answered(): number { return this.#answerEnds; }

  async start(port: number): Promise<void> {
    for (let i = 0; i < CONNECTIONS; i++) {
      const socket = connect(port, '127.0.0.1');
      await new Promise<void>((resolve, reject) => { socket.once('connect', resolve).once('error', reject); });
      socket.on('error', (error) => { this.failure ??= error; });
      let matched = 0;
      socket.on('data', (bytes: Buffer) => {
        for (const byte of bytes) {
          matched = byte === (matched % 2 === 0 ? 13 : 10) ? matched + 1 : byte === 13 ? 1 : 0;
          if (matched === 4) { this.#answerEnds++; matched = 0; }
        }
      });
      this.#sockets.push(socket);
    }
    const began = performance.now();
    this.#timer = setInterval(() => {
      const due = Math.floor(((performance.now() - began) / TICK_MS) * this.#perTick);
      while (this.sent < due) {
        const number = String(this.sent).padStart(8, '0');
        this.#sockets[this.sent % CONNECTIONS]!.write(`GET /item/${number}?q=${'x'.repeat(this.sent % 97)} HTTP/1.1\r\nHost: localhost\r\nUser-Agent: load (numbered)\r\n\r\n`);
        this.sent++;
      }
    }, TICK_MS);
  }

  /** Ends when every request is answered. */
  async stop(): Promise<void> {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
    try {
      await until('nginx to answer all requests', () => {
        if (this.failure !== null) throw this.failure;
        return this.answered >= this.sent;
      });
    } finally {
      for (const socket of this.#sockets) socket.destroy();
    }
  }
}
