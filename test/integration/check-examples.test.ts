// Golden test: what is printed for every file under config-schema/examples stands beside it as .txt (no file: nothing is printed).
import assert from 'node:assert/strict';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { checkDocument, compile } from '../../src/config/compile.ts';
import { parseJson } from '../../src/config/parse-json.ts';
import { formatProblems } from '../../src/config/problem.ts';
import type { Plan } from '../../src/plan.ts';
import { ON_EC2 } from '../unit/config/facts.ts';

const root = join(import.meta.dirname, '../..');
const examples = join(root, 'config-schema/examples');
const env = { STAGE: 'test', LOG_ROLE: 'arn:aws:iam::123456789012:role/logs' };

function checked(kind: string, file: string): { readonly plan: Plan | null; readonly errors: number; readonly printed: string } {
  const { root: tree, problems } = parseJson(file, readFileSync(join(examples, kind, file), 'utf8'));
  const result = tree === null ? { plan: null, problems } : compile(checkDocument(tree, problems), ON_EC2, env);
  return { plan: result.plan, errors: result.problems.filter(({ severity }) => severity === 'error').length, printed: formatProblems(result.problems, false) };
}

const files = (kind: string): readonly string[] => readdirSync(join(examples, kind)).filter((file) => file.endsWith('.json')).toSorted();
const expectedOf = (kind: string, file: string): string => {
  const path = join(examples, kind, file.replace(/json$/, 'txt'));
  return existsSync(path) ? readFileSync(path, 'utf8') : '';
};

for (const file of files('valid')) {
  test(`valid/${file} has a plan, and prints what stands beside it`, () => {
    const { plan, errors, printed } = checked('valid', file);
    assert.equal(printed, expectedOf('valid', file));
    assert.equal(errors, 0);
    assert.notEqual(plan, null);
  });
}

for (const file of files('invalid')) {
  test(`invalid/${file} is refused with the problems that stand beside it`, () => {
    const { errors, printed } = checked('invalid', file);
    assert.equal(printed, expectedOf('invalid', file));
    assert.notEqual(errors, 0);
  });
}

test('every key of the logs section has a valid and an invalid example', () => {
  const { definitions } = JSON.parse(readFileSync(join(root, 'config-schema/agent.schema.json'), 'utf8')) as { readonly definitions: Readonly<Record<string, { readonly properties: object }>> };
  const written = files('valid').map((file) => readFileSync(join(examples, 'valid', file), 'utf8')).join('');
  const refused = files('invalid').map((file) => expectedOf('invalid', file)).join('');
  for (const section of ['logs', 'fileEntry', 'filter', 'credentials']) {
    for (const key of Object.keys(definitions[section]!.properties)) {
      assert.ok(written.includes(`"${key}"`), `no valid example has ${section}.${key}`);
      assert.match(refused, new RegExp(` error /\\S*/${key.replace('.', '\\.')}[:/]`), `no invalid example has ${section}.${key}`);
    }
  }
});
