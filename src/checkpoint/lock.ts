// One agent per state directory. The lock is the kernel's: SQLite holds a POSIX record lock on an empty file for as long
// as its transaction is open, and the kernel lets go of it when the process dies, however it dies. So it is never stale,
// two starts at once cannot both win, and it holds between containers that share the directory, where a pid says
// nothing. (Node has no call for file locks of its own.) The pid beside it serves the message alone.
import { readFileSync } from 'node:fs';
import { chmod, lstat, readFile, rename, rm, truncate, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as delay } from 'node:timers/promises';

/** sqlite3.h: SQLITE_BUSY and SQLITE_NOTADB. */
const BUSY = 5;
const NOT_A_DATABASE = 26;
/** The first agent writes its pid within this time of taking the lock. */
const PID_WAIT_MS = 1000;
/** Between two tries, with half of it as jitter. */
const RETRY_MS = 20;

/** Another agent has the state directory. */
export class StateLockedError extends Error {
  /** Pid of the first agent, or null when it left none. */
  readonly pid: number | null;

  constructor(directory: string, pid: number | null) {
    super(`state directory ${directory} is in use by another agent (${pid === null ? 'pid unknown' : `pid ${pid}`}): stop that one, or give this one another --state-dir`);
    this.name = 'StateLockedError';
    this.pid = pid;
  }
}

export interface StateLock { release(): Promise<void> }

/** When the process began, in clock ticks since boot (proc(5), /proc/PID/stat field 22), or null when it does not run. */
function startOf(pid: number): string | null {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The second field, the command in parentheses, may contain blanks and parentheses itself.
    return text.slice(text.lastIndexOf(')') + 2).split(' ')[19] ?? null;
  } catch {
    return null;
  }
}

/** The pid of the running process that wrote the file; with `lax`, whatever pid stands there (it may be another container's). */
async function holder(pidFile: string, lax: boolean): Promise<number | null> {
  const [pid, start] = (await readFile(pidFile, 'utf8').catch(() => '')).trim().split(' ');
  const number = Number(pid);
  if (!Number.isSafeInteger(number) || number <= 0) return null;
  return lax || startOf(number) === start ? number : null;
}

function begin(path: string): DatabaseSync {
  const database = new DatabaseSync(path, { timeout: 0 });
  try {
    database.exec('PRAGMA journal_mode=MEMORY; PRAGMA cache_size=1; BEGIN EXCLUSIVE');
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

const codeOf = (error: unknown): number | undefined => (error as { errcode?: number }).errcode;

/** The open lock; null: another process has it, or it can be had at the next try. */
async function tryLock(path: string): Promise<DatabaseSync | null> {
  try {
    return begin(path);
  } catch (error) {
    if (codeOf(error) === BUSY) return null;
    if (codeOf(error) !== NOT_A_DATABASE) throw error;
    // Somebody wrote into the file. Nobody can hold it so, and its content means nothing.
    await truncate(path);
    return null;
  }
}

/**
 * Of several that try at the same moment each may be in the way of all others, so that none wins: without a pid to name,
 * which the winner leaves, it is tried again.
 */
async function lockOrRefuse(directory: string, path: string, pidFile: string): Promise<DatabaseSync> {
  const deadline = performance.now() + PID_WAIT_MS;
  for (;;) {
    const database = await tryLock(path);
    if (database !== null) return database;
    const isLate = performance.now() > deadline;
    const pid = await holder(pidFile, isLate);
    if (pid !== null || isLate) throw new StateLockedError(directory, pid);
    await delay(RETRY_MS * (0.5 + Math.random()));
  }
}

/** Root may take the lock in a directory of the service's user: a link there could lead to any file. */
async function refuseLink(path: string): Promise<void> {
  if ((await lstat(path).catch(() => null))?.isSymbolicLink() === true) throw new Error(`state directory ${dirname(path)} cannot be locked: ${path} is a link: remove it`);
}

/** Takes the lock of a state directory, which must exist. Throws StateLockedError when another agent has it. */
export async function lockState(directory: string): Promise<StateLock> {
  const path = join(directory, 'lock');
  const pidFile = join(directory, 'pid');
  await refuseLink(path);
  const database = await lockOrRefuse(directory, path, pidFile).catch((error: unknown) => {
    if (error instanceof StateLockedError) throw error;
    throw new Error(`state directory ${directory} cannot be locked: ${(error as Error).message} (${path}): check that the agent's user may write there`, { cause: error });
  });
  // The pid is for messages: without it (a full disk) the lock holds all the same.
  await chmod(path, 0o600).catch(() => undefined);
  await rm(`${pidFile}.tmp`, { force: true })
    .then(() => writeFile(`${pidFile}.tmp`, `${process.pid} ${startOf(process.pid)}\n`, { mode: 0o600, flag: 'wx' }))
    .then(() => rename(`${pidFile}.tmp`, pidFile)).catch(() => undefined);
  return {
    release: async () => {
      await rm(pidFile, { force: true }).catch(() => undefined);
      database.close();
    },
  };
}
