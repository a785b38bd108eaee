/** Lists of plain values up to this many characters stand on one line. */
const LINE = 100;

/** JSON for people: two blanks for a level, short lists of plain values on one line. With a final newline. */
export function readableJson(value: unknown): string {
  return `${written(value, '')}\n`;
}

function written(value: unknown, indent: string): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const inner = `${indent}  `;
  if (Array.isArray(value)) {
    const items: readonly unknown[] = value;
    const line = `[${items.map((item) => JSON.stringify(item)).join(', ')}]`;
    if (items.every((item) => typeof item !== 'object' || item === null || Array.isArray(item)) && line.length <= LINE) return line;
    return `[\n${items.map((item) => inner + written(item, inner)).join(',\n')}\n${indent}]`;
  }
  const members = Object.entries(value).filter(([, member]) => member !== undefined);
  if (members.length === 0) return '{}';
  return `{\n${members.map(([key, member]) => `${inner}${JSON.stringify(key)}: ${written(member, inner)}`).join(',\n')}\n${indent}}`;
}
