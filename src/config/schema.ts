/** The part of JSON Schema the config uses, with our annotations: what a document is held against. */
export interface Schema {
  /** `#/definitions/NAME`; of what stands beside it only our annotations count. */
  readonly $ref?: string;
  readonly type?: SchemaType;
  readonly enum?: readonly (string | number)[];
  readonly pattern?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly uniqueItems?: boolean;
  readonly minProperties?: number;
  readonly maxProperties?: number;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | Schema;
  readonly items?: Schema;
  /** Either shapes of different types, of which the value has one; or lists of keys, of which one must be there. */
  readonly anyOf?: readonly Schema[];
  readonly definitions?: Readonly<Record<string, Schema>>;
  /** What is expected, in words, where the keywords say it badly. */
  readonly 'x-expected'?: string;
  /** `warning`: unknown keys are ignored and said. */
  readonly 'x-unknown-keys'?: 'warning';
  /** `warning`: a value of another type is ignored and said. */
  readonly 'x-wrong-type'?: 'warning';
  /** Accepted, and answered with this line; errors inside are said, other such lines inside are not. */
  readonly 'x-not-run'?: string;
}

export type SchemaType = 'object' | 'array' | 'string' | 'integer' | 'number' | 'boolean';

/** The keywords that a document is held against; everything else in the schema is for people. */
export const KEYWORDS: readonly (keyof Schema)[] = [
  '$ref', 'type', 'enum', 'pattern', 'minimum', 'maximum', 'minLength', 'maxLength', 'minItems', 'maxItems', 'uniqueItems', 'minProperties', 'maxProperties',
  'properties', 'required', 'additionalProperties', 'items', 'anyOf', 'definitions', 'x-expected', 'x-unknown-keys', 'x-wrong-type', 'x-not-run',
];
