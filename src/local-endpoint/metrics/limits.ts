// What CloudWatch enforces on PutMetricData, from the API model and the service's documentation.

export const MAX_BODY_BYTES = 1_048_576;
/** Datums over MetricData and EntityMetricData together. */
export const MAX_DATUMS = 1000;
export const MAX_ENTITIES = 2;
export const MAX_DIMENSIONS = 30;
export const MAX_NAME = 255;
export const MAX_DIMENSION_VALUE = 1024;
/** Unique values of one datum. */
export const MAX_VALUES = 150;
export const MAX_MAGNITUDE = 2 ** 360;
export const MAX_AGE_MS = 14 * 24 * 3_600_000;
export const MAX_AHEAD_MS = 2 * 3_600_000;

const SIZES = ['Bytes', 'Kilobytes', 'Megabytes', 'Gigabytes', 'Terabytes', 'Bits', 'Kilobits', 'Megabits', 'Gigabits', 'Terabits'];
export const UNITS: readonly string[] = ['Seconds', 'Microseconds', 'Milliseconds', ...SIZES, 'Percent', 'Count', ...SIZES.map((size) => `${size}/Second`), 'Count/Second', 'None'];

/** Metrics in one page of ListMetrics, queries and points of GetMetricData, points of GetMetricStatistics. */
export const MAX_LISTED = 500;
export const MAX_QUERIES = 500;
export const MAX_POINTS = 100_800;
export const MAX_STATISTICS_POINTS = 1440;
