// Takes samples of this host under strace: no program may be started, and no process made. Prints the system calls of one round, and its cost.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Sampler } from '../../src/metrics/sampler.ts';
import { createCpuSampler } from '../../src/metrics/samplers/cpu.ts';
import { createDiskSampler } from '../../src/metrics/samplers/disk.ts';
import { createDiskioSampler } from '../../src/metrics/samplers/diskio.ts';
import { createMemSampler } from '../../src/metrics/samplers/mem.ts';
import { createNetSampler } from '../../src/metrics/samplers/net.ts';
import { createSwapSampler } from '../../src/metrics/samplers/swap.ts';
import { openStatfsThread } from '../../src/metrics/statfs-thread.ts';
import { PathThreads } from '../../src/metrics/path-threads.ts';
import { NOTHING_ATTACHED } from '../support/sampling.ts';

const ROUNDS = 200;

/** The samplers of the standard set that need nothing but this host. */
function standardSamplers(): readonly Sampler[] {
  const here = { proc: '/proc', sys: '/sys' };
  return [
    createCpuSampler({ total: true, cores: true }, here), createMemSampler(here), createSwapSampler(here), createNetSampler({ interfaces: null }, here), createDiskioSampler({ devices: null }, here),
    createDiskSampler({ mountPoints: null, ignoredTypes: [], dropDevice: false, volumeId: false, intervalMs: 1000 }, here, { report: { trouble: console.error, recovered: console.error }, threads: new PathThreads(openStatfsThread), attached: NOTHING_ATTACHED, mountPrefix: '' }),
  ];
}

async function takeSamples(): Promise<void> {
  const samplers = standardSamplers();
  const round = async (): Promise<void> => { for (const sampler of samplers) await sampler.sample(performance.now()); };
  await round();
  const before = process.cpuUsage();
  const rss = process.memoryUsage().rss;
  for (let i = 0; i < ROUNDS; i++) await round();
  const { user, system } = process.cpuUsage(before);
  console.log(`${((user + system) / 1000 / ROUNDS).toFixed(2)} ms of cpu a round (all of them: ${((user + system) / 10_000 / ROUNDS).toFixed(3)} % of a core at 1 s); memory grew by ${((process.memoryUsage().rss - rss) / 2 ** 20).toFixed(1)} MiB in ${ROUNDS} rounds`);
  for (const sampler of samplers) sampler[Symbol.dispose]();
}

function underStrace(): void {
  const folder = mkdtempSync(join(tmpdir(), 'samplers-'));
  try {
    const trace = join(folder, 'trace');
    const { status, error, stderr } = spawnSync('strace', ['-f', '-qq', '-o', trace, process.execPath, import.meta.filename, '--take'], { encoding: 'utf8' });
    if (error !== undefined) throw new Error(`strace is needed (apt-get install strace): ${error.message}`);
    if (status !== 0) throw new Error(`the samplers ended with ${status}: ${stderr}`);
    const calls = readFileSync(trace, 'utf8').split('\n');
    // The first program is the runtime itself; threads are made by clone with CLONE_THREAD.
    const programs = calls.filter((call) => /\bexecve(?:at)?\(/.test(call) && call.includes(' = 0')).slice(1);
    const processes = calls.filter((call) => /\b(?:fork|vfork)\(/.test(call) || (/\bclone3?\(/.test(call) && !call.includes('CLONE_THREAD')));
    const ofSamples = calls.filter((call) => /\b(?:pread64|statfs)\(/.test(call)).length;
    console.log(`${calls.length} system calls, ${(ofSamples / (ROUNDS + 1)).toFixed(1)} reads and statfs a round; programs started: ${programs.length}, processes made: ${processes.length}`);
    for (const call of [...programs, ...processes].slice(0, 10)) console.log(`  ${call}`);
    if (ofSamples < ROUNDS || programs.length + processes.length > 0) process.exitCode = 1;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

if (process.argv.includes('--take')) {
  await takeSamples();
} else {
  spawnSync(process.execPath, [import.meta.filename, '--take'], { stdio: 'inherit' });
  underStrace();
}
