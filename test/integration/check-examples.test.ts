// Golden test: what is printed for every file under config-schema/examples stands beside it as .txt (no file: nothing is printed).
import assert from 'node:assert/strict';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { checkDocument, compile } from '../../src/config/compile.ts';
import { SCHEMA_TEXT } from '../../src/config/generated/schema.generated.ts';
import { parseJson } from '../../src/config/parse-json.ts';
import { formatProblems, type Problem } from '../../src/config/problem.ts';
import type { Schema } from '../../src/config/schema.ts';
import type { Plan } from '../../src/plan.ts';
import { SchemaKeys } from '../support/schema-keys.ts';
import { ON_EC2 } from '../unit/config/facts.ts';

const root = join(import.meta.dirname, '../..');
const examples = join(root, 'config-schema/examples');
const env = { STAGE: 'test', LOG_ROLE: 'arn:aws:iam::123456789012:role/logs' };

function checked(kind: string, file: string): { readonly plan: Plan | null; readonly problems: readonly Problem[]; readonly errors: number; readonly printed: string } {
  const { root: tree, problems } = parseJson(file, readFileSync(join(examples, kind, file), 'utf8'));
  const result = tree === null ? { plan: null, problems } : compile(checkDocument(tree, problems), ON_EC2, env);
  return { ...result, errors: result.problems.filter(({ severity }) => severity === 'error').length, printed: formatProblems(result.problems, false) };
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

/** Keys without an invalid example, because no value of theirs is wrong. */
const ANY_VALUE: Readonly<Record<string, string>> = {
  'document.csm': 'a retired section, ignored whatever it holds',
  'agent.internal': 'the CloudWatch agent does not look at its type',
  'agent.collection_jitter': 'a leftover that was never read',
  'agent.flush_interval': 'a leftover that was never read',
  'agent.flush_jitter': 'a leftover that was never read',
  'agent.metric_batch_size': 'a leftover that was never read',
  'agent.metric_buffer_limit': 'a leftover that was never read',
  'agent.precision': 'a leftover that was never read',
  'agent.round_interval': 'a leftover that was never read',
  'metricsDestinations.cloudwatch': 'being there is what counts',
  'metricsInLogs.emf': 'being there is what counts; what is inside an object has its own examples',
  'metricsInLogs.structuredlog': 'being there is what counts',
};

const keys = new SchemaKeys(JSON.parse(SCHEMA_TEXT) as Schema);

test('every key of the schema has a valid example', () => {
  const written = new Set(files('valid').flatMap((file) => [...keys.in(JSON.parse(readFileSync(join(examples, 'valid', file), 'utf8')))]));
  assert.deepEqual([...keys.all].filter((key) => !written.has(key)), []);
});

test('every key of the schema whose value can be wrong has an invalid example', () => {
  const refused = new Set(files('invalid').flatMap((file) => checked('invalid', file).problems.filter(({ severity }) => severity !== 'note').map(({ pointer }) => keys.at(pointer))));
  assert.deepEqual([...keys.all].filter((key) => !refused.has(key) && !Object.hasOwn(ANY_VALUE, key)), []);
  assert.deepEqual(Object.keys(ANY_VALUE).toSorted(), [...keys.free].toSorted());
});
