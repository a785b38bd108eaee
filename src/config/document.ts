import type { JsonNode } from './json-tree.ts';
import { mergeDocuments } from './merge.ts';
import { isPacked, unpacked } from './packed.ts';
import { parseJson } from './parse-json.ts';
import type { Problem } from './problem.ts';

/** One config as it was read, JSON or packed JSON. */
export interface ConfigText {
  /** What messages call it: the path of the file, `ssm:NAME`, `stdin` or `default`. */
  readonly name: string;
  readonly text: string;
}

/** A problem of a source as a whole. */
export const wholeSource = (file: string, message: string, expected: string | null): Problem =>
  ({ severity: 'error', file, line: null, column: null, pointer: '', message, expected, didYouMean: null });

/**
 * The texts, in the order given, as one document; null when one of them is broken, or there is none. Every text's problems
 * are reported, not the first one's alone.
 */
export function documentOf(texts: readonly ConfigText[]): { readonly root: JsonNode | null; readonly problems: readonly Problem[] } {
  const parsed = texts.map(parseText);
  const problems = parsed.flatMap((one) => one.problems);
  const roots = parsed.flatMap(({ root }) => root ?? []);
  if (roots.length < texts.length) return { root: null, problems };
  const merged = mergeDocuments(roots);
  return { root: merged.root, problems: [...problems, ...merged.problems] };
}

function parseText({ name, text }: ConfigText): ReturnType<typeof parseJson> {
  if (!isPacked(text)) return parseJson(name, text);
  const content = unpacked(text);
  return 'fault' in content ? { root: null, problems: [wholeSource(name, content.fault, content.expected)] } : parseJson(name, content.text);
}
