// The project's bars of speed, each with how it is measured by the harness of BENCH_DIR and what it must reach.

/** What run.mjs writes with --json, as far as it is judged here. MB are 10^6 bytes, memory is MiB. */
export interface HarnessRun {
  readonly events: number;
  readonly lost: number;
  readonly dup: number;
  readonly ooo?: number;
  readonly noToken?: number;
  readonly crcBad?: number;
  readonly wall: number;
  readonly MBps: number;
  readonly MBpCpuS: number;
  readonly cpuPctNs?: number;
  readonly peakRssMB: number;
  readonly endRssMB: number;
  /** From the agent's start to the first event's arrival, seconds. */
  readonly tFirst: number | null;
  readonly lat?: { readonly n: number; readonly p50: number; readonly p99: number };
  readonly deadEarly: boolean;
  readonly otherCpuPct: number;
  readonly genWindow?: number;
  readonly sink: { readonly put: number; readonly violations: Readonly<Record<string, number>> };
}

/** A figure that must not be below (`least`) or above (`most`) the bar; with neither it is only shown. */
export interface Mark {
  readonly what: string;
  readonly unit: string;
  readonly value: (run: HarnessRun) => number | null;
  readonly least?: number;
  readonly most?: number;
}

export interface Bar {
  readonly name: string;
  /** File of test/bench/templates. */
  readonly template: string;
  /** Options of run.mjs; {BIG} is the 512 MB file. */
  readonly options: readonly string[];
  readonly repeat: number;
  readonly marks: readonly Mark[];
  /** More than one batch may be in flight, so batches may arrive in another order. */
  readonly reorders?: true;
  /** Killed agents may send again what they had in flight. */
  readonly repeats?: true;
  /** Beside the harness's files there are so many without a token. */
  readonly quietFiles?: number;
}

const perCpu = (least: number): Mark => ({ what: 'MB per CPU-second', unit: 'MB', value: (run) => run.MBpCpuS, least });
const speed = (least: number): Mark => ({ what: 'MB/s', unit: 'MB/s', value: (run) => run.MBps, least });
const peak = (most: number): Mark => ({ what: 'peak RSS', unit: 'MiB', value: (run) => run.peakRssMB, most });
const rss = (most: number): Mark => ({ what: 'RSS at the end', unit: 'MiB', value: (run) => run.endRssMB, most });
const core = (most: number): Mark => ({ what: 'CPU of a core', unit: '%', value: (run) => run.cpuPctNs ?? null, most });
const p99 = (most: number): Mark => ({ what: 'latency p99', unit: 'ms', value: (run) => run.lat?.p99 ?? null, most });
const first: Mark = { what: 'first event after start', unit: 's', value: (run) => run.tFirst, most: 0.6 };
const calls: Mark = { what: 'calls per second', unit: '/s', value: (run) => run.sink.put / (run.genWindow ?? run.wall) };
const late: Mark = { what: 'out of order', unit: 'lines', value: (run) => run.ooo ?? null };
const doubled: Mark = { what: 'sent again', unit: 'lines', value: (run) => run.dup };

const catchUp = ['--workload', 'catchup', '--file', '{BIG}', '--mode', 'verify'];
const steady = (seconds: number): readonly string[] => ['--workload', 'steady', '--rate', '10', '--secs', String(seconds), '--mode', 'crc'];
const many = ['--workload', 'multi', '--files', '1000', '--lps', '5000', '--secs', '30', '--init', '1', '--mode', 'crc'];

/** Rest begins when the start's own work is over: what was there is flushed after 5 s, and memory given back three seconds later. */
const SETTLED = ['--settle', '12'];

export const BARS: readonly Bar[] = [
  { name: 'catch-up', template: 'catchup.json', options: catchUp, repeat: 3, marks: [perCpu(290), speed(260), peak(130), first] },
  { name: 'catch-up-30ms', template: 'catchup-window.json', options: [...catchUp, '--sink-args', '--delay-ms 30'], repeat: 3, marks: [speed(260), late], reorders: true },
  { name: 'features', template: 'features.json', options: catchUp, repeat: 3, marks: [perCpu(150), peak(130)] },
  { name: 'steady', template: 'steady.json', options: steady(30), repeat: 1, marks: [core(6), p99(300), rss(100)] },
  { name: 'steady-1s', template: 'steady-1s.json', options: steady(30), repeat: 1, marks: [core(6), p99(1_100), rss(100)] },
  { name: 'many-one-stream', template: 'multi-one-stream.json', options: many, repeat: 1, marks: [core(15), calls] },
  { name: 'many-streams', template: 'multi-streams.json', options: many, repeat: 1, marks: [core(35), calls] },
  { name: 'idle-1000', template: 'idle.json', options: ['--workload', 'idle', '--files', '1000', '--init', '10', '--idle-secs', '30', ...SETTLED, '--mode', 'verify'], repeat: 1, marks: [core(0.2), rss(85)] },
  { name: 'active-20-of-10000', template: 'idle-many.json', options: ['--workload', 'multi', '--files', '20', '--lps', '20', '--secs', '30', ...SETTLED, '--mode', 'verify'], repeat: 1, marks: [core(2)], quietFiles: 9_980 },
  { name: 'rename-gap-50ms', template: 'steady.json', options: [...steady(20), '--rotate', 'rename', '--rotate-mb', '50', '--gap-ms', '50'], repeat: 1, marks: [] },
  { name: 'rename-gap-1s', template: 'steady.json', options: [...steady(20), '--rotate', 'rename', '--rotate-mb', '50', '--gap-ms', '1000'], repeat: 1, marks: [] },
  { name: 'refused-every-third', template: 'steady.json', options: [...steady(10), '--sink-args', '--error-every 3'], repeat: 1, marks: [] },
  { name: 'killed-twice', template: 'steady.json', options: [...steady(20), '--kill-at', '6,13'], repeat: 1, marks: [doubled], repeats: true },
];

export interface Judged { readonly what: string; readonly bar: string; readonly measured: string; readonly passed: boolean }

/** The middle of the runs, or null when no run has the figure. */
export function median(values: readonly (number | null)[]): number | null {
  const sorted = values.filter((value) => value !== null && Number.isFinite(value)).toSorted((a, b) => a! - b!);
  return sorted[sorted.length >> 1] ?? null;
}

/** Judges a bar by the runs made for it: the marks by their medians, what must never happen by every run. */
export function judge(bar: Bar, runs: readonly HarnessRun[]): readonly Judged[] {
  const marks = bar.marks.map(({ what, unit, value, least, most }): Judged => {
    const measured = median(runs.map(value));
    const passed = measured !== null && (least === undefined || measured >= least) && (most === undefined || measured <= most);
    return { what, bar: least !== undefined ? `≥ ${least} ${unit}` : most !== undefined ? `≤ ${most} ${unit}` : 'shown', measured: measured === null ? 'not measured' : `${round(measured)} ${unit}`, passed: passed || (least === undefined && most === undefined) };
  });
  const faults = new Map<string, number>();
  const count = (what: string, n: number): void => { if (n !== 0) faults.set(what, (faults.get(what) ?? 0) + n); };
  for (const run of runs) {
    count('lost', run.lost);
    if (bar.repeats !== true) count('doubled', run.dup);
    if (bar.reorders !== true && bar.repeats !== true) count('out of order', run.ooo ?? 0);
    count('damaged', (run.crcBad ?? 0) + (bar.quietFiles === undefined ? run.noToken ?? 0 : 0));
    for (const [limit, n] of Object.entries(run.sink.violations)) count(`limit ${limit}`, n);
    if (run.deadEarly) count('agents that ended', 1);
  }
  const text = runs.length === 0 ? 'no run' : faults.size === 0 ? 'none' : [...faults].map(([what, n]) => `${n} ${what}`).join(', ');
  return [...marks, { what: 'lost, doubled, out of order, damaged, limits', bar: 'none', measured: text, passed: runs.length > 0 && faults.size === 0 }];
}

const round = (value: number): string => value.toFixed(value < 1 ? 3 : value < 10 ? 2 : value < 100 ? 1 : 0);
