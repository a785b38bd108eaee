// rsyslog that takes messages over UDP and writes them to one file, and a load on it that numbers its messages.
import { createSocket } from 'node:dgram';
import type { Socket } from 'node:dgram';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freeUdpPort } from '../support/free-port.ts';
import { Daemon } from './daemon.ts';

const TICK_MS = 10;

/** A whole line of the file: message number. */
export const SYSLOG_LINE = /^\S.* load: message (\d{8}) about =*$/;

export interface Rsyslog { readonly daemon: Daemon; readonly port: number; readonly pidFile: string }

export async function startRsyslog(program: string, folder: string, log: string): Promise<Rsyslog> {
  const port = await freeUdpPort();
  const pidFile = join(folder, 'rsyslog.pid');
  const work = join(folder, 'rsyslog');
  mkdirSync(work);
  const config = join(folder, 'rsyslog.conf');
  writeFileSync(config, `
global(workDirectory="${work}" net.enableDNS="off")
module(load="imudp")
input(type="imudp" address="127.0.0.1" port="${port}" rateLimit.interval="0" ruleset="numbered")
ruleset(name="numbered") { action(type="omfile" file="${log}") }
`);
  // -n foreground, -x no name look-ups, -i the pid file.
  const daemon = new Daemon('rsyslogd', [program, '-n', '-x', '-i', pidFile, '-f', config]);
  await daemon.started(pidFile);
  return { daemon, port, pidFile };
}

/** Messages over UDP; what the kernel drops of them is in no file, so the files are the measure, not `sent`. */
export class MessageLoad {
  readonly #perTick: number;
  #socket: Socket | null = null;
  #timer: NodeJS.Timeout | null = null;
  sent = 0;

  constructor(perSecond: number) { this.#perTick = (perSecond * TICK_MS) / 1_000; }

  async start(port: number): Promise<void> {
    const socket = (this.#socket = createSocket('udp4'));
    await new Promise<void>((resolve) => { socket.connect(port, '127.0.0.1', resolve); });
    const began = performance.now();
    this.#timer = setInterval(() => {
      const due = Math.floor(((performance.now() - began) / TICK_MS) * this.#perTick);
      while (this.sent < due) {
        const number = String(this.sent).padStart(8, '0');
        // 16 * 8 + 6: local use 0, information (RFC 3164 4.1.1).
        socket.send(`<134>Nov 21 05:06:07 host load: message ${number} about ${'='.repeat(this.sent % 61)}`);
        this.sent++;
      }
    }, TICK_MS);
  }

  async stop(): Promise<void> {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
    const socket = this.#socket;
    this.#socket = null;
    if (socket !== null) await new Promise<void>((resolve) => { socket.close(resolve); });
  }
}
