import { pointerToken } from './json-tree.ts';
import { mergeRule } from './merge.ts';

/** A piece of a document that merging never looks into: a value at its keys, or an item of the list there. */
interface Atom {
  readonly keys: readonly string[];
  readonly value: unknown;
  readonly isItem: boolean;
}

/** UTF-8 bytes of a part. */
export interface PartLimits {
  /** As long as one piece fits. */
  readonly usual: number;
  /** For a piece that does not. */
  readonly most: number;
}

/**
 * A document (plain JSON values) as several, each minified and within the limits: merged in their order they are the document
 * again. In `pointer` the first piece that is too large, with its bytes as a document of its own.
 */
export function splitDocument(document: unknown, { usual, most }: PartLimits): readonly string[] | { readonly pointer: string; readonly bytes: number } {
  const parts: string[] = [];
  let open: Atom[] = [];
  for (const atom of atomsOf(document, [])) {
    if (open.length > 0 && bytesOf([...open, atom]) > usual) {
      parts.push(documentOf(open));
      open = [];
    }
    if (open.length === 0 && bytesOf([atom]) > most) return { pointer: pointerOf(atom.keys), bytes: bytesOf([atom]) };
    open.push(atom);
  }
  return [...parts, documentOf(open)];
}

const pointerOf = (keys: readonly string[]): string => keys.map((key) => `/${pointerToken(key)}`).join('');
const bytesOf = (atoms: readonly Atom[]): number => Buffer.byteLength(documentOf(atoms));

function atomsOf(value: unknown, keys: readonly string[]): readonly Atom[] {
  const rule = mergeRule(pointerOf(keys));
  if (rule === 'items' && Array.isArray(value) && value.length > 0) return value.map((item: unknown) => ({ keys, value: item, isItem: true }));
  const members = rule === 'members' && typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.entries(value) : [];
  return members.length > 0 ? members.flatMap(([key, member]) => atomsOf(member, [...keys, key])) : [{ keys, value, isItem: false }];
}

/** The JSON of what stands `depth` keys down. */
function documentOf(atoms: readonly Atom[], depth = 0): string {
  const first = atoms[0]!;
  if (first.keys.length === depth) return JSON.stringify(first.isItem ? atoms.map(({ value }) => value) : first.value);
  const members = [...Map.groupBy(atoms, ({ keys }) => keys[depth]!)].map(([key, below]) => `${JSON.stringify(key)}:${documentOf(below, depth + 1)}`);
  return `{${members.join(',')}}`;
}
