// What systemd is to a service: a datagram socket on which it is told how the service is.
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { atEnd } from './at-end.ts';
import type { Owner } from './at-end.ts';
import { until } from './rig.ts';

/** The runtime has no datagrams of unix sockets: each is printed as a line of JSON. */
const RECEIVER = `
import json, socket, sys
receiver = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
receiver.bind(sys.argv[1].replace('@', chr(0)))
print('', flush=True)
while True: print(json.dumps(receiver.recv(65536).decode()), flush=True)
`;

export interface ServiceManager {
  /** The messages so far, each as its lines. */
  readonly told: readonly (readonly string[])[];
  /** All lines so far. */
  readonly lines: readonly string[];
  /** Waits for a line that matches, after the first `from` lines. */
  hears(pattern: RegExp, from?: number): Promise<string>;
  /** Waits until nothing that matches has come for so long, milliseconds. */
  missing(pattern: RegExp, ms: number): Promise<void>;
}

/** @param name of the socket: a path, or an abstract name behind `@` */
export async function startServiceManager(t: Owner, name: string): Promise<ServiceManager> {
  const receiver = spawn('python3', ['-c', RECEIVER, name], { stdio: ['ignore', 'pipe', 'inherit'] });
  const told: string[][] = [];
  const lines: string[] = [];
  const times: number[] = [];
  let isBound = false;
  createInterface(receiver.stdout).on('line', (line) => {
    if (!isBound) { isBound = true; return; }
    const message = (JSON.parse(line) as string).split('\n');
    told.push(message);
    lines.push(...message);
    times.push(...message.map(() => performance.now()));
  });
  atEnd(t, () => { receiver.kill('SIGKILL'); });
  await until('the socket of the service manager', () => isBound);
  return {
    told, lines,
    hears: async (pattern, from = 0) => {
      await until(`${pattern} to be told; so far:\n${lines.join('\n')}`, () => lines.slice(from).some((line) => pattern.test(line)));
      return lines.slice(from).find((line) => pattern.test(line))!;
    },
    missing: async (pattern, ms) => {
      const began = performance.now();
      await until(`${pattern} not to be told for ${ms} ms`, () => {
        const last = lines.findLastIndex((line) => pattern.test(line));
        return performance.now() - Math.max(began, last < 0 ? 0 : times[last]!) > ms;
      });
    },
  };
}
