// Writes dist/: agent.js, which is what runs; beside it the programs it loads, with their source maps and the daemon's code cache.
import { build } from 'esbuild';
import type { BuildOptions } from 'esbuild';
import { execFile } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { CODE_CACHE, DAEMON_PROGRAM, PROGRAM } from '../src/cli/program-file.ts';
import { FLAGS } from '../src/cli/start-settings.ts';
import { startEndpoint } from '../src/local-endpoint/server.ts';
import { buildPage } from './pages.ts';

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
  // The program is read as one byte a character.
  charset: 'ascii',
  loader: { '.wasm': 'binary' },
  logLevel: 'warning',
} as const satisfies BuildOptions;

/** Writes the build into `folder`; a warning of the bundler is a failure. */
export async function buildAgent(folder = join(root, 'dist')): Promise<void> {
  const began = new Date();
  mkdirSync(folder, { recursive: true });
  // What is written last says that a build is complete, and from when its sources are.
  rmSync(join(folder, CODE_CACHE), { force: true });
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
  await writeCodeCache(folder);
  utimesSync(join(folder, CODE_CACHE), began, began);
}

/** Delivers a file to an endpoint here, so that the cache holds what `run` needs. */
async function writeCodeCache(folder: string): Promise<void> {
  const scratch = mkdtempSync(join(tmpdir(), 'agent-build-'));
  const endpoint = await startEndpoint();
  try {
    const log = join(scratch, 'build.log');
    copyFileSync(join(root, 'package-lock.json'), log);
    writeFileSync(join(scratch, 'agent.json'), JSON.stringify({
      agent: { region: 'us-east-1' },
      logs: { endpoint_override: endpoint.url, logs_collected: { files: { collect_list: [{ file_path: log, log_group_name: 'build', log_stream_name: 'build' }] } } },
    }));
    await promisify(execFile)(process.execPath, [
      ...FLAGS, join(root, 'scripts/code-cache.ts'), folder, 'run', '--quiet', '--until-caught-up', '--config', join(scratch, 'agent.json'), '--state-dir', join(scratch, 'state'),
    ], { env: { HOME: scratch, AWS_ACCESS_KEY_ID: 'build', AWS_SECRET_ACCESS_KEY: 'build', AWS_EC2_METADATA_DISABLED: 'true' } });
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
