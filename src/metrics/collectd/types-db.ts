/** The names of a type's values, by type. */
export type TypeNames = ReadonlyMap<string, readonly string[]>;

/** A file of types that can be read, and the numbers of the lines that cannot. */
export interface TypesDb { readonly types: TypeNames; readonly badLines: readonly number[] }

/** `name:KIND:least:most`; the kind that counts is the one in the packet, the bounds are collectd's own. */
const SOURCE = /^([^:\s]+):(?:COUNTER|GAUGE|DERIVE|ABSOLUTE):[^:\s]+:[^:\s]+$/i;

/** Reads collectd's types.db (types.db(5)): a type, and behind it its values with commas or blanks between. A type's last line counts. */
export function parseTypesDb(text: string): TypesDb {
  const types = new Map<string, readonly string[]>();
  const badLines: number[] = [];
  for (const [index, line] of text.split('\n').entries()) {
    const trimmed = line.trim();
    if (trimmed === '' || trimmed.startsWith('#')) continue;
    const [type, ...sources] = trimmed.split(/[\s,]+/).filter((word) => word !== '');
    const names = sources.map((source) => SOURCE.exec(source)?.[1]);
    if (names.length === 0 || names.includes(undefined)) badLines.push(index + 1);
    else types.set(type!, names as string[]);
  }
  return { types, badLines };
}
