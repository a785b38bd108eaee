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

/** What ajv has to say of a document, as config/validate.ts reads it. */
export interface SchemaFailure {
  /** JSON pointer of the value. */
  readonly instancePath: string;
  readonly schemaPath: string;
  readonly keyword: string;
  readonly params: Readonly<Record<string, unknown>>;
  /** What the keyword stands in. */
  readonly parentSchema: Schema;
  readonly data: unknown;
}
