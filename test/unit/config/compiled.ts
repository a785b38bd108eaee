import assert from 'node:assert/strict';
import { checkDocument, compile } from '../../../src/config/compile.ts';
import { parseJson } from '../../../src/config/parse-json.ts';
import type { Environment, HostFacts } from '../../../src/config/placeholders.ts';
import type { Problem } from '../../../src/config/problem.ts';
import type { FileEntryPlan, Plan } from '../../../src/plan.ts';
import { ON_PREMISES } from './facts.ts';

export interface Compiled { readonly plan: Plan | null; readonly problems: readonly Problem[] }

/** Compiles a document written as a value. */
export function compiled(document: unknown, facts: HostFacts = ON_PREMISES, env: Environment = {}): Compiled {
  const { root, problems } = parseJson('agent.json', JSON.stringify(document, null, 1));
  assert.ok(root !== null);
  return compile(checkDocument(root, problems), facts, env);
}

/** A document with these entries, settings of `logs` and of `agent`. */
export function withEntries(entries: readonly object[], logs: object = {}, agent: object = { region: 'eu-central-1' }): object {
  return { agent, logs: { ...logs, logs_collected: { files: { collect_list: entries } } } };
}

/** The plan of one entry that must have no error. */
export function entryOf(entry: object, facts: HostFacts = ON_PREMISES, logs: object = {}, agent?: object): FileEntryPlan {
  const { plan, problems } = compiled(withEntries([{ file_path: '/var/log/app.log', ...entry }], logs, agent), facts);
  assert.deepEqual(problems.filter(({ severity }) => severity === 'error'), []);
  return plan!.entries[0]!;
}

/** `severity pointer: message` of each problem. */
export function lines({ problems }: { readonly problems: readonly Problem[] }): readonly string[] {
  return problems.map(({ severity, pointer, message }) => `${severity} ${pointer}: ${message}`);
}
