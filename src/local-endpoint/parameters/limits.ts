// What Parameter Store enforces, from the API model and the service's documentation.

/** UTF-8 bytes of a value by tier. */
export const MAX_VALUE_BYTES = { Standard: 4096, Advanced: 8192 } as const;
/** Parameters by tier. */
export const MAX_PARAMETERS = { Standard: 10_000, Advanced: 100_000 } as const;
/** A name together with the ARN before it. */
export const MAX_QUALIFIED_NAME = 1011;
export const MAX_LEVELS = 15;
/** Versions kept; the oldest goes, unless it has a label. */
export const MAX_VERSIONS = 100;
export const MAX_LABELS = 10;
export const MAX_LABEL_LENGTH = 100;
/** Results in one page of GetParametersByPath, and names in one GetParameters. */
export const MAX_RESULTS = 10;
