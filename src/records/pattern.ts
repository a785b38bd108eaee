// An operator's regular expression, written in RE2 syntax because that is what the CloudWatch agent takes.
import { findExplosion } from './backtracking.ts';
import { emitExact } from './re2-emit.ts';
import { emitUnits } from './re2-emit-units.ts';
import { parseRe2 } from './re2-parse.ts';
import { SyntaxProblem } from './re2-syntax.ts';
import type { PatternPlan } from '../plan.ts';
import type { Node } from './re2-syntax.ts';

/** Why a pattern was refused. `column` counts characters of the pattern from 1. */
export interface PatternProblem {
  readonly kind: 'syntax' | 'can hang';
  readonly problem: string;
  readonly column: number;
}

/** Longest pattern taken, in characters; the config schema allows 4,096. */
const MAX_SOURCE = 65_536;

/** Below this many characters nothing is too large for the engine. */
const SMALL = 256;

/**
 * Translates RE2 syntax to JavaScript. What RE2 refuses is refused here, and so is a pattern whose search by
 * backtracking can take exponential time. What takes polynomial time is accepted and runs under the Matcher's clock.
 * The answer's `js` with its `flags` has the meaning RE2 gives `source` on any text.
 */
export function compilePattern(source: string): PatternPlan | PatternProblem {
  if (source.length > MAX_SOURCE) return { kind: 'syntax', problem: `a pattern of ${source.length} characters; the most is ${MAX_SOURCE}`, column: MAX_SOURCE + 1 };
  let root: Node;
  try {
    root = parseRe2(source);
  } catch (error) {
    if (!(error instanceof SyntaxProblem)) throw error;
    return { kind: 'syntax', problem: `${error.message} (column ${error.at + 1})`, column: error.at + 1 };
  }
  const explosion = findExplosion(root);
  if (explosion !== null) return { kind: 'can hang', problem: `the pattern can hang: ${explosion}`, column: 1 };
  // In units the engine's linear search can end it when it goes back too often; see docs/decisions/runtime-flags.md.
  const units = emitUnits(root);
  const { js, flags } = units === null ? emitExact(root) : { js: units, flags: '' };
  if (!isTaken(js, flags)) return { kind: 'syntax', problem: 'the pattern is too large', column: 1 };
  return { source, js, flags };
}

/** Whether the engine takes a translation. A small one it always does, unless names of groups became the same: it is not asked about each of 50,000. */
function isTaken(js: string, flags: string): boolean {
  if (js.length <= SMALL && !js.includes('(?<')) return true;
  try {
    void new RegExp(js, flags);
    return true;
  } catch {
    return false;
  }
}

export function isProblem(compiled: PatternPlan | PatternProblem): compiled is PatternProblem {
  return 'problem' in compiled;
}
