import { build } from 'esbuild';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const folder = join(import.meta.dirname, '../src/page');

/** The pages there are: a folder of src/page each, with `main.ts`, `page.css` and its title. */
export const PAGES = { console: 'local endpoint', agent: 'unified-agent' } as const;

/** One page as one HTML text: its script and style inside, nothing to load. A warning of the bundler is a failure. */
export async function buildPage(name: keyof typeof PAGES): Promise<string> {
  const options = { bundle: true, write: false, minify: true, target: 'es2023', legalComments: 'none', charset: 'utf8', logLevel: 'warning' } as const;
  const [script, style] = await Promise.all((['main.ts', 'page.css'] as const).map(async (file) => {
    const { outputFiles, warnings } = await build({ ...options, format: 'iife', entryPoints: [join(folder, name, file)] });
    if (warnings.length > 0) throw new Error(`the bundler has ${warnings.length} warnings of src/page/${name}/${file} (above): fix each`);
    return outputFiles[0]!.text.trim();
  }));
  const parts: Readonly<Record<string, string>> = { title: PAGES[name], script: script!, style: style! };
  return readFileSync(join(folder, 'page.html'), 'utf8').replaceAll(/\{\{(\w+)\}\}/g, (_, part: string) => parts[part]!);
}

if (import.meta.main) {
  for (const name of Object.keys(PAGES) as (keyof typeof PAGES)[]) console.log(`${name}: ${Buffer.byteLength(await buildPage(name))} bytes`);
}
