// node test/real/daemons.ts [--runs 3] [--seconds 12] [--only WORD] [--install] [--keep] [--agent FILE]
// A real nginx with four workers and a real rsyslog write under load while the real logrotate rotates their logs every one
// to two seconds, and the built agent delivers them to a local endpoint. Exit 1 unless, in each run, every line that is in
// a file arrived, once, and in the order of its file.
import { mkdirSync, mkdtempSync, rmSync, statSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { builtAgent } from '../../scripts/built-agent.ts';
import { startEndpoint } from '../../src/local-endpoint/server.ts';
import type { RunningEndpoint } from '../../src/local-endpoint/server.ts';
import { until } from '../support/rig.ts';
import { AgentProcess } from './agent-process.ts';
import { install, programPath } from './daemon.ts';
import { compare, isRight, writtenTo } from './generations.ts';
import type { Comparison } from './generations.ts';
import { Logrotate } from './logrotate.ts';
import type { RotationMode } from './logrotate.ts';
import { NGINX_LINE, RequestLoad, WORKERS, startNginx } from './nginx.ts';
import { MessageLoad, SYSLOG_LINE, startRsyslog } from './rsyslog.ts';

/** sysexits.h EX_USAGE, EX_UNAVAILABLE. */
const EXIT_USAGE = 64;
const EXIT_UNAVAILABLE = 69;
const PACKAGES = ['nginx-light', 'rsyslog', 'logrotate'];
const PROGRAMS = ['nginx', 'rsyslogd', 'logrotate'] as const;
const REQUESTS_PER_SECOND = 2_500;
const MESSAGES_PER_SECOND = 1_500;
const ROTATE_MS = { least: 1_100, most: 2_000 };
/** Files that do not grow for so long have all that was written. */
const QUIET_MS = 300;
const DELIVER_MS = 30_000;

interface Variant {
  readonly name: string;
  readonly mode: RotationMode;
  /** The patterns match rotated names as well. */
  readonly glob: boolean;
}

const VARIANTS: readonly Variant[] = [
  { name: 'create', mode: 'create', glob: false },
  { name: 'create, access.log*', mode: 'create', glob: true },
  { name: 'copytruncate', mode: 'copytruncate', glob: false },
  { name: 'copytruncate, access.log*', mode: 'copytruncate', glob: true },
  { name: 'delaycompress+dateext', mode: 'dateext', glob: false },
  { name: 'delaycompress+dateext, access.log*', mode: 'dateext', glob: true },
];

interface RunResult {
  readonly nginx: Comparison;
  readonly syslog: Comparison;
  readonly requests: number;
  readonly rotations: number;
  readonly workers: number;
  readonly seconds: number;
  readonly agent: { readonly cpuSeconds: number; readonly peakMiB: number; readonly exit: number | string; readonly said: string };
}

async function quiet(folder: string): Promise<void> {
  let [last, since] = ['', performance.now()];
  await until('the logs to be quiet', async () => {
    const now = readdirSync(folder).map((name) => `${name} ${statSync(join(folder, name)).size}`).join('\n');
    if (now !== last) [last, since] = [now, performance.now()];
    await delay(QUIET_MS / 6);
    return performance.now() - since > QUIET_MS;
  });
}

/** Everything on the disk is acknowledged. */
async function caughtUp(agent: AgentProcess): Promise<void> {
  await until('the agent to deliver all', async () => {
    await delay(QUIET_MS / 3);
    const status = await agent.status();
    return status !== null && status.files.total > 0 && status.files.list.every(({ lagBytes }) => lagBytes === 0);
  }, DELIVER_MS);
}

async function rotateFor(seconds: number, logrotate: Logrotate): Promise<void> {
  const ends = performance.now() + seconds * 1_000;
  for (;;) {
    const wait = ROTATE_MS.least + Math.random() * (ROTATE_MS.most - ROTATE_MS.least);
    if (performance.now() + wait > ends) break;
    await delay(wait);
    await logrotate.rotate();
  }
  await delay(Math.max(0, ends - performance.now()));
}

async function runOnce({ mode, glob }: Variant, seconds: number, bundle: string, folder: string): Promise<RunResult> {
  const logs = join(folder, 'logs');
  mkdirSync(logs);
  const [nginxLog, syslogLog] = [join(logs, 'access.log'), join(logs, 'syslog')];
  await using cleanup = new AsyncDisposableStack();
  const endpoint: RunningEndpoint = cleanup.use(await startEndpoint());
  const entries = [['nginx', nginxLog], ['syslog', syslogLog]].map(([group, path]) => ({ file_path: `${path}${glob ? '*' : ''}`, log_group_name: group, log_stream_name: 'real', follow: 'all' }));
  const agent = new AgentProcess({ bundle, folder, url: endpoint.url, entries, logs: { force_flush_interval: 0.5 } });
  cleanup.defer(async () => { await agent.stop(); });
  await agent.started();
  const nginx = await startNginx(programPath('nginx')!, folder, nginxLog);
  cleanup.defer(() => nginx.daemon.stop());
  const rsyslog = await startRsyslog(programPath('rsyslogd')!, folder, syslogLog);
  cleanup.defer(() => rsyslog.daemon.stop());
  const logrotate = new Logrotate(programPath('logrotate')!, folder, mode, [
    { path: nginxLog, signal: 'USR1', pidFile: nginx.pidFile },
    { path: syslogLog, signal: 'HUP', pidFile: rsyslog.pidFile },
  ]);
  const began = performance.now();
  const cpuBefore = agent.usage().cpuSeconds;
  const requests = new RequestLoad(REQUESTS_PER_SECOND);
  const messages = new MessageLoad(MESSAGES_PER_SECOND);
  await Promise.all([requests.start(nginx.port), messages.start(rsyslog.port)]);
  try {
    await rotateFor(seconds, logrotate);
  } finally {
    await Promise.all([requests.stop(), messages.stop()]);
  }
  const took = (performance.now() - began) / 1_000;
  const usage = agent.usage();
  await quiet(logs);
  let late: unknown = null;
  // What did not arrive in time is shown by the comparison, with its lines.
  await caughtUp(agent).catch((error: unknown) => { late = error; });
  const exit = await agent.stop();
  const nginxFiles = writtenTo(logs, 'access.log');
  const workers = new Set(nginxFiles.flatMap(({ lines }) => lines).map((line) => NGINX_LINE.exec(line)?.[2]));
  const compared = (files: typeof nginxFiles, group: string, line: RegExp): Comparison => compare(files, endpoint.store.messages(group, 'real'), line, mode === 'copytruncate');
  return {
    nginx: compared(nginxFiles, 'nginx', NGINX_LINE), syslog: compared(writtenTo(logs, 'syslog'), 'syslog', SYSLOG_LINE),
    requests: requests.answered, rotations: logrotate.rotations, workers: workers.size, seconds: took,
    agent: { cpuSeconds: usage.cpuSeconds - cpuBefore, peakMiB: agent.usage().peakMiB, exit, said: `${late === null ? '' : `${(late as Error).message}\n`}${agent.said()}` },
  };
}

function described(name: string, c: Comparison, mode: RotationMode): string {
  return `${name}: written ${c.written} delivered ${c.delivered} lost ${c.lost} doubled ${c.doubled} out of order ${c.outOfOrder}${c.foreign > 0 ? ` never written so ${c.foreign}` : ''}${mode === 'copytruncate' ? ` (+ ${c.saved} that logrotate cut off)` : ''}`;
}

/** Prints the run's line and, if it failed, why; true if all is right. */
function show(variant: Variant, run: number, r: RunResult): boolean {
  const faults = [
    ...[r.nginx, r.syslog].flatMap(({ examples }) => examples),
    ...(r.workers === WORKERS ? [] : [`${r.workers} of nginx's ${WORKERS} workers have written`]),
    ...(r.rotations > 0 ? [] : ['nothing was rotated']),
    ...(r.nginx.written > 0 && r.syslog.written > 0 ? [] : ['nothing was written']),
    ...(variant.mode === 'copytruncate' || r.nginx.written === r.requests ? [] : [`nginx answered ${r.requests} requests, its logs hold ${r.nginx.written}`]),
    ...(r.agent.exit === 0 ? [] : [`the agent ended with ${r.agent.exit}`]),
  ];
  const good = isRight(r.nginx) && isRight(r.syslog) && faults.length === 0;
  const cost = `agent ${((100 * r.agent.cpuSeconds) / r.seconds).toFixed(1)} % of a core, ${r.agent.peakMiB.toFixed(0)} MiB`;
  console.log(`${good ? 'ok  ' : 'FAIL'} ${variant.name} ${run}: ${described('nginx', r.nginx, variant.mode)}; ${described('syslog', r.syslog, variant.mode)}; ${r.rotations} rotations in ${r.seconds.toFixed(0)} s; ${cost}`);
  if (!good) for (const line of [...faults, ...r.agent.said.split('\n')]) console.log(`       ${line}`);
  return good;
}

interface Options { readonly runs: number; readonly seconds: number; readonly only: string; readonly install: boolean; readonly keep: boolean; readonly agent: string | null }

function optionsOf(): Options {
  const { values } = parseArgs({ options: {
    runs: { type: 'string', default: '3' }, seconds: { type: 'string', default: '12' }, only: { type: 'string', default: '' },
    install: { type: 'boolean', default: false }, keep: { type: 'boolean', default: false }, agent: { type: 'string' },
  } });
  const [runs, seconds] = [Number(values.runs), Number(values.seconds)];
  if (!Number.isInteger(runs) || runs < 1) throw new Error(`--runs ${values.runs}: give a number from 1 up`);
  if (!(seconds >= 3 && seconds <= 600)) throw new Error(`--seconds ${values.seconds}: give 3 to 600`);
  if (!VARIANTS.some(({ name }) => name.includes(values.only))) throw new Error(`--only ${values.only}: none of ${VARIANTS.map(({ name }) => name).join(' | ')}`);
  return { runs, seconds, only: values.only, install: values.install, keep: values.keep, agent: values.agent ?? null };
}

async function main(options: Options): Promise<number> {
  const missing = (): readonly string[] => PROGRAMS.filter((name) => programPath(name) === null);
  if (missing().length > 0 && options.install && process.getuid?.() === 0) install(PACKAGES);
  if (missing().length > 0) {
    process.stderr.write(`daemons: ${missing().join(', ')} not found: apt-get install -y ${PACKAGES.join(' ')} (as root, --install does it)\n`);
    return EXIT_UNAVAILABLE;
  }
  const bundle = options.agent ?? await builtAgent();
  let [runs, failed] = [0, 0];
  for (const variant of VARIANTS.filter(({ name }) => name.includes(options.only))) {
    for (let run = 1; run <= options.runs; run++) {
      const folder = mkdtempSync(join(tmpdir(), 'real-daemons-'));
      const good = show(variant, run, await runOnce(variant, options.seconds, bundle, folder));
      runs++;
      if (!good) failed++;
      if (options.keep || !good) console.log(`       kept: ${folder}`);
      else rmSync(folder, { recursive: true });
    }
  }
  console.log(`${runs - failed} of ${runs} runs: delivered = written, none doubled, the order of each file kept`);
  return failed === 0 ? 0 : 1;
}

let options: Options;
try {
  options = optionsOf();
} catch (error) {
  process.stderr.write(`daemons: ${(error as Error).message}\nusage: node test/real/daemons.ts [--runs N] [--seconds N] [--only WORD] [--install] [--keep] [--agent FILE]\n`);
  process.exit(EXIT_USAGE);
}
process.exitCode = await main(options);
