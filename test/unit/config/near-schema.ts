import * as fc from 'fast-check';
import type { Schema } from '../../../src/config/schema.ts';

/** Longer lists than this are not made on purpose. */
const MANY = 1000;

const numbered = (count: number): readonly number[] => Array.from({ length: count }, (_, index) => index);

/** Values that mostly have the shape a schema asks for: keys and types are usually right, bounds often wrong. `junkOf100`: how many values in a hundred are anything. */
export function nearSchema(schema: Schema, definitions: Readonly<Record<string, Schema>>, junkOf100 = 2): fc.Arbitrary<unknown> {
  const junk = fc.oneof(fc.constantFrom<unknown>('', 'x', '*', 0, -1, 1.5, 7, true, null), fc.constant([]), fc.constant({}));
  const near = (part: Schema, depth: number): fc.Arbitrary<unknown> => {
    const rule = part.$ref === undefined ? part : definitions[part.$ref.slice('#/definitions/'.length)]!;
    return fc.oneof({ arbitrary: junk, weight: junkOf100 }, { arbitrary: shaped(rule, depth), weight: 100 - junkOf100 });
  };
  const shaped = (rule: Schema, depth: number): fc.Arbitrary<unknown> => {
    if (depth > 8) return junk;
    if (rule.anyOf !== undefined && rule.type === undefined) return fc.oneof(...rule.anyOf.map((branch) => near(branch, depth + 1)));
    if (rule.enum !== undefined) return fc.constantFrom<unknown>(...rule.enum);
    switch (rule.type) {
      case 'string': return fc.oneof({ arbitrary: fc.constantFrom('${ROLE}', 'arn:aws:iam::123456789012:role/x'), weight: 8 }, { arbitrary: fc.constantFrom('x', 'aé😀b', 'Forwarded Events', '-a', '', 'x'.repeat((rule.maxLength ?? 10) + 1)), weight: 1 });
      case 'integer': case 'number': return fc.oneof({ arbitrary: fc.constantFrom(rule.minimum ?? 0, rule.maximum ?? 5), weight: 8 }, { arbitrary: fc.constantFrom(-1, 0, 0.5, 10, (rule.maximum ?? 5) + 1), weight: 3 });
      case 'boolean': return fc.boolean();
      case 'array': return fc.oneof({ arbitrary: fc.array(near(rule.items ?? {}, depth + 1), { maxLength: 3 }), weight: 8 }, { arbitrary: fc.constant(numbered((rule.maxItems ?? 0) + 1).map(String)), weight: (rule.maxItems ?? MANY) < MANY ? 1 : 0 });
      case 'object': case undefined: return object(rule, depth);
      default: return rule.type satisfies never;
    }
  };
  const object = (rule: Schema, depth: number): fc.Arbitrary<unknown> => {
    const properties = Object.entries(rule.properties ?? {});
    const needed = (key: string): boolean => rule.required?.includes(key) === true;
    const other = typeof rule.additionalProperties === 'object' ? near(rule.additionalProperties, depth + 1) : junk;
    // A few keys at a time: a document with all of them is never right.
    const optional = properties.filter(([key]) => !needed(key));
    const some = fc.subarray(optional, { maxLength: Math.min(3, optional.length) })
      .chain((chosen) => fc.record(Object.fromEntries([...properties.filter(([key]) => needed(key)), ...chosen].map(([key, part]) => [key, near(part, depth + 1)]))));
    const crowd = fc.constant(Object.fromEntries(numbered((rule.maxProperties ?? 0) + 1).map((key) => [key, 'x'])));
    return fc.oneof({ arbitrary: crowd, weight: rule.maxProperties === undefined ? 0 : 8 }, { arbitrary: some, weight: 30 }, { arbitrary: fc.tuple(some, fc.constantFrom('typo', 'a/b~c'), other).map(([value, key, extra]) => ({ ...value, [key]: extra })), weight: 1 });
  };
  return near(schema, 0);
}
