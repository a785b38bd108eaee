// Every number CloudWatch Logs enforces, from the API model and the service's documentation. Written apart from the
// agent's own limits on purpose: this server is the oracle the agent is tested against.

/** Bytes counted for an event beside its message. */
export const EVENT_OVERHEAD_BYTES = 26;
/** One event, and one PutLogEvents: UTF-8 bytes of the messages plus the overhead of each. */
export const MAX_EVENT_BYTES = 1_048_576;
export const MAX_UPLOAD_BYTES = 1_048_576;
export const MAX_UPLOAD_EVENTS = 10_000;

const HOUR_MS = 3_600_000;
export const DAY_MS = 24 * HOUR_MS;
export const MAX_SPAN_MS = DAY_MS;
export const MAX_AGE_MS = 14 * DAY_MS;
export const MAX_AHEAD_MS = 2 * HOUR_MS;

/** A page of events: bytes and number. */
export const MAX_PAGE_BYTES = 1_048_576;
export const MAX_PAGE_EVENTS = 10_000;
/** Groups or streams in one page of Describe*. */
export const MAX_DESCRIBED = 50;

export const RETENTION_DAYS: readonly number[] = [
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
];

export const GROUP_CLASSES = ['STANDARD', 'INFREQUENT_ACCESS', 'DELIVERY', 'ESSENTIALS'] as const;

/** Ours, to bound the memory: the service has a quota of 1,000,000 groups and none for streams. */
export const MAX_GROUPS = 100_000;
export const MAX_STREAMS = 200_000;
