// A second, independent endpoint: moto's server, installed on first use into .venv and run on a free loopback port.
import { execFile, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);
const root = join(import.meta.dirname, '../..');
const venv = join(root, '.venv');
const requirements = join(root, 'test/conformance/moto-requirements.txt');
const lock = join(root, '.venv.lock');
const stamp = join(venv, 'requirements.sha256');
const INSTALL_MS = 300_000;
const START_MS = 60_000;
/** An installer touches its lock each second; one that stopped doing so was killed. */
const LOCK_STALE_MS = 15_000;
/**
 * moto's server. Each line of its standard input sets its clock, milliseconds ahead, and is answered by an empty line; it
 * ends when its standard input does: also when the test process is killed.
 */
const SERVER = `
import datetime, os, runpy, sys, threading
import moto.logs.models as logs
now, ahead = logs.utcnow, [datetime.timedelta(0)]
logs.utcnow = lambda: now() + ahead[0]
def obey():
    for line in sys.stdin:
        ahead[0] = datetime.timedelta(milliseconds=float(line))
        print(flush=True)
    os._exit(0)
threading.Thread(target=obey, daemon=True).start()
runpy.run_module('moto.server', run_name='__main__')`;

export interface Moto {
  readonly url: string;
  /** Sets the clock its log groups go by so many milliseconds ahead of the host's. */
  setAhead(ms: number): Promise<void>;
  close(): Promise<void>;
}

const wanted = (): string => createHash('sha256').update(readFileSync(requirements)).digest('hex');

async function isInstalled(): Promise<boolean> {
  return (await readFile(stamp, 'utf8').catch(() => '')) === wanted();
}

async function install(): Promise<void> {
  await rm(venv, { recursive: true, force: true });
  const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--require-hashes', '-r', requirements];
  try {
    await run('python3', ['-m', 'venv', venv], { timeout: INSTALL_MS });
    await run(join(venv, 'bin/python'), pip, { timeout: INSTALL_MS, maxBuffer: 16 << 20 });
  } catch (venvError) {
    // Debian without python3-venv: no ensurepip. The machine's own pip can fill a folder that PYTHONPATH names.
    await rm(venv, { recursive: true, force: true });
    try {
      await run('python3', [...pip, '--target', join(venv, 'site')], { timeout: INSTALL_MS, maxBuffer: 16 << 20 });
    } catch (pipError) {
      throw new Error(`moto could not be installed into ${venv}. python3 -m venv: ${(venvError as Error).message.trim()}; pip --target: ${(pipError as Error).message.trim()}. Install python3 and python3-venv (or pip) and run the tests again.`, { cause: pipError });
    }
  }
  await writeFile(stamp, wanted());
}

/** Installs once however many test files ask at the same time: mkdir of the lock is the one atomic step. */
async function ensureInstalled(): Promise<void> {
  const deadline = Date.now() + INSTALL_MS;
  while (!(await isInstalled())) {
    if (Date.now() > deadline) throw new Error(`moto is not installed in ${venv} after ${INSTALL_MS / 1000} s; remove ${lock} if no test runs`);
    try {
      await mkdir(lock);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      const touched = await stat(lock).then(({ mtimeMs }) => mtimeMs, () => Date.now());
      if (Date.now() - touched > LOCK_STALE_MS) await rm(lock, { recursive: true, force: true });
      else await delay(200);
      continue;
    }
    const alive = setInterval(() => void utimes(lock, new Date(), new Date()).catch(() => undefined), 1000);
    try {
      if (!(await isInstalled())) await install();
    } finally {
      clearInterval(alive);
      await rm(lock, { recursive: true, force: true });
    }
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => { server.close(resolve); });
  return port;
}

/**
 * Starts moto's server, empty, on loopback and resolves once it answers. Never skips: when it cannot be installed or
 * started the promise rejects with the reason, so a test that needs it fails. `close` ends it and waits for its exit.
 */
export async function startMoto(): Promise<Moto> {
  await ensureInstalled();
  const port = await freePort();
  const site = join(venv, 'site');
  const inVenv = await stat(join(venv, 'bin/python')).then(() => true, () => false);
  const child = spawn(inVenv ? join(venv, 'bin/python') : 'python3', ['-c', SERVER, '-H', '127.0.0.1', '-p', String(port)], {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { ...process.env, ...(inVenv ? {} : { PYTHONPATH: site }), PYTHONWARNINGS: 'ignore' },
  });
  let complaint = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => { complaint = (complaint + text).slice(-4000); });
  const exited = new Promise<void>((resolve) => { child.once('exit', () => resolve()); });
  const setAhead = async (ms: number): Promise<void> => {
    const obeyed = once(child.stdout, 'data');
    child.stdin.write(`${ms}\n`);
    await obeyed;
  };
  const close = async (): Promise<void> => {
    child.kill('SIGKILL');
    await exited;
  };
  const url = `http://127.0.0.1:${port}`;
  const deadline = Date.now() + START_MS;
  for (;;) {
    if (child.exitCode !== null || child.signalCode !== null) throw new Error(`moto's server ended before it answered: ${complaint.trim()}`);
    if (await fetch(`${url}/moto-api/`, { signal: AbortSignal.timeout(2000) }).then((answer) => answer.ok, () => false)) return { url, setAhead, close };
    if (Date.now() > deadline) {
      await close();
      throw new Error(`moto's server did not answer at ${url} within ${START_MS / 1000} s: ${complaint.trim()}`);
    }
    await delay(50);
  }
}
