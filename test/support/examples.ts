import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { checkDocument, compile } from '../../src/config/compile.ts';
import { parseJson } from '../../src/config/parse-json.ts';
import type { Environment } from '../../src/config/placeholders.ts';
import type { Problem } from '../../src/config/problem.ts';
import type { Plan } from '../../src/plan.ts';
import { ON_EC2 } from '../unit/config/facts.ts';

export type Kind = 'valid' | 'invalid';
export const KINDS: readonly Kind[] = ['valid', 'invalid'];

/** A folder with `valid/` and `invalid/` configs, and the environment they are compiled in. */
export interface Examples {
  readonly folder: string;
  readonly env: Environment;
}

/** config-schema/examples: what is printed for each stands beside it as .txt (no file: nothing is printed). */
export const EXAMPLES: Examples = { folder: join(import.meta.dirname, '../../config-schema/examples'), env: { STAGE: 'test', LOG_ROLE: 'arn:aws:iam::123456789012:role/logs' } };

/** Samples of CloudWatch agent configs: what is said of each stands in expected.json, as `severity pointer`. */
export const SAMPLES: Examples = { folder: join(import.meta.dirname, '../fixtures/cloudwatch-agent'), env: { AGENT_ROLE: 'arn:aws:iam::123456789012:role/agent', LOG_NAME: 'shop', PROMETHEUS_CONFIG_CONTENT: 'scrape_configs: []' } };

export const namesOf = ({ folder }: Examples, kind: Kind): readonly string[] => readdirSync(join(folder, kind)).filter((file) => file.endsWith('.json')).map((file) => file.slice(0, -'.json'.length)).toSorted();

/** What one of them compiles to on an EC2 instance. */
export function checkedExample({ folder, env }: Examples, kind: Kind, name: string): { readonly plan: Plan | null; readonly problems: readonly Problem[] } {
  const { root, problems } = parseJson(`${name}.json`, readFileSync(join(folder, kind, `${name}.json`), 'utf8'));
  return root === null ? { plan: null, problems } : compile(checkDocument(root, problems), ON_EC2, env);
}

export const printedPath = ({ folder }: Examples, kind: Kind, name: string): string => join(folder, kind, `${name}.txt`);

/** What is to be printed for an example. */
export function printedFor(examples: Examples, kind: Kind, name: string): string {
  const path = printedPath(examples, kind, name);
  return existsSync(path) ? readFileSync(path, 'utf8') : '';
}

/** `severity pointer` of each problem. A document without files has nothing that is run; that is no matter of what it says. */
export const saidOf = (problems: readonly Problem[]): readonly string[] => problems.filter(({ pointer }) => pointer !== '').map(({ severity, pointer }) => `${severity} ${pointer}`);
