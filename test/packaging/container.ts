// A booted systemd in a container of its own: private network, and whatever it writes is gone with it.
import { execFile, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import { endWithUs } from '../real/children.ts';
import { until } from '../support/rig.ts';

const BOOT_MS = 60_000;
const CONTROL_GROUPS = '/sys/fs/cgroup/systemd';

/** What a command ended with. */
export interface Ended { readonly code: number; readonly out: string; readonly err: string }

/** Runs commands in a booted container, known by the process that is its init. */
export class Container {
  readonly leader: number;

  constructor(leader: number) { this.leader = leader; }

  /** Whatever the exit code is. @param input for its standard input. */
  run(command: readonly string[], input = ''): Promise<Ended> {
    return new Promise((resolve) => {
      const child = execFile('nsenter', ['--target', String(this.leader), '--all', '--', ...command], { maxBuffer: 64 * 1024 * 1024, env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LANG: 'C.UTF-8' } }, (error, out, err) => {
        resolve({ code: error === null ? 0 : typeof error.code === 'number' ? error.code : -1, out, err });
      });
      // A command may end without reading.
      child.stdin?.on('error', () => {}).end(input);
    });
  }

  /** The standard output. Rejects when the command fails, with what it said. */
  async must(command: readonly string[], input = ''): Promise<string> {
    const { code, out, err } = await this.run(command, input);
    if (code !== 0) throw new Error(`${command.join(' ')}: exit code ${code}\n${out}${err}`);
    return out;
  }

  async write(path: string, text: string, mode = '0644'): Promise<void> {
    await this.must(['sh', '-c', 'mkdir -p "$(dirname "$1")" && cat > "$1" && chmod "$2" "$1"', 'sh', path, mode], text);
  }
}

/** systemd puts its own control groups where it is started: not among those of this machine. */
function ownControlGroup(name: string): { readonly procs: string; readonly remove: () => void } | null {
  if (!existsSync(CONTROL_GROUPS)) return null;
  const folder = join(CONTROL_GROUPS, name);
  mkdirSync(folder, { recursive: true });
  return { procs: join(folder, 'cgroup.procs'), remove: () => { try { rmdirSync(folder); } catch { /* a process of the container is still ending */ } } };
}

/** The only child of a process. */
function childOf(pid: number): number | null {
  try {
    const first = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ')[0];
    return first === undefined || first === '' ? null : Number(first);
  } catch {
    return null;
  }
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) await new Promise((resolve) => { child.once('exit', resolve); });
}

/**
 * Boots the system in `root`, which is not changed. Needs root and systemd-nspawn. Disposing it switches it off.
 * @param binds folders of this machine that it sees at the same path, read only.
 */
export async function bootContainer(root: string, name: string, binds: readonly string[]): Promise<AsyncDisposable & { readonly container: Container }> {
  const group = ownControlGroup(name);
  // In the shell, so that not even the first moment is spent in our own group.
  const enter = group === null ? '' : `echo $$ > ${group.procs} && `;
  const nspawn = spawn('sh', ['-c', `${enter}exec systemd-nspawn "$@"`, 'sh',
    `--directory=${root}`, '--boot', '--volatile=overlay', '--private-network', `--machine=${name}`, '--register=no', '--keep-unit', '--console=pipe',
    ...binds.map((folder) => `--bind-ro=${folder}`),
  ], { stdio: ['ignore', 'pipe', 'pipe'], detached: true });
  endWithUs(nspawn);
  let said = '';
  for (const stream of [nspawn.stdout, nspawn.stderr]) stream.on('data', (bytes: Buffer) => { said = (said + bytes.toString()).slice(-20_000); });
  let container: Container | null = null;
  const off = async (): Promise<void> => {
    await container?.run(['systemctl', 'poweroff']);
    if (container === null) nspawn.kill('SIGTERM');
    await ended(nspawn);
    group?.remove();
  };
  try {
    await until('the container to boot', async () => {
      if (nspawn.exitCode !== null) throw new Error(`systemd-nspawn ended with ${nspawn.exitCode}:\n${said}`);
      const leader = childOf(nspawn.pid!);
      if (leader === null) return false;
      const candidate = new Container(leader);
      const { out } = await candidate.run(['systemctl', 'is-system-running']);
      if (!/^(?:running|degraded)/.test(out)) return false;
      container = candidate;
      return true;
    }, BOOT_MS);
  } catch (error) {
    await off();
    throw new Error(`the container does not boot: ${(error as Error).message}\n${said}`, { cause: error });
  }
  return { container: container!, [Symbol.asyncDispose]: off };
}
