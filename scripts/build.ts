// Writes dist/: agent.js, which is what runs; beside it the programs it loads, with their source maps and the daemon's code cache.
import { build } from 'esbuild';
import type { BuildOptions, Metafile } from 'esbuild';
import { execFile } from 'node:child_process';
import { hash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { CODE_CACHE, DAEMON_PROGRAM, PROGRAM } from '../src/cli/program-file.ts';
import { FLAGS } from '../src/cli/start-settings.ts';
import { startEndpoint } from '../src/local-endpoint/server.ts';
import { buildPage } from './pages.ts';
import { REPEATABLE } from './repeatable.ts';

const root = join(import.meta.dirname, '..');
const kib = (bytes: number): string => `${(bytes / 1024).toFixed(0)} KiB`;

/**
 * CommonJS because it starts faster than ESM and evaluates `await import()` of bundled files on demand inside one file;
 * module-first entry points because the SDK's CommonJS form cannot be tree-shaken.
 */
const OPTIONS = {
  absWorkingDir: root,
  bundle: true,
  platform: 'node',
  target: 'node26',
  format: 'cjs',
  mainFields: ['module', 'main'],
  minify: true,
  keepNames: false,
  // `import('node:http')` asks that module for each of its names, and some load megabytes (WebSocket: all of undici).
  supported: { 'dynamic-import': false },
  legalComments: 'none',
  metafile: true,
  // The program is read as one byte a character.
  charset: 'ascii',
  loader: { '.wasm': 'binary' },
  logLevel: 'warning',
} as const satisfies BuildOptions;

/** Writes the build into `folder`; a warning of the bundler is a failure. */
export async function buildAgent(folder = join(root, 'dist')): Promise<void> {
  const began = new Date();
  // What is written last says that a build is complete, and from when its sources are.
  rmSync(join(folder, CODE_CACHE), { force: true });
  await bundleAgent(folder);
  await writeCodeCache(folder);
  utimesSync(join(folder, CODE_CACHE), began, began);
}

/** Writes what is the same on every machine into `folder`, and says of each bundle what it is made of. */
export async function bundleAgent(folder: string): Promise<readonly Metafile[]> {
  mkdirSync(folder, { recursive: true });
  // Only people's commands serve pages: what runs for months has none.
  const pages = { CONSOLE_PAGE: JSON.stringify(await buildPage('console')), AGENT_PAGE: JSON.stringify(await buildPage('agent')) };
  const results = await Promise.all([
    build({ ...OPTIONS, entryPoints: [join(root, 'src/launch.ts')], outfile: join(folder, 'agent.js'), banner: { js: '#!/usr/bin/env node' } }),
    ...([['main.ts', PROGRAM, pages], ['daemon.ts', DAEMON_PROGRAM, {}]] as const).map(([entry, name, define]) => build({
      ...OPTIONS, define, entryPoints: [join(root, 'src', entry)], outfile: join(folder, name), sourcemap: 'linked', sourcesContent: true,
      banner: { js: '(function(exports,require,module,__filename,__dirname){' }, footer: { js: '})' },
    })),
  ]);
  const warnings = results.reduce((sum, result) => sum + result.warnings.length, 0);
  if (warnings > 0) throw new Error(`the bundler has ${warnings} warnings (above): fix each, the bundle may not run`);
  // The project is ESM; without its own package.json the build would be read as such.
  writeFileSync(join(folder, 'package.json'), '{"type":"commonjs"}\n');
  return results.map(({ metafile }) => metafile);
}

export interface CodeCacheOptions {
  /** The command of the runtime that the cache is for, perhaps of another architecture and emulated. */
  readonly runtime?: readonly [string, ...string[]];
  /** Where the build will be installed: stack traces name it. */
  readonly installed?: string;
  /** Makes caches until so many are the same, and takes that one. Which functions a run needs depends a little on how long things take. */
  readonly alike?: number;
}

/** Most caches that are made to find some that are alike. */
const MAX_CACHES = 8;

/** Delivers a file to an endpoint here, so that the cache holds what `run` needs. False when no `alike` caches were the same, and the last one stays. */
export async function writeCodeCache(folder: string, { runtime: [command, ...before] = [process.execPath], installed = folder, alike = 1 }: CodeCacheOptions = {}): Promise<boolean> {
  const file = join(folder, CODE_CACHE);
  const counts = new Map<string, number>();
  for (let made = 0; made < MAX_CACHES; made++) {
    await trainOnce([command, ...before, ...FLAGS, ...REPEATABLE.map(([set]) => set), join(root, 'scripts/code-cache.ts'), folder, installed], alike > 1);
    const digest = hash('sha256', readFileSync(file));
    const count = (counts.get(digest) ?? 0) + 1;
    if (count >= alike) return true;
    counts.set(digest, count);
  }
  return false;
}

/** How long the endpoint takes to answer while a cache is made that is to be the same each time: what depends on waiting is then always needed. */
const SLOW_ANSWER_MS = 700;
/** Times the lock file is written into the log: several batches, so that one has to wait for another. */
const LONG_LOG = 60;

async function trainOnce([command, ...args]: readonly [string, ...string[]], slowly: boolean): Promise<void> {
  const scratch = mkdtempSync(join(tmpdir(), 'agent-build-'));
  const endpoint = await startEndpoint();
  const env = { HOME: scratch, AWS_ACCESS_KEY_ID: 'build', AWS_SECRET_ACCESS_KEY: 'build', AWS_EC2_METADATA_DISABLED: 'true' };
  try {
    const log = join(scratch, 'build.log');
    writeFileSync(log, readFileSync(join(root, 'package-lock.json'), 'utf8').repeat(slowly ? LONG_LOG : 1));
    if (slowly) endpoint.faults.add({ kind: 'latency', ms: SLOW_ANSWER_MS, operation: 'PutLogEvents' });
    writeFileSync(join(scratch, 'agent.json'), JSON.stringify({
      agent: { region: 'us-east-1' },
      logs: { endpoint_override: endpoint.url, logs_collected: { files: { collect_list: [{ file_path: log, log_group_name: 'build', log_stream_name: 'build' }] } } },
    }));
    await promisify(execFile)(command, [...args, 'run', '--quiet', '--until-caught-up', '--config', join(scratch, 'agent.json'), '--state-dir', join(scratch, 'state')], { env });
    await promisify(execFile)(command, args, { env });
  } finally {
    await endpoint.close();
    rmSync(scratch, { recursive: true, force: true });
  }
}

if (import.meta.main) {
  const started = performance.now();
  await buildAgent();
  const size = (name: string): string => `${name} ${kib(statSync(join(root, 'dist', name)).size)}`;
  const gzipped = gzipSync(readFileSync(join(root, 'dist', DAEMON_PROGRAM))).length;
  console.log(`dist/agent.js, with ${size(PROGRAM)}, ${size(DAEMON_PROGRAM)} (${kib(gzipped)} gzipped) and its code cache, ${size(CODE_CACHE)}, in ${(performance.now() - started).toFixed(0)} ms`);
}
