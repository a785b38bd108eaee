import { characters } from '../naming/characters.ts';
import type { Place } from './problem.ts';

/** A file's text, without a byte order mark, and the index at which each line starts. */
export interface SourceText {
  readonly file: string;
  readonly text: string;
  readonly lineStarts: readonly number[];
}

/** The text of a file, made ready for `placeAt`. */
export function sourceText(file: string, content: string): SourceText {
  const text = content.startsWith('\uFEFF') ? content.slice(1) : content;
  const lineStarts = [0];
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) lineStarts.push(at + 1);
  return { file, text, lineStarts };
}

/** A JSON value that remembers where it stands; `start` is an index into `source.text`. */
export type JsonNode = ObjectNode | ArrayNode | ScalarNode;

interface Placed {
  readonly source: SourceText;
  readonly start: number;
}

/** A member of an object; `start` is where its key begins. */
export interface Member extends Placed {
  readonly node: JsonNode;
}

export interface ObjectNode extends Placed {
  readonly kind: 'object';
  readonly members: ReadonlyMap<string, Member>;
}

export interface ArrayNode extends Placed {
  readonly kind: 'array';
  readonly items: readonly JsonNode[];
}

export interface ScalarNode extends Placed {
  readonly kind: 'scalar';
  readonly value: string | number | boolean | null;
}

/** The plain value of a node. A key named `__proto__` becomes an ordinary member. */
export function plainValue(node: JsonNode): unknown {
  switch (node.kind) {
    case 'scalar': return node.value;
    case 'array': return node.items.map(plainValue);
    case 'object': {
      const object: Record<string, unknown> = {};
      for (const [key, member] of node.members) {
        if (key === '__proto__') Object.defineProperty(object, key, { value: plainValue(member.node), enumerable: true, configurable: true, writable: true });
        else object[key] = plainValue(member.node);
      }
      return object;
    }
    default: return node satisfies never;
  }
}

/** Whether a plain value is an object, as JSON has it: no list, no null. */
export const isObject = <T>(value: T): value is T & object => typeof value === 'object' && value !== null && !Array.isArray(value);

/** One key or index as a token of a JSON pointer (RFC 6901). */
export const pointerToken = (key: string | number): string => String(key).replaceAll('~', '~0').replaceAll('/', '~1');

/** Line and column, both 1-based, of an index into the text; columns count characters. */
export function placeAt({ file, text, lineStarts }: SourceText, index: number): Place {
  let line = 0;
  for (let above = lineStarts.length; above - line > 1;) {
    const middle = (line + above) >> 1;
    if (lineStarts[middle]! <= index) line = middle;
    else above = middle;
  }
  return { file, line: line + 1, column: characters(text.slice(lineStarts[line], index)) + 1 };
}

/**
 * Where the value at `pointer` stands, or with `key` where its key does. A pointer that leads beyond the document gives
 * the deepest place on its way.
 */
export function placeOf(root: JsonNode, pointer: string, what: 'key' | 'value'): Place {
  let placed: Placed = root;
  let node = root;
  const tokens = pointer.split('/').slice(1).map((token) => token.replaceAll('~1', '/').replaceAll('~0', '~'));
  for (const [depth, token] of tokens.entries()) {
    if (node.kind === 'object') {
      const member = node.members.get(token);
      if (member === undefined) break;
      placed = what === 'key' && depth === tokens.length - 1 ? member : member.node;
      node = member.node;
    } else if (node.kind === 'array') {
      const item = node.items[Number(token)];
      if (item === undefined) break;
      placed = node = item;
    }
  }
  return placeAt(placed.source, placed.start);
}
