import type { Call, Operation } from '../call.ts';
import { ServiceError, invalidParameter } from '../service-error.ts';
import { isObject, wrongType } from '../wire/json.ts';
import type { Json, JsonObject } from '../wire/json.ts';
import { Shape } from '../wire/shape.ts';
import { rejectedEntity } from './entity.ts';
import { DAY_MS, MAX_AGE_MS, MAX_AHEAD_MS, MAX_EVENT_BYTES, MAX_SPAN_MS, MAX_UPLOAD_BYTES, MAX_UPLOAD_EVENTS } from './limits.ts';
import { groupName, streamName } from './names.ts';
import type { LogStore } from './store.ts';
import { eventBytes } from './store.ts';

interface Upload { readonly timestamps: Float64Array; readonly messages: string[]; readonly sizes: Float64Array }

/** Indices as the service gives them: ends are exclusive, the start is inclusive. */
export interface RejectedLogEventsInfo {
  readonly tooOldLogEventEndIndex?: number;
  readonly expiredLogEventEndIndex?: number;
  readonly tooNewLogEventStartIndex?: number;
}

function readEvents(shape: Shape, list: readonly Json[]): Upload {
  const timestamps = new Float64Array(list.length);
  const sizes = new Float64Array(list.length);
  const messages: string[] = Array.from({ length: list.length });
  for (let i = 0; i < list.length; i++) {
    const event = list[i] ?? null;
    if (!isObject(event)) throw wrongType(event, 'InputLogEvent');
    const { timestamp, message } = event;
    if (typeof timestamp !== 'number' || !Number.isSafeInteger(timestamp) || timestamp < 0) badTimestamp(shape, i, timestamp);
    else timestamps[i] = timestamp;
    if (typeof message !== 'string' || message === '') badMessage(shape, i, message);
    else {
      messages[i] = message;
      sizes[i] = eventBytes(message);
    }
  }
  return { timestamps, messages, sizes };
}

function badTimestamp(shape: Shape, i: number, value: Json | undefined): void {
  const member = `logEvents.${i + 1}.member.timestamp`;
  if (value === undefined || value === null) shape.violation('null', member, 'Member must not be null');
  else if (typeof value === 'number' && value < 0) shape.violation(`'${value}'`, member, 'Member must have value greater than or equal to 0');
  else throw wrongType(value, 'Long');
}

function badMessage(shape: Shape, i: number, value: Json | undefined): void {
  const member = `logEvents.${i + 1}.member.message`;
  if (value === undefined || value === null) shape.violation('null', member, 'Member must not be null');
  else if (value === '') shape.violation("''", member, 'Member must have length greater than or equal to 1');
  else throw wrongType(value, 'String');
}

/** Throws for an upload the service refuses as a whole. Returns its size in bytes, overheads included. */
function checkSizes({ sizes }: Upload): number {
  let sum = 0;
  for (const size of sizes) {
    if (size > MAX_EVENT_BYTES) throw invalidParameter(`Log event too large: ${size} bytes exceeds limit of ${MAX_EVENT_BYTES}`);
    sum += size;
  }
  if (sum > MAX_UPLOAD_BYTES) throw invalidParameter(`Upload too large: ${sum} bytes exceeds limit of ${MAX_UPLOAD_BYTES}`);
  return sum;
}

function checkOrder({ timestamps }: Upload): void {
  for (let i = 1; i < timestamps.length; i++) {
    if ((timestamps[i] ?? 0) < (timestamps[i - 1] ?? 0)) throw invalidParameter('Log events in a single PutLogEvents request must be in chronological order.');
  }
}

/** The first index whose timestamp is at least (or, with `after`, beyond) the bound; the timestamps are sorted. */
function firstFrom(timestamps: Float64Array, bound: number, after = false): number {
  const index = timestamps.findIndex((t) => (after ? t > bound : t >= bound));
  return index < 0 ? timestamps.length : index;
}

/** Judges the ages of sorted timestamps: which are stored, and what the answer says of the others. */
export function judgeAges(timestamps: Float64Array, now: number, retentionDays: number | null): { readonly from: number; readonly to: number; readonly rejected: RejectedLogEventsInfo | null } {
  const tooOldEnd = firstFrom(timestamps, now - MAX_AGE_MS);
  const tooNewStart = firstFrom(timestamps, now + MAX_AHEAD_MS, true);
  const expiredEnd = retentionDays === null ? 0 : firstFrom(timestamps, now - retentionDays * DAY_MS);
  if (tooNewStart > tooOldEnd && (timestamps[tooNewStart - 1] ?? 0) - (timestamps[tooOldEnd] ?? 0) > MAX_SPAN_MS) {
    throw invalidParameter('The batch of log events in a single PutLogEvents request cannot span more than 24 hours.');
  }
  const rejected: RejectedLogEventsInfo = {
    ...(tooOldEnd > 0 && { tooOldLogEventEndIndex: tooOldEnd }),
    ...(expiredEnd > tooOldEnd && { expiredLogEventEndIndex: expiredEnd }),
    ...(tooNewStart < timestamps.length && { tooNewLogEventStartIndex: tooNewStart }),
  };
  const from = Math.max(tooOldEnd, expiredEnd);
  return { from, to: Math.max(from, tooNewStart), rejected: Object.keys(rejected).length > 0 ? rejected : null };
}

/** A token nobody needs any more, of the usual 56 digits. */
function dummyToken(place: number): string {
  return `49${String(place).padStart(54, '0')}`;
}

/** PutLogEvents: stores what the service would store and says what it would not. */
export function putLogEvents(store: LogStore): Operation {
  return (input: JsonObject, call: Call) => {
    const shape = new Shape(input);
    const group = groupName(shape);
    const stream = streamName(shape);
    shape.string('sequenceToken', { min: 1 });
    const list = shape.list('logEvents', { required: true, min: 1, max: MAX_UPLOAD_EVENTS }) ?? [];
    const upload = list.length <= MAX_UPLOAD_EVENTS ? readEvents(shape, list) : null;
    const entity = shape.object('entity');
    shape.check();
    if (upload === null) throw new ServiceError('InternalFailure', 'unreachable: the count was checked', 500);
    const { groupClass, retentionDays } = store.group(group);
    const target = store.stream(group, stream);
    const bytes = checkSizes(upload);
    checkOrder(upload);
    const { from, to, rejected } = judgeAges(upload.timestamps, call.now, retentionDays);
    const whole = from === 0 && to === upload.messages.length;
    const messages = whole ? upload.messages : upload.messages.slice(from, to);
    const kept = whole ? bytes : upload.sizes.subarray(from, to).reduce((a, b) => a + b, 0);
    store.append(target, whole ? upload.timestamps : upload.timestamps.slice(from, to), messages, kept, call.now);
    const rejectedEntityInfo = entity === undefined ? null : rejectedEntity(entity, groupClass);
    return {
      nextSequenceToken: dummyToken(target.count),
      ...(rejected !== null && { rejectedLogEventsInfo: rejected }),
      ...(rejectedEntityInfo !== null && { rejectedEntityInfo }),
    };
  };
}

