import { readFileSync } from 'node:fs';
import { licenseTexts } from './bundled.ts';
import type { BundledPackage } from './bundled.ts';
import type { Runtime } from './runtime.ts';

const RULE = '='.repeat(80);

/** THIRD-PARTY-NOTICES: the licence of everything inside, each text once, with the packages it stands for. */
export function notices(packages: readonly BundledPackage[], runtime: Runtime): string {
  const byText = new Map<string, BundledPackage[]>();
  for (const bundled of packages) {
    const texts = licenseTexts(bundled);
    const text = texts.length > 0 ? texts.join('\n\n') : `${bundled.name} comes without a licence file; its package.json declares ${bundled.license}.`;
    byText.set(text, [...(byText.get(text) ?? []), bundled]);
  }
  const parts = [...byText].map(([text, same]) => `${same.map(({ name, version, license }) => `${name} ${version} (${license})`).join('\n')}\n\n${text}`);
  return [
    'unified-agent contains the software below, each under its own licence.',
    ...parts,
    `Node.js ${runtime.version}, with what it is made of\n\n${readFileSync(runtime.license, 'utf8').trim()}`,
  ].join(`\n\n${RULE}\n`) + '\n';
}
