// Bundles src/main.ts into one self-contained dist/agent.js and its source map.
import { build } from 'esbuild';
import { gzipSync } from 'node:zlib';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
const kib = (bytes: number): string => `${(bytes / 1024).toFixed(0)} KiB`;

/**
 * Writes dist/agent.js, dist/agent.js.map and dist/package.json; a warning of the bundler is a failure. CommonJS because
 * it starts faster than ESM and evaluates `await import()` of bundled files on demand inside one file; module-first entry
 * points because the SDK's CommonJS form cannot be tree-shaken.
 */
export async function buildAgent(): Promise<{ readonly bytes: number; readonly milliseconds: number; readonly code: Buffer }> {
  const started = performance.now();
  const outfile = join(root, 'dist/agent.js');
  mkdirSync(join(root, 'dist'), { recursive: true });
  const result = await build({
    entryPoints: [join(root, 'src/main.ts')],
    outfile,
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
    sourcemap: 'linked',
    sourcesContent: true,
    banner: { js: '#!/usr/bin/env node' },
    loader: { '.wasm': 'binary' },
    logLevel: 'warning',
  });
  if (result.warnings.length > 0) throw new Error(`the bundler has ${result.warnings.length} warnings (above): fix each, the bundle may not run`);
  // The project is ESM; without its own package.json the bundle would be read as such.
  writeFileSync(join(root, 'dist/package.json'), '{"type":"commonjs"}\n');
  const code = readFileSync(outfile);
  return { bytes: code.length, milliseconds: performance.now() - started, code };
}

if (import.meta.main) {
  const { bytes, milliseconds, code } = await buildAgent();
  console.log(`dist/agent.js ${kib(bytes)} (${kib(gzipSync(code).length)} gzipped) in ${milliseconds.toFixed(0)} ms`);
}
