import { placeOf, type JsonNode } from './json-tree.ts';
import type { Advice, Problem, Severity } from './problem.ts';

/** Collects problems of one document and knows where each of them stands. */
export class Reporter {
  readonly #root: JsonNode;
  readonly #problems: Problem[] = [];
  readonly #said = new Set<string>();

  constructor(root: JsonNode) {
    this.#root = root;
  }

  get problems(): readonly Problem[] {
    return this.#problems;
  }

  error(pointer: string, message: string, advice: Advice = {}): void {
    this.#add('error', pointer, message, advice);
  }

  warning(pointer: string, message: string, advice: Advice = {}): void {
    this.#add('warning', pointer, message, advice);
  }

  note(pointer: string, message: string, advice: Advice = {}): void {
    this.#add('note', pointer, message, advice);
  }

  /** A note that what stands there is not run. */
  notRun(pointer: string, message: string): void {
    this.#problems.push({ severity: 'note', ...placeOf(this.#root, pointer, 'value'), pointer, message, expected: null, didYouMean: null, notRun: true });
  }

  /** A note that would say the same everywhere: only its first place is kept. */
  noteOnce(pointer: string, message: string): void {
    if (!this.#said.has(message)) this.note(pointer, message);
    this.#said.add(message);
  }

  #add(severity: Severity, pointer: string, message: string, { expected = null, didYouMean = null }: Advice): void {
    this.#problems.push({ severity, ...placeOf(this.#root, pointer, 'value'), pointer, message, expected, didYouMean });
  }
}
