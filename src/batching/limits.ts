// Every number of the PutLogEvents contract, with its source, but for EVENT_OVERHEAD_BYTES, which the plan is made with too (plan.ts).
// Sizes in bytes, times in milliseconds.

/** UTF-8 bytes of all messages plus EVENT_OVERHEAD_BYTES each (API reference of PutLogEvents). */
export const MAX_BATCH_BYTES = 1_048_576;
/** Events in one call (API reference of PutLogEvents). */
export const MAX_BATCH_EVENTS = 10_000;
/** Largest event, overhead included (service quota "Event size", raised from 256 KiB in April 2025). */
export const MAX_EVENT_BYTES = 1_048_576;
const HOUR = 3_600_000;
/**
 * Times within one call may span 24 hours (API reference). Whether exactly 24 hours pass is not documented, so one
 * millisecond less is used.
 */
export const MAX_SPAN_MS = 24 * HOUR - 1;
/** Older events are stored nowhere although the call succeeds (API reference: 14 days). */
export const MAX_AGE_MS = 14 * 24 * HOUR;
/** Events further ahead are stored nowhere although the call succeeds (API reference: 2 hours). */
export const MAX_AHEAD_MS = 2 * HOUR;
/** Distance kept from both edges: the clocks differ a little, and a batch waits for its flush and its turn. */
export const EDGE_MARGIN_MS = 60_000;
