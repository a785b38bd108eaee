import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { CODE_CACHE } from '../src/cli/program-file.ts';

const root = join(import.meta.dirname, '..');

/** What a build is made of, besides all of src/ and config-schema/. */
const INPUTS = ['package.json', 'package-lock.json', 'scripts/build.ts', 'scripts/pages.ts', 'scripts/code-cache.ts'];

/** Newest modification time of what the build is made of, epoch milliseconds. Folders count: a deleted file changes them. */
function newestSource(): number {
  const inputs = INPUTS.map((name) => join(root, name));
  for (const folder of ['src', 'config-schema']) {
    inputs.push(join(root, folder));
    for (const entry of readdirSync(join(root, folder), { recursive: true, withFileTypes: true })) inputs.push(join(entry.parentPath, entry.name));
  }
  return Math.max(...inputs.map((path) => statSync(path).mtimeMs));
}

/** Path of dist/agent.js, after building it when it is missing or older than its sources; `built` is told how long that took. */
export async function builtAgent(built: (milliseconds: number) => void = () => {}): Promise<string> {
  // The code cache is what a build writes last.
  const builtAt = statSync(join(root, 'dist', CODE_CACHE), { throwIfNoEntry: false })?.mtimeMs ?? 0;
  if (builtAt <= newestSource()) {
    const started = performance.now();
    const { buildAgent } = await import('./build.ts'); // the bundler is not loaded when nothing is to be built
    await buildAgent();
    built(performance.now() - started);
  }
  return join(root, 'dist/agent.js');
}
