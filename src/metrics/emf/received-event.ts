import { isUtf8 } from 'node:buffer';

/** Why CloudWatch makes no metrics, or not all that the sender meant, of an event it stores. */
export type EmfFault =
  | 'not-json' | 'no-metrics' | 'no-timestamp' | 'no-namespace' | 'no-dimensions' | 'dimensions' | 'metrics' | 'metric' | 'values' | 'target';

/** The fault in words, behind "an event". */
export const FAULT_TEXT: Readonly<Record<EmfFault, string>> = {
  'not-json': 'is no JSON object on one line',
  'no-metrics': 'has no _aws.CloudWatchMetrics, a list of metrics',
  'no-timestamp': 'has no _aws.Timestamp, a whole number of milliseconds since 1970',
  'no-namespace': 'has metrics without a Namespace of 1 to 1,024 characters',
  'no-dimensions': 'has metrics without Dimensions, a list of at least one list of names',
  dimensions: 'has a list of more than 30 dimensions, or a dimension without a name of 1 to 250 characters',
  metrics: 'has more than 100 metrics in one list',
  metric: 'has a metric without Name, or with a StorageResolution other than 1 and 60',
  values: 'has a metric with more than 100 values, with values that are no numbers, or with an incomplete set of statistics',
  target: 'names a metric or dimension that the event itself does not have, or whose dimension is no text of up to 1,024 characters',
};

/** A line that came in, as it goes on. */
export interface ReceivedEvent {
  /** Without line ends; always text. */
  readonly bytes: Uint8Array;
  /** As the event says them; null where it does not. */
  readonly group: string | null;
  readonly stream: string | null;
  readonly fault: EmfFault | null;
}

/** Limits of the embedded metric format (CloudWatch user guide, "Embedded metric format specification"). */
const [MOST_METRICS, MOST_DIMENSIONS, MOST_VALUES] = [100, 30, 100];
const [LONGEST_NAMESPACE, LONGEST_DIMENSION, LONGEST_DIMENSION_VALUE] = [1_024, 250, 1_024];
/** What text has of control characters: tab, and the ends of lines. */
const CONTROLS = /(?![\t\r])[\p{Cc}]/gu;

type Members = Readonly<Record<string, unknown>>;

/** What a line is. One that is no JSON is text all the same: bytes and control characters that are none become U+FFFD. */
export function readEvent(line: Buffer): ReceivedEvent {
  const valid = isUtf8(line);
  const text = line.toString('utf8');
  const bytes = valid ? line : Buffer.from(text);
  const root = parsed(text);
  if (root === null) return { bytes: Buffer.from(text.replaceAll(CONTROLS, '\ufffd')), group: null, stream: null, fault: 'not-json' };
  const meta = isMembers(root['_aws']) ? root['_aws'] : versionZero(root);
  return { bytes, group: nameIn(meta['LogGroupName']), stream: nameIn(meta['LogStreamName']), fault: faultOf(root, meta) };
}

function parsed(text: string): Members | null {
  try {
    const value: unknown = JSON.parse(text);
    return isMembers(value) ? value : null;
  } catch {
    return null;
  }
}

/** Version 0 of the format has its members in the event itself, and the time as a text. */
function versionZero({ CloudWatchMetrics, Timestamp }: Members): Members {
  return { CloudWatchMetrics, Timestamp: typeof Timestamp === 'string' && /^\d+$/.test(Timestamp) ? Number(Timestamp) : Timestamp };
}

const isMembers = (value: unknown): value is Members => typeof value === 'object' && value !== null && !Array.isArray(value);
const nameIn = (value: unknown): string | null => (typeof value === 'string' && value !== '' ? value : null);
const isText = (value: unknown, longest: number): value is string => typeof value === 'string' && value !== '' && value.length <= longest;

function faultOf(root: Members, { Timestamp: time, CloudWatchMetrics: directives }: Members): EmfFault | null {
  if (!Array.isArray(directives) || directives.length === 0) return 'no-metrics';
  if (!Number.isInteger(time)) return 'no-timestamp';
  for (const directive of directives as readonly unknown[]) {
    const fault = isMembers(directive) ? directiveFault(root, directive) : 'no-metrics';
    if (fault !== null) return fault;
  }
  return null;
}

function directiveFault(root: Members, { Namespace: namespace, Dimensions: sets, Metrics: metrics }: Members): EmfFault | null {
  if (!isText(namespace, LONGEST_NAMESPACE)) return 'no-namespace';
  if (!Array.isArray(sets) || sets.length === 0 || !sets.every(Array.isArray)) return 'no-dimensions';
  for (const set of sets as readonly (readonly unknown[])[]) {
    if (set.length > MOST_DIMENSIONS || !set.every((name) => isText(name, LONGEST_DIMENSION))) return 'dimensions';
    if (!set.every((name) => isText(own(root, name), LONGEST_DIMENSION_VALUE))) return 'target';
  }
  if (!Array.isArray(metrics)) return 'no-metrics';
  if (metrics.length > MOST_METRICS) return 'metrics';
  for (const metric of metrics as readonly unknown[]) {
    const fault = isMembers(metric) ? metricFault(root, metric) : 'metric';
    if (fault !== null) return fault;
  }
  return null;
}

function metricFault(root: Members, { Name: name, StorageResolution: resolution }: Members): EmfFault | null {
  if (typeof name !== 'string' || name === '' || (resolution !== undefined && resolution !== 1 && resolution !== 60)) return 'metric';
  const value = own(root, name);
  if (value === undefined) return 'target';
  if (isMembers(value)) return isSampleSet(value) ? null : 'values';
  const values: readonly unknown[] = Array.isArray(value) ? value : [value];
  return values.length > MOST_VALUES || !values.every((one) => typeof one === 'number') ? 'values' : null;
}

/** Many samples at once: {Max, Min, Count, Sum}, and perhaps Values with their Counts. The specification has no such; the EMF libraries of AWS and OpenTelemetry's collector send it. */
function isSampleSet({ Max, Min, Count, Sum, Values = [], Counts = [] }: Members): boolean {
  const numbers = (list: unknown): list is readonly number[] => Array.isArray(list) && list.every((one) => typeof one === 'number');
  return numbers([Max, Min, Count, Sum]) && numbers(Values) && numbers(Counts) && Values.length === Counts.length && Values.length <= MOST_VALUES;
}

const own = (root: Members, name: string): unknown => (Object.hasOwn(root, name) ? root[name] : undefined);
