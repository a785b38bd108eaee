import { placeAt, pointerToken, type JsonNode } from './json-tree.ts';
import { mergeRule } from './merge.ts';

/** Lines longer than this have their origin behind them, unaligned. */
const WIDEST = 72;

interface Line { readonly text: string; readonly origin: string | null }

/**
 * The document as indented JSON, with the file, line and column of each value behind its line. What several files may share
 * (sections, lists of entries) has no origin of its own; its members and items have.
 */
export function originText(root: JsonNode): string {
  const lines = linesOf(root, '', '', '', '');
  const width = Math.max(...lines.map(({ text, origin }) => (origin === null || text.length > WIDEST ? 0 : text.length)));
  return lines.map(({ text, origin }) => (origin === null ? `${text}\n` : `${text.padEnd(width)}  // ${origin}\n`)).join('');
}

function linesOf(node: JsonNode, pointer: string, indent: string, lead: string, trail: string): readonly Line[] {
  const { file, line, column } = placeAt(node.source, node.start);
  const rule = mergeRule(pointer);
  const isShared = (node.kind === 'object' && rule === 'members') || (node.kind === 'array' && rule !== 'same');
  const origin = isShared ? null : `${file}:${line}:${column}`;
  if (node.kind === 'scalar') return [{ text: `${indent}${lead}${JSON.stringify(node.value)}${trail}`, origin }];
  const members: readonly (readonly [token: string | number, lead: string, node: JsonNode])[] = node.kind === 'array'
    ? node.items.map((item, index) => [index, '', item] as const)
    : [...node.members].map(([key, member]) => [key, `${JSON.stringify(key)}: `, member.node] as const);
  const [open, close] = node.kind === 'array' ? ['[', ']'] : ['{', '}'];
  if (members.length === 0) return [{ text: `${indent}${lead}${open}${close}${trail}`, origin }];
  return [
    { text: `${indent}${lead}${open}`, origin },
    ...members.flatMap(([token, name, child], index) => linesOf(child, `${pointer}/${pointerToken(token)}`, `${indent}  `, name, index < members.length - 1 ? ',' : '')),
    { text: `${indent}${close}${trail}`, origin: null },
  ];
}
