import { pointerToken } from './json-tree.ts';
import type { SchemaFailure } from './schema.ts';

/** Failures at the places they are of; inside, each with its token in a JSON pointer. */
export interface FailureTree {
  readonly here: SchemaFailure[];
  readonly inside: Map<string, FailureTree>;
}

/** The causes among ajv's failures. */
export function failureTree(failures: readonly SchemaFailure[]): FailureTree {
  const root: FailureTree = { here: [], inside: new Map() };
  for (const failure of failures) if (isCause(failure)) branchAt(root, placeOf(failure)).here.push(failure);
  return root;
}

/** Not what only says that something inside has failed: the shape a value has, or one of several keys of which one must be there. */
const isCause = ({ keyword, schemaPath }: SchemaFailure): boolean => keyword !== 'if' && !schemaPath.includes('/anyOf/');

/** An unknown key is a fact of its own place. */
function placeOf({ keyword, instancePath, params }: SchemaFailure): readonly string[] {
  const tokens = instancePath.split('/').slice(1);
  return keyword === 'additionalProperties' ? [...tokens, pointerToken(String(params['additionalProperty']))] : tokens;
}

function branchAt(root: FailureTree, tokens: readonly string[]): FailureTree {
  let branch = root;
  for (const token of tokens) {
    const next = branch.inside.get(token) ?? { here: [], inside: new Map() };
    branch.inside.set(token, next);
    branch = next;
  }
  return branch;
}
