// npm run bench [-- --only WORD --repeat N --json]: what the agent costs and how fast it is, with our own generator and
// sink. With BENCH_DIR set to another harness (sink.c, gen.c, run.mjs), all bars of the project are measured with that one.
import { parseArgs } from 'node:util';
import { buildAgent } from '../../scripts/build.ts';
import { runBars } from './harness.ts';
import { OWN_CASES } from './cases.ts';
import { markdownTable } from './markdown.ts';
import { measure } from './measure.ts';
import type { Figures } from './measure.ts';

/** sysexits.h EX_USAGE; 1 means that a line was lost, came twice, late or damaged, or that a bar was missed. */
const EXIT_USAGE = 64;

const TITLES = ['case', 'MB per CPU-second', 'MB/s', 'CPU of a core', 'peak RSS', 'latency p50 / p99', 'requests', 'lost', 'twice', 'out of order', 'damaged'];

/** Names of the columns: MB are 10^6 bytes of lines without newlines, CPU that of the agent's whole process tree. */
function row(f: Figures): readonly string[] {
  const loaded = f.megabytes > 0;
  return [
    f.name,
    f.cpuPercent === null ? (f.megabytes / f.cpuSeconds).toFixed(0) : '-',
    loaded ? (f.megabytes / f.wallSeconds).toFixed(f.cpuPercent === null ? 0 : 1) : '-',
    f.cpuPercent === null ? '-' : `${f.cpuPercent.toFixed(f.cpuPercent < 1 ? 2 : 1)} %`,
    `${f.peakMiB.toFixed(0)} MiB`,
    f.latency === null ? '-' : `${f.latency.p50} / ${f.latency.p99} ms`,
    String(f.requests), String(f.lost), String(f.doubled), String(f.outOfOrder), String(f.damaged),
  ];
}

const isWrong = (f: Figures): boolean => f.lost !== 0 || f.doubled !== 0 || f.outOfOrder !== 0 || f.damaged !== 0 || f.violations !== 0;

/** The middle of the runs by CPU; a run in which something went wrong is the one to show. */
function representative(runs: readonly Figures[]): Figures {
  return runs.find(isWrong) ?? runs.toSorted((a, b) => a.cpuSeconds - b.cpuSeconds)[runs.length >> 1]!;
}

async function ownBench(only: string | undefined, repeat: number, json: boolean): Promise<boolean> {
  const cases = OWN_CASES.filter(({ name }) => only === undefined || name.includes(only));
  const shown: Figures[] = [];
  for (const bench of cases) {
    const runs: Figures[] = [];
    for (let run = 0; run < repeat; run++) {
      process.stderr.write(`${bench.name}${repeat > 1 ? ` (${run + 1} of ${repeat})` : ''} …\n`);
      runs.push(await measure(bench));
    }
    shown.push(representative(runs));
  }
  process.stdout.write(json ? `${JSON.stringify(shown, null, 2)}\n` : markdownTable(TITLES, shown.map(row), 1));
  for (const { name, generatorLateMs } of shown) if (generatorLateMs > 500) process.stderr.write(`${name}: the generator fell ${generatorLateMs} ms behind: other programs took the CPU, measure again\n`);
  return shown.length > 0 && !shown.some(isWrong);
}

function optionsOf(args: readonly string[]): { readonly only: string | undefined; readonly repeat: number | null; readonly json: boolean } {
  const { values: { only, repeat, json } } = parseArgs({ args: [...args], options: { only: { type: 'string' }, repeat: { type: 'string' }, json: { type: 'boolean', default: false } } });
  if (repeat !== undefined && !/^[1-9]\d?$/.test(repeat)) throw new Error(`--repeat ${repeat}: give a number from 1 to 99`);
  return { only, repeat: repeat === undefined ? null : Number(repeat), json };
}

try {
  const options = optionsOf(process.argv.slice(2));
  const { BENCH_DIR } = process.env;
  await buildAgent();
  const good = BENCH_DIR === undefined ? await ownBench(options.only, options.repeat ?? 1, options.json) : await runBars(BENCH_DIR, options);
  if (!good) process.exitCode = 1;
} catch (error) {
  process.stderr.write(`bench: ${(error as Error).message}\nusage: [BENCH_DIR=FOLDER] npm run bench -- [--only WORD] [--repeat N] [--json]\n`);
  process.exitCode = EXIT_USAGE;
}
