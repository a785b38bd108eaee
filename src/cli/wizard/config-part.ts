/** A part of a config as plain JSON; what the wizard does not know in it is kept as it is. */
export type ConfigPart = Readonly<Record<string, unknown>>;

/** The object at a path of keys; an empty one where there is none. */
export function partAt(config: ConfigPart, ...keys: readonly string[]): ConfigPart {
  let part: unknown = config;
  for (const key of keys) part = isPart(part) ? part[key] : undefined;
  return isPart(part) ? part : {};
}

/** The config with `part` at a path of keys; an empty part, or null, is left out with its key. */
export function withPart(config: ConfigPart, keys: readonly [string, ...string[]], part: unknown): ConfigPart {
  const [key, ...rest] = keys;
  const inner = rest.length === 0 ? part : withPart(partAt(config, key), rest as [string, ...string[]], part);
  const { [key]: _, ...others } = config;
  if (inner === null || (isPart(inner) && Object.keys(inner).length === 0)) return others;
  return { ...config, [key]: inner };
}

const isPart = (value: unknown): value is ConfigPart => typeof value === 'object' && value !== null && !Array.isArray(value);
export const textIn = (part: ConfigPart, key: string): string | null => (typeof part[key] === 'string' ? part[key] : null);
export const numberIn = (part: ConfigPart, key: string): number | null => (typeof part[key] === 'number' ? part[key] : null);
export const listIn = (part: ConfigPart, key: string): readonly unknown[] => (Array.isArray(part[key]) ? part[key] : []);
