import { join } from 'node:path';
import { isGone } from './kernel-text.ts';
import { PatientReads } from './patient-reads.ts';
import { listProcesses } from './processes.ts';
import type { PatientRead } from './patient-reads.ts';
import type { KernelFolders } from '../sampler.ts';

/** Samplers that are due at the same second see one list. */
const SHARED_MS = 500;
/** Of a command line: some programs are started with megabytes. */
const MAX_COMMAND_BYTES = 65_536;
/** Characters of command lines that are kept for the other sections; beyond it each reads for itself. */
const MAX_KEPT = 4_194_304;

/** Words parted by blanks; empty for a process of the kernel. `hangs` where it cannot be told. */
export type CommandLine = { readonly text: string } | 'gone' | 'hangs';

/** The processes at one moment. */
export interface ProcessList {
  readonly pids: readonly number[];
  commandLine(pid: number): Promise<CommandLine>;
}

/** The processes of the host, read once for all sections `procstat` that are sampled together. */
export class ProcessTable {
  readonly folders: KernelFolders;
  /** For what may hang, of all sections together. */
  readonly reads: PatientReads;
  #list: { readonly at: number; readonly processes: Promise<ProcessList> } | null = null;

  constructor(folders: KernelFolders, reads = new PatientReads()) {
    this.folders = folders;
    this.reads = reads;
  }

  /** @param now monotonic milliseconds. @throws when the folder cannot be read */
  list(now: number): Promise<ProcessList> {
    if (this.#list === null || now - this.#list.at >= SHARED_MS || now < this.#list.at) this.#list = { at: now, processes: this.#read() };
    return this.#list.processes;
  }

  async #read(): Promise<ProcessList> {
    const pids = await listProcesses(this.folders.proc);
    const lines = new Map<number, Promise<CommandLine>>();
    let kept = 0;
    const read = async (pid: number): Promise<CommandLine> => {
      const line = wordsOf(await this.reads.read(join(this.folders.proc, String(pid), 'cmdline'), MAX_COMMAND_BYTES));
      kept += typeof line === 'string' ? 0 : line.text.length;
      if (kept > MAX_KEPT) lines.delete(pid);
      return line;
    };
    return {
      pids,
      commandLine: (pid) => {
        const known = lines.get(pid);
        if (known !== undefined) return known;
        const line = read(pid);
        lines.set(pid, line);
        return line;
      },
    };
  }
}

function wordsOf(found: PatientRead): CommandLine {
  if (found === 'hangs') return 'hangs';
  if ('error' in found) return isGone(found.error) ? 'gone' : { text: '' };
  return { text: found.text.replace(/\0+$/, '').replaceAll('\0', ' ') };
}
