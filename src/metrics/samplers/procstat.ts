import { basename, join } from 'node:path';
import { codeOf, kernelTextIfThere } from './kernel-text.ts';
import { PROCESS_FIELDS, sourcesOf } from './process-fields.ts';
import { readSource, statFields } from './process-reading.ts';
import { findProcesses } from './process-search.ts';
import { parseStat } from './process-texts.ts';
import { Slice } from './slice.ts';
import { Troubles } from './troubles.ts';
import type { SamplerPlan } from '../../metrics-plan.ts';
import type { FieldKind, Reading, Sampler, SamplerReport } from '../sampler.ts';
import type { ProcessSource } from './process-fields.ts';
import type { ProcessTable } from './process-table.ts';
import type { ProcessStat } from './process-texts.ts';

/** Processes read for one section: each is several metrics, and nobody reads as many. */
const MAX_PROCESSES = 1_000;
/** TASK_COMM_LEN without its NUL: a longer name is cut. */
const CUT_NAME = 15;
/** NAME_MAX: what a process calls itself may be longer, no program is. */
const MAX_NAME = 255;

export interface ProcstatOptions {
  /** One for all sections. */
  readonly table: ProcessTable;
  /** Whether the pattern of `select` occurs in a text; not called for a pid file. */
  readonly matches: (text: string) => boolean;
  readonly report: SamplerReport;
}

type ProcstatPlan = Extract<SamplerPlan, { readonly kind: 'procstat' }>;

/** CPU seconds at a monotonic time, of the process that began at `started`. */
interface Usage { readonly started: number; readonly seconds: number; readonly at: number }

/**
 * What single processes use. One reading for the search (`pid_count`, published as `procstat_lookup_pid_count`, with the dimension `pid_finder`), and one for each process that it found. Of the
 * files of a process only those are read that hold a field that is asked for.
 */
export function createProcstatSampler(plan: ProcstatPlan, options: ProcstatOptions): Sampler {
  return new ProcstatSampler(plan, options);
}

class ProcstatSampler implements Sampler {
  readonly fields: Readonly<Record<string, FieldKind>> = PROCESS_FIELDS;
  readonly #plan: ProcstatPlan;
  readonly #table: ProcessTable;
  readonly #matches: (text: string) => boolean;
  readonly #troubles: Troubles;
  readonly #sources: ReadonlySet<ProcessSource>;
  /** A search that is not shown all processes has found one: when it finds none, that one has ended. */
  #hasFound = false;
  /** Of the sample before, by pid. */
  #usage: ReadonlyMap<number, Usage> = new Map();

  constructor(plan: ProcstatPlan, { table, matches, report }: ProcstatOptions) {
    this.#plan = plan;
    this.#table = table;
    this.#matches = matches;
    this.#troubles = new Troubles(report);
    this.#sources = sourcesOf(new Set(plan.measurements.map(({ field }) => field)));
  }

  async sample(now: number): Promise<readonly Reading[]> {
    const { select, pointer } = this.#plan;
    const found = await findProcesses(select, this.#matches, this.#table, now);
    this.#tell('search', found.trouble, `${pointer}: the search for processes works again`);
    const many = found.pids.length > MAX_PROCESSES;
    this.#tell('bound', many ? `finds more than ${MAX_PROCESSES} processes; the first ${MAX_PROCESSES} are read: choose fewer` : null, `${pointer}: finds no more than ${MAX_PROCESSES} processes again`);
    const readings: Reading[] = [];
    const usage = new Map<number, Usage>();
    const troubles = new Map<ProcessSource, string>();
    const slice = new Slice();
    let there = found.pids.length;
    // What a pid file names may have ended; what was found by looking was there.
    if (this.#sources.size > 1 || !this.#sources.has('count') || select.by === 'pid_file') {
      for (const pid of found.pids.slice(0, MAX_PROCESSES)) {
        if (slice.over) await slice.next();
        const reading = await this.#process(pid, now, usage, troubles);
        if (reading !== null) readings.push(reading);
        else if (select.by === 'pid_file') there = 0;
      }
    }
    this.#usage = usage;
    for (const source of ['stat', ...this.#sources] as const) {
      const trouble = troubles.get(source);
      this.#tell(source, trouble === undefined ? null : `${source === 'descriptors' ? 'num_fds' : source} of some processes cannot be read (${trouble})`, `${pointer}: ${source} of all processes can be read again`);
    }
    this.#hasFound ||= there > 0;
    // A count that is too low would be an alarm: none is better.
    const isKnown = found.incomplete !== true && (found.blind !== true || this.#hasFound);
    if (this.#sources.has('count') && isKnown) readings.push({ dimensions: this.#dimensions(['pid_finder', 'native']), values: { pid_count: there } });
    return readings;
  }

  /** Null when it is gone. */
  async #process(pid: number, now: number, usage: Map<number, Usage>, troubles: Map<ProcessSource, string>): Promise<Reading | null> {
    const folder = join(this.#table.folders.proc, String(pid));
    const stat = statOf(folder, troubles);
    if (stat === null) return null;
    const values: Record<string, number> = statFields(stat);
    const seconds = stat.user + stat.system;
    const before = this.#usage.get(pid);
    if (before?.started === stat.started && now > before.at) values['cpu_usage'] = Math.max(0, 100 * (seconds - before.seconds) / ((now - before.at) / 1_000));
    usage.set(pid, { started: stat.started, seconds, at: now });
    for (const source of this.#sources) {
      if (source === 'stat' || source === 'count') continue;
      const part = await readSource(source, folder, this.#table.reads);
      if (part === null) return null;
      if ('trouble' in part && typeof part.trouble === 'string') troubles.set(source, part.trouble);
      else Object.assign(values, part);
    }
    return { dimensions: this.#dimensions(['process_name', await this.#nameOf(stat, now)]), values };
  }

  /** The whole name where the kernel has cut it: that of the program as it was called, if it begins so. */
  async #nameOf({ name, pid }: ProcessStat, now: number): Promise<string> {
    if (Buffer.byteLength(name) < CUT_NAME) return name;
    const line = await (await this.#table.list(now)).commandLine(pid);
    const called = typeof line === 'string' ? '' : basename(line.text.split(' ', 1)[0]!).slice(0, MAX_NAME);
    return called.startsWith(name) ? called : name;
  }

  #dimensions(own: readonly [string, string]): readonly (readonly [string, string])[] {
    const { by, text } = this.#plan.select;
    return [[by === 'pid_file' ? 'pidfile' : by, text] as const, own].toSorted(([a], [b]) => (a < b ? -1 : 1));
  }

  #tell(subject: string, trouble: string | null, over: string): void {
    const key = `${this.#plan.pointer} ${subject}`;
    if (trouble === null) this.#troubles.end(key, over);
    else this.#troubles.begin(key, `${this.#plan.pointer}: ${trouble}`);
  }

  [Symbol.dispose](): void {}
}

/** Null when the process is gone, or (a trouble) hidden from the agent by the mount option hidepid. */
function statOf(folder: string, troubles: Map<ProcessSource, string>): ProcessStat | null {
  try {
    return parseStat(kernelTextIfThere(join(folder, 'stat')) ?? '');
  } catch (error) {
    troubles.set('stat', codeOf((error as Error).cause));
    return null;
  }
}
