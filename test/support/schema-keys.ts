import type { Schema } from '../../src/config/schema.ts';

/** The keys of a schema, each as `OBJECT.KEY`; objects go by the name of their definition, or by their way from one. */
export class SchemaKeys {
  readonly all = new Set<string>();
  /** Those whose value may be anything at all. */
  readonly free = new Set<string>();
  readonly #schema: Schema;

  constructor(schema: Schema) {
    this.#schema = schema;
    this.#collect(schema, 'document');
  }

  /** The keys that a document has. */
  *in(value: unknown): Generator<string> {
    yield* this.#walk(value, this.#schema, 'document');
  }

  /** The last key on the way of a JSON pointer, or null when it leads to none. */
  at(pointer: string): string | null {
    let found: string | null = null;
    let [schema, name]: [Schema, string] = [this.#schema, 'document'];
    for (const token of pointer.split('/').slice(1).map((text) => text.replaceAll('~1', '/').replaceAll('~0', '~'))) {
      const next = this.#shapes(schema, name).map(([shape, of]) => this.#child(shape, of, token)).find((child) => child !== null);
      if (next === undefined || next === null) break;
      if (next.key !== null) found = next.key;
      [schema, name] = [next.schema, next.name];
    }
    return found;
  }

  #child({ properties = {}, items, additionalProperties }: Schema, name: string, token: string): { readonly schema: Schema; readonly name: string; readonly key: string | null } | null {
    if (Object.hasOwn(properties, token)) return { schema: properties[token]!, name: `${name}.${token}`, key: `${name}.${token}` };
    if (items !== undefined && /^\d+$/.test(token)) return { schema: items, name, key: null };
    return typeof additionalProperties === 'object' ? { schema: additionalProperties, name, key: null } : null;
  }

  /** The schema itself and, where it is a choice, each of its shapes; references are followed. */
  #shapes(schema: Schema, name: string): readonly (readonly [Schema, string])[] {
    const referred = schema.$ref?.slice('#/definitions/'.length);
    const target = referred === undefined ? schema : this.#schema.definitions![referred]!;
    const own = referred === undefined ? name : referred;
    return target.type === undefined && target.anyOf !== undefined ? target.anyOf.flatMap((branch) => this.#shapes(branch, own)) : [[target, own]];
  }

  #collect(schema: Schema, name: string): void {
    for (const [shape, of] of this.#shapes(schema, name)) {
      for (const [key, property] of Object.entries(shape.properties ?? {})) {
        const id = `${of}.${key}`;
        if (this.all.has(id)) continue;
        this.all.add(id);
        const { 'x-not-run': _, 'x-wrong-type': __, properties: ___, ...rules } = this.#shapes(property, id)[0]![0];
        if (Object.keys(rules).length === 0) this.free.add(id);
        this.#collect(property, id);
      }
      if (shape.items !== undefined) this.#collect(shape.items, of);
      if (typeof shape.additionalProperties === 'object') this.#collect(shape.additionalProperties, of);
    }
  }

  *#walk(value: unknown, schema: Schema, name: string): Generator<string> {
    if (typeof value !== 'object' || value === null) return;
    for (const [token, member] of Object.entries(value)) {
      for (const [shape, of] of this.#shapes(schema, name)) {
        const child = this.#child(shape, of, token);
        if (child === null) continue;
        if (child.key !== null) yield child.key;
        yield* this.#walk(member, child.schema, child.name);
      }
    }
  }
}
