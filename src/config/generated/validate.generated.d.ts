/** One failed keyword, as the generated validator reports it. */
export interface SchemaFailure {
  readonly instancePath: string;
  readonly schemaPath: string;
  readonly keyword: string;
  readonly params: Readonly<Record<string, unknown>>;
  readonly parentSchema: Readonly<Record<string, unknown>>;
  readonly data: unknown;
}

/** True when `document` satisfies the schema; else the failures are in `errors` until the next call. */
export function validateDocument(document: unknown): boolean;
export declare namespace validateDocument {
  let errors: readonly SchemaFailure[] | null;
}
