// Golden test: what is printed for every file under config-schema/examples stands beside it as .txt (no file: nothing is printed).
// After a change of a message: node scripts/write-examples.ts.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { wholeSchema, withoutProse } from '../../scripts/config-schema.ts';
import { formatProblems } from '../../src/config/problem.ts';
import { EXAMPLES, checkedExample, namesOf, printedFor } from '../support/examples.ts';
import { SchemaKeys } from '../support/schema-keys.ts';

const hasErrors = (problems: readonly { readonly severity: string }[]): boolean => problems.some(({ severity }) => severity === 'error');

for (const name of namesOf(EXAMPLES, 'valid')) {
  test(`valid/${name}.json has a plan, and prints what stands beside it`, () => {
    const { plan, problems } = checkedExample(EXAMPLES, 'valid', name);
    assert.equal(formatProblems(problems, false), printedFor(EXAMPLES, 'valid', name));
    assert.ok(!hasErrors(problems));
    assert.notEqual(plan, null);
  });
}

for (const name of namesOf(EXAMPLES, 'invalid')) {
  test(`invalid/${name}.json is refused with the problems that stand beside it`, () => {
    const { problems } = checkedExample(EXAMPLES, 'invalid', name);
    assert.equal(formatProblems(problems, false), printedFor(EXAMPLES, 'invalid', name));
    assert.ok(hasErrors(problems));
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

const keys = new SchemaKeys(withoutProse(wholeSchema()));

test('every key of the schema has a valid example', () => {
  const written = new Set(namesOf(EXAMPLES, 'valid').flatMap((name) => [...keys.in(JSON.parse(readFileSync(join(EXAMPLES.folder, 'valid', `${name}.json`), 'utf8')))]));
  assert.deepEqual([...keys.all].filter((key) => !written.has(key)), []);
});

test('every key of the schema whose value can be wrong has an invalid example', () => {
  const refused = new Set(namesOf(EXAMPLES, 'invalid').flatMap((name) => checkedExample(EXAMPLES, 'invalid', name).problems.filter(({ severity }) => severity !== 'note').map(({ pointer }) => keys.at(pointer))));
  assert.deepEqual([...keys.all].filter((key) => !refused.has(key) && !Object.hasOwn(ANY_VALUE, key)), []);
  assert.deepEqual(Object.keys(ANY_VALUE).toSorted(), [...keys.free].toSorted());
});
