import { readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { codeOf } from './kernel-text.ts';
import { Slice } from './slice.ts';
import type { ProcessSelector } from '../../metrics-plan.ts';
import type { ProcessTable } from './process-table.ts';

/** Longest pid file read: a number and its newline. */
const MAX_PID_FILE_BYTES = 64;
/** PID_MAX_LIMIT of Linux. */
const MAX_PID = 4_194_304;

/** The processes that were found. */
export interface Found {
  readonly pids: readonly number[];
  /** What kept others from being found, in words that do not change from sample to sample. */
  readonly trouble: string | null;
  /** There may be others that could not be looked at this time: how many there are is not known. */
  readonly incomplete?: true;
  /** There may be others that this agent is never shown. */
  readonly blind?: true;
}

/**
 * Finds the processes that a section chooses. A pid file that cannot be read is a trouble, not an error; whether its process is there is not asked here.
 * @param matches whether the operator's pattern occurs in a text. @throws when /proc cannot be read
 */
export async function findProcesses(select: ProcessSelector, matches: (text: string) => boolean, table: ProcessTable, now: number): Promise<Found> {
  switch (select.by) {
    case 'pid_file': return ofPidFile(select.text, table);
    case 'exe': return byExe(matches, table, now);
    case 'pattern': return byCommandLine(matches, table, now);
    default: throw new Error(`no such selector: ${String(select satisfies never)}`);
  }
}

async function ofPidFile(path: string, table: ProcessTable): Promise<Found> {
  const read = await table.reads.read(path, MAX_PID_FILE_BYTES);
  if (read === 'hangs') return { pids: [], trouble: `the pid file ${path} cannot be read: ${table.reads.hanging ?? 'another file'} does not answer (a dead mount?)`, incomplete: true };
  if ('error' in read) return { pids: [], trouble: `the pid file ${path} cannot be read (${codeOf(read.error)}): its process does not run, or writes its id elsewhere` };
  const text = read.text.trim();
  const pid = /^\d{1,7}$/.test(text) ? Number(text) : 0;
  return pid >= 1 && pid <= MAX_PID ? { pids: [pid], trouble: null } : { pids: [], trouble: `the pid file ${path} does not hold the id of a process` };
}

async function byExe(matches: (text: string) => boolean, table: ProcessTable, now: number): Promise<Found> {
  const pids: number[] = [];
  let denied = false;
  const slice = new Slice();
  for (const pid of (await table.list(now)).pids) {
    if (slice.over) await slice.next();
    try {
      // The program of a process that an update has replaced is still what it was.
      if (matches(readlinkSync(join(table.folders.proc, String(pid), 'exe')).replace(/ \(deleted\)$/, ''))) pids.push(pid);
    } catch (error) {
      // Processes of the kernel and zombies have no program: ENOENT.
      denied ||= codeOf(error) === 'EACCES' || codeOf(error) === 'EPERM';
    }
  }
  if (!denied) return { pids, trouble: null };
  return { pids, blind: true, trouble: 'some processes do not show their program to the agent (EACCES), so they are not found: let it (its unit: systemd/examples/other-processes.conf; a container: --cap-add SYS_PTRACE), or choose them by "pattern"' };
}

async function byCommandLine(matches: (text: string) => boolean, table: ProcessTable, now: number): Promise<Found> {
  const list = await table.list(now);
  const pids: number[] = [];
  let hangs = false;
  for (const pid of list.pids) {
    const line = await list.commandLine(pid);
    if (line === 'hangs') hangs = true;
    else if (line !== 'gone' && matches(line.text)) pids.push(pid);
  }
  if (!hangs) return { pids, trouble: null };
  return { pids, incomplete: true, trouble: `the kernel does not answer for ${table.reads.hanging ?? 'a process'}, so not all processes could be looked at: it waits for a device or mount that is dead (ps hangs too)` };
}
