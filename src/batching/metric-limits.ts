// Every number of the PutMetricData contract, with its source. Sizes in bytes, times in milliseconds.

/**
 * Of the body before compression. The API reference says 1 MB, and not which one: the CloudWatch agent stays 1,000 below the
 * decimal one (PUSH/util.go), and so do we.
 */
export const MAX_REQUEST_BYTES = 999_000;
/** Datums in one call (API reference of PutMetricData). */
export const MAX_DATUMS = 1000;
/** Distinct values of one datum (API reference of MetricDatum). */
export const MAX_VALUES = 150;
/** Dimensions of one datum, and characters of names and of a dimension's value (API reference of Dimension). */
export const MAX_DIMENSIONS = 30;
export const MAX_NAME = 255;
export const MAX_DIMENSION_VALUE = 1024;
/** Values lie between this and its negative (API reference of MetricDatum). */
export const MAX_MAGNITUDE = 2 ** 360;
const HOUR = 3_600_000;
/** The service refuses older datums, and with them their whole request (API reference: two weeks). */
export const MAX_METRIC_AGE_MS = 14 * 24 * HOUR;
/** And those further ahead (API reference: two hours). */
export const MAX_METRIC_AHEAD_MS = 2 * HOUR;

const SIZES = ['Bytes', 'Kilobytes', 'Megabytes', 'Gigabytes', 'Terabytes', 'Bits', 'Kilobits', 'Megabits', 'Gigabits', 'Terabits', 'Count'];
/** StandardUnit of the API. */
export const UNITS: readonly string[] = ['None', 'Percent', 'Seconds', 'Milliseconds', 'Microseconds', ...SIZES, ...SIZES.map((size) => `${size}/Second`)];
