// Writes what is generated from config-schema/*.schema.json: the types of the document, the validator and
// docs/configuration.md. `--check` writes nothing and exits 1 on a stale file.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { configurationPage } from './config-page.ts';
import { wholeSchema, withoutProse } from './config-schema.ts';
import { documentTypes } from './config-types.ts';
import { VALIDATOR_TYPES, validatorModule } from './config-validator.ts';

const root = join(import.meta.dirname, '..');

/** Path inside the project and content of every generated file. */
export async function generatedFiles(): Promise<ReadonlyMap<string, string>> {
  const schema = wholeSchema();
  return new Map([
    ['src/config/generated/document.generated.ts', documentTypes(schema)],
    ['src/config/generated/validator.generated.js', await validatorModule(withoutProse(schema))],
    ['src/config/generated/validator.generated.d.ts', VALIDATOR_TYPES],
    ['docs/configuration.md', configurationPage(schema)],
  ]);
}

/** Those of the generated files whose content on disk is not what the schema gives. */
export async function staleFiles(): Promise<readonly string[]> {
  return [...await generatedFiles()].filter(([path, content]) => contentOf(join(root, path)) !== content).map(([path]) => path);
}

function contentOf(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}

if (import.meta.main) {
  const stale = await staleFiles();
  if (process.argv.includes('--check')) {
    for (const path of stale) console.error(`${path} is not what config-schema/ gives: run node scripts/generate-config.ts`);
    if (stale.length > 0) process.exitCode = 1;
  } else {
    for (const [path, content] of await generatedFiles()) {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), content);
    }
    console.log(stale.length === 0 ? 'generated files: all current' : `written: ${stale.join(', ')}`);
  }
}
