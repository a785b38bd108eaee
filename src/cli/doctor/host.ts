// What the host gives the agent: descriptors, watches, room for its state.
import { existsSync, lstatSync, readFileSync, readdirSync, statfsSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { nameIn } from '../../host/identity.ts';
import type { Identity } from '../../host/identity.ts';
import { failed, ok, warning } from './finding.ts';
import type { Finding } from './finding.ts';

/** Sockets, state, spool, listeners: what the agent has open besides logs. */
const OTHER_DESCRIPTORS = 128;
/** The journal of acknowledged ranges and quarantine together (docs/guarantees.md), and as much again. */
const STATE_BYTES = 256 * 1024 * 1024;
/** A few checkpoints: below it not even positions can be written. */
const LEAST_BYTES = 8 * 1024 * 1024;
/** f_type of tmpfs (statfs(2)). */
const TMPFS = 0x0102_1994;
const MIB = 1024 * 1024;

/** @param limits text of /proc/PID/limits @param files that match now */
export function descriptorFinding(limits: string, files: number): Finding {
  const most = Number(/^Max open files\s+(\d+|unlimited)/m.exec(limits)?.[1]?.replace('unlimited', 'Infinity'));
  const needed = files + OTHER_DESCRIPTORS;
  if (Number.isNaN(most)) return warning('descriptors', 'the limit of open files cannot be read', 'cat /proc/self/limits');
  return most >= needed
    ? ok('descriptors', `${most} may be open, ${needed} are wanted at most now`)
    : warning('descriptors', `${most} may be open, and ${files} files match: the agent reads in turns, and cannot hold each deleted file until it is read`, `LimitNOFILE=${2 ** Math.ceil(Math.log2(needed))} in a drop-in of the unit (systemctl edit unified-agent)`);
}

/** @param watches, instances text of the kernel's settings @param folders that are watched */
export function watchFinding(watches: string, instances: string, folders: number): Finding {
  const [most, several] = [Number(watches), Number(instances)];
  return most > folders && several > 1
    ? ok('inotify', `${most} watches and ${several} instances a user; ${folders} folders are watched`)
    : warning('inotify', `${most} watches and ${several} instances a user are too few for ${folders} folders: new files are then found by looking once a second`, `sysctl -w fs.inotify.max_user_watches=${Math.max(65_536, folders * 2)} fs.inotify.max_user_instances=256`);
}

/** The nearest folder of a path that is there. */
function existing(path: string): string {
  return existsSync(path) || path === '/' ? path : existing(dirname(path));
}

/** @param runs whether the identity is that of an agent that runs; else that of who asks */
export function stateFinding(stateDirectory: string, identity: Identity, runs: boolean): Finding {
  const folder = existing(stateDirectory);
  const { bavail, bsize, ffree, files, type } = statfsSync(folder);
  const free = bavail * bsize;
  const { uid, mode } = statSync(folder);
  if (folder === stateDirectory && identity.uid !== 0 && (uid !== identity.uid || (mode & 0o200) === 0)) {
    return failed('state', `${stateDirectory} cannot be written by the agent's user: positions would be lost`, `chown ${identity.uid} ${stateDirectory} && chmod 0700 ${stateDirectory}`);
  }
  const strange = folder === stateDirectory && uid !== 0 && !(runs && identity.uid === 0) ? strangerIn(folder, uid) : null;
  if (strange !== null) return failed('state', `${strange} is another user's than ${stateDirectory}, as after an agent that root began by hand and that was killed: the agent cannot write it`, `chown --recursive --no-dereference ${nameIn('/etc/passwd', uid)}: ${stateDirectory}`);
  const text = `${stateDirectory}: ${Math.floor(free / MIB)} MiB free`;
  if (free < LEAST_BYTES || (files > 0 && ffree === 0)) return failed('state', `${text}${ffree === 0 ? ', no inode' : ''}: positions cannot be written`, `make room on the file system of ${folder}, or choose another --state-dir`);
  if (type === TMPFS) return warning('state', `${text}, in memory: positions do not outlive a restart of the machine`, 'choose a --state-dir on a disk');
  return free < STATE_BYTES
    ? warning('state', `${text}; the agent keeps up to ${STATE_BYTES / MIB} MiB there`, `make room on the file system of ${folder}`)
    : ok('state', text);
}

/** What of a folder is not its owner's, or null; also where it cannot be listed. */
function strangerIn(folder: string, uid: number): string | null {
  try {
    return readdirSync(folder).map((name) => join(folder, name)).find((path) => (lstatSync(path, { throwIfNoEntry: false })?.uid ?? uid) !== uid) ?? null;
  } catch {
    return null;
  }
}

/** Of a file in /proc that may not be there. */
export function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
