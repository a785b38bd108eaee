// Measures the bars with the harness that BENCH_DIR names: its sink and generator are compiled here, its run.mjs runs.
import { spawn, spawnSync } from 'node:child_process';
import { accessSync, constants, copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { BARS, judge } from './bars.ts';
import type { Bar, HarnessRun, Judged } from './bars.ts';
import { markdownTable } from './markdown.ts';
import { AGENT_COMMAND } from './measure.ts';

const BIG_MB = 512;
/** Events of a file that was written longer ago are too old for the service. */
const BIG_DAYS = 10;
/** Other programs' share of the CPU above which a run should be made again. */
const BUSY_PERCENT = 25;
const templates = join(import.meta.dirname, 'templates');

/** `repeat` null: as often as each bar asks. */
export interface BarOptions { readonly only: string | undefined; readonly repeat: number | null; readonly json: boolean }

/** True when every bar was reached. Throws when the harness cannot be built or does not run. */
export async function runBars(benchDir: string, { only, repeat, json }: BarOptions): Promise<boolean> {
  const folder = mkdtempSync(join(tmpdir(), 'agent-bars-'));
  try {
    const harness = buildHarness(resolve(benchDir), folder);
    const bars = BARS.filter(({ name }) => only === undefined || name.includes(only));
    const big = bars.some(({ options }) => options.includes('{BIG}')) ? bigFile(harness, resolve(benchDir), folder) : '';
    const results: (Judged & { readonly name: string })[] = [];
    for (const bar of bars) {
      const runs = await runBar(bar, repeat ?? bar.repeat, harness, big, folder);
      results.push(...judge(bar, runs).map((judged) => ({ name: bar.name, ...judged })));
      const busy = Math.max(...runs.map((run) => run.otherCpuPct));
      if (busy > BUSY_PERCENT) process.stderr.write(`${bar.name}: other programs took ${busy.toFixed(0)} % of the CPU: measure again for a fair figure\n`);
    }
    process.stdout.write(json ? `${JSON.stringify(results, null, 2)}\n` : markdownTable(['case', 'figure', 'bar', 'measured', 'reached'], results.map(({ name, what, bar, measured, passed }) => [name, what, bar, measured, bar === 'shown' ? '-' : passed ? 'yes' : 'NO']), 5));
    return results.length > 0 && results.every(({ passed }) => passed);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** A folder with run.mjs, sink and gen: the harness's own when its programs are built there, else a copy built here. */
function buildHarness(benchDir: string, folder: string): string {
  if (!existsSync(join(benchDir, 'run.mjs'))) throw new Error(`BENCH_DIR ${benchDir}: has no run.mjs; name the folder of a harness with run.mjs, sink.c and gen.c, or unset BENCH_DIR for the built-in one`);
  if (isProgram(join(benchDir, 'sink')) && isProgram(join(benchDir, 'gen'))) return benchDir;
  const built = join(folder, 'harness');
  mkdirSync(built);
  copyFileSync(join(benchDir, 'run.mjs'), join(built, 'run.mjs'));
  for (const program of ['sink', 'gen']) run('gcc', ['-O3', '-march=native', '-o', join(built, program), join(benchDir, `${program}.c`), '-lz']);
  return built;
}

function run(command: string, args: readonly string[]): void {
  const { status, error } = spawnSync(command, args, { stdio: ['ignore', 'ignore', 'inherit'] });
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}: ${error?.message ?? `exit code ${status}`}`);
}

function bigFile(harness: string, benchDir: string, folder: string): string {
  const known = join(benchDir, 'data/big.log');
  const stats = statSync(known, { throwIfNoEntry: false });
  if (stats !== undefined && stats.size > BIG_MB * 1e6 - 1e6 && Date.now() - stats.mtimeMs < BIG_DAYS * 86_400_000) return known;
  const path = join(folder, 'big.log');
  process.stderr.write(`writing ${BIG_MB} MB of log lines to ${path} …\n`);
  run(join(harness, 'gen'), ['file', '--out', path, '--mb', String(BIG_MB)]);
  // As of an hour ago: the end of a file that was just written is waited for, which is not what is measured.
  utimesSync(path, Date.now() / 1000 - 3600, Date.now() / 1000 - 3600);
  return path;
}

/** Files that match and stay as they are, without tokens, so that the harness does not count their lines. */
function quietFiles(count: number, folder: string): string {
  const quiet = join(folder, 'quiet');
  mkdirSync(quiet, { recursive: true });
  if (readdirSync(quiet).length < count) for (let n = 0; n < count; n++) writeFileSync(join(quiet, `${n}.log`), `quiet ${n}\n`);
  return quiet;
}

async function runBar(bar: Bar, repeat: number, harness: string, big: string, folder: string): Promise<readonly HarnessRun[]> {
  const template = join(folder, bar.template);
  const text = readFileSync(join(templates, bar.template), 'utf8');
  writeFileSync(template, bar.quietFiles === undefined ? text : text.replaceAll('{QUIET}', quietFiles(bar.quietFiles, folder)));
  const out = join(folder, `${bar.name}.jsonl`);
  const args = [
    join(harness, 'run.mjs'), ...bar.options.map((option) => option.replace('{BIG}', big)), '--repeat', String(repeat), '--label', bar.name, '--json', out, '--template', template,
    '--', ...AGENT_COMMAND, 'run', '--config', '{CONF}', '--state-dir', '{WORK}/state',
  ];
  const child = spawn(AGENT_COMMAND[0]!, args, { stdio: ['ignore', 2, 2] });
  const code = await new Promise<number | null>((done, failed) => { child.once('exit', done); child.once('error', failed); });
  if (code !== 0 || !existsSync(out)) throw new Error(`${bar.name}: run.mjs ended with ${code}; what it said is above`);
  return readFileSync(out, 'utf8').trim().split('\n').map((line) => JSON.parse(line) as HarnessRun);
}
