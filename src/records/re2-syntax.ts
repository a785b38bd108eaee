// What a regular expression in RE2 syntax says, as a tree. Only the meaning is kept: flags are resolved into the nodes.
import type { Ranges } from './char-set.ts';

export type Assertion = 'beginText' | 'endText' | 'beginLine' | 'endLine' | 'boundary' | 'notBoundary';

/** One code point out of a set. `properties` are Unicode properties in JavaScript's spelling, united with `ranges`. */
export interface SetNode {
  readonly kind: 'set';
  readonly ranges: Ranges;
  readonly properties: readonly string[];
  /** Applies to the union of `ranges` and `properties`, after folding. */
  readonly negated: boolean;
  readonly fold: boolean;
}

export type Node =
  | { readonly kind: 'empty' }
  | SetNode
  | { readonly kind: 'concat'; readonly parts: readonly Node[] }
  | { readonly kind: 'alternate'; readonly parts: readonly Node[] }
  | { readonly kind: 'repeat'; readonly body: Node; readonly min: number; readonly max: number; readonly lazy: boolean }
  | { readonly kind: 'capture'; readonly body: Node; readonly name: string | null }
  | { readonly kind: 'assert'; readonly what: Assertion };

/** Thrown inside the parser only; `compilePattern` answers it as a problem. `at` counts UTF-16 units from 0. */
export class SyntaxProblem extends Error {
  readonly at: number;
  constructor(message: string, at: number) {
    super(message);
    this.at = at;
  }
}

export const EMPTY: Node = { kind: 'empty' };

export function setNode(ranges: Ranges, fold: boolean, properties: readonly string[] = [], negated = false): SetNode {
  return { kind: 'set', ranges, properties, negated, fold };
}

export function concat(parts: readonly Node[]): Node {
  const kept = parts.filter((part) => part.kind !== 'empty');
  return kept.length === 0 ? EMPTY : kept.length === 1 ? kept[0]! : { kind: 'concat', parts: kept };
}
