import assert from 'node:assert/strict';
import { beforeEach, suite, test } from 'node:test';
import { logsOperations } from '../../../../src/local-endpoint/logs/operations.ts';
import { LogStore } from '../../../../src/local-endpoint/logs/store.ts';
import type { JsonObject } from '../../../../src/local-endpoint/wire/json.ts';
import { NOW, answer, call, verdict } from '../support.ts';

const DAY = 86_400_000;
const place = { logGroupName: 'g', logStreamName: 's' };

interface Event { readonly timestamp: number; readonly message: string }

suite('PutLogEvents', () => {
  let store = new LogStore(1 << 30);
  let operations = logsOperations(store);
  const put = (events: readonly Event[], more: JsonObject = {}): string => verdict(operations, 'PutLogEvents', { ...place, logEvents: events as never, ...more });
  const ages = (...offsets: readonly number[]): Record<string, never> => answer(operations, 'PutLogEvents', { ...place, logEvents: offsets.map((offset, i) => ({ timestamp: NOW + offset, message: `m${i}` })) });
  const stored = (): readonly string[] => store.messages('g', 's');

  beforeEach(() => {
    store = new LogStore(1 << 30);
    operations = logsOperations(store);
    answer(operations, 'CreateLogGroup', { logGroupName: 'g' });
    answer(operations, 'CreateLogStream', place);
  });

  test('a message of 1,048,550 bytes is taken, one byte more is too large', () => {
    assert.equal(put([{ timestamp: NOW, message: 'x'.repeat(1_048_550) }]), 'accepted');
    assert.equal(put([{ timestamp: NOW, message: 'x'.repeat(1_048_551) }]), 'InvalidParameterException: Log event too large: 1048577 bytes exceeds limit of 1048576');
  });

  test('a batch of 1,048,576 bytes with 26 for each event is taken, one byte more is too large', () => {
    const half = { timestamp: NOW, message: 'x'.repeat(524_288 - 26) };
    assert.equal(put([half, half]), 'accepted');
    assert.equal(put([half, { ...half, message: `${half.message}x` }]), 'InvalidParameterException: Upload too large: 1048577 bytes exceeds limit of 1048576');
  });

  test('bytes are those of UTF-8: é counts 2, € 3, 😀 4, an unpaired surrogate 3, a newline 1', () => {
    const filler = (bytes: number): Event => ({ timestamp: NOW, message: 'x'.repeat(1_048_576 - 26 - 26 - bytes) });
    const message = 'é€😀\ud800\n';
    assert.equal(put([filler(13), { timestamp: NOW, message }]), 'accepted');
    assert.match(put([filler(12), { timestamp: NOW, message }]), /Upload too large: 1048577 bytes/);
  });

  test('10,000 events are taken, 10,001 are not, none is too few', () => {
    const many = Array.from({ length: 10_001 }, () => ({ timestamp: NOW, message: 'x' }));
    assert.equal(put(many.slice(1)), 'accepted');
    assert.match(put(many), /^InvalidParameterException: 1 validation error detected: .* at 'logEvents' .* less than or equal to 10000$/);
    assert.match(put([]), /at 'logEvents' .* greater than or equal to 1$/);
  });

  test('one empty message refuses the whole call, and names its place', () => {
    assert.equal(put([{ timestamp: NOW, message: 'x' }, { timestamp: NOW, message: '' }]),
      "InvalidParameterException: 1 validation error detected: Value '' at 'logEvents.2.member.message' failed to satisfy constraint: Member must have length greater than or equal to 1");
    assert.deepEqual(stored(), []);
  });

  test('a timestamp must be a whole number that is not negative', () => {
    assert.match(put([{ timestamp: -1, message: 'x' }]), /greater than or equal to 0/);
    assert.match(put([{ timestamp: 1.5, message: 'x' }]), /^SerializationException/);
    assert.match(put([{ timestamp: '1' as never, message: 'x' }]), /^SerializationException: STRING_VALUE can not be converted to Long/);
    assert.match(put([{ message: 'x' } as never]), /Value null at 'logEvents.1.member.timestamp'/);
  });

  test('events must be in the order of time; equal times are', () => {
    assert.equal(put([{ timestamp: NOW, message: 'a' }, { timestamp: NOW, message: 'b' }]), 'accepted');
    assert.equal(put([{ timestamp: NOW, message: 'a' }, { timestamp: NOW - 1, message: 'b' }]), 'InvalidParameterException: Log events in a single PutLogEvents request must be in chronological order.');
  });

  test('24 hours are the longest span; events too old or too new do not count in it', () => {
    assert.deepEqual(ages(-DAY, 0)['rejectedLogEventsInfo'], undefined);
    assert.equal(put([{ timestamp: NOW - DAY - 1, message: 'a' }, { timestamp: NOW, message: 'b' }]), 'InvalidParameterException: The batch of log events in a single PutLogEvents request cannot span more than 24 hours.');
    assert.deepEqual(ages(-365 * DAY, 0)['rejectedLogEventsInfo'], { tooOldLogEventEndIndex: 1 });
    assert.deepEqual(ages(0, 30 * DAY)['rejectedLogEventsInfo'], { tooNewLogEventStartIndex: 1 });
  });

  test('older than 14 days and more than 2 hours ahead is dropped, with an exclusive end and an inclusive start', () => {
    const result = ages(-14 * DAY - 2000, -14 * DAY - 1000, -14 * DAY + 1000);
    assert.deepEqual(result['rejectedLogEventsInfo'], { tooOldLogEventEndIndex: 2 });
    assert.deepEqual(stored(), ['m2']);
    assert.deepEqual(ages(7_199_000, 7_201_000, 7_202_000)['rejectedLogEventsInfo'], { tooNewLogEventStartIndex: 1 });
    assert.deepEqual(stored(), ['m2', 'm0']);
  });

  test('a call whose every event is dropped is answered with 200', () => {
    assert.deepEqual(ages(-20 * DAY, -19 * DAY, DAY)['rejectedLogEventsInfo'], { tooOldLogEventEndIndex: 2, tooNewLogEventStartIndex: 2 });
    assert.deepEqual(stored(), []);
  });

  test('what is past the retention of its group is dropped as expired', () => {
    answer(operations, 'PutRetentionPolicy', { logGroupName: 'g', retentionInDays: 1 });
    assert.deepEqual(ages(-2 * DAY)['rejectedLogEventsInfo'], { expiredLogEventEndIndex: 1 });
    assert.deepEqual(ages(-20 * DAY, -2 * DAY)['rejectedLogEventsInfo'], { tooOldLogEventEndIndex: 1, expiredLogEventEndIndex: 2 });
    answer(operations, 'DeleteRetentionPolicy', { logGroupName: 'g' });
    assert.equal(ages(-2 * DAY)['rejectedLogEventsInfo'], undefined);
  });

  test('a missing group or stream is said in the words of the service', () => {
    assert.equal(put([{ timestamp: NOW, message: 'x' }], { logGroupName: 'h' }), 'ResourceNotFoundException: The specified log group does not exist.');
    assert.equal(put([{ timestamp: NOW, message: 'x' }], { logStreamName: 't' }), 'ResourceNotFoundException: The specified log stream does not exist.');
  });

  test('an entity that is wrong is reported and the events are stored', () => {
    const withEntity = (keyAttributes: JsonObject): unknown => answer(operations, 'PutLogEvents', { ...place, logEvents: [{ timestamp: NOW, message: 'x' }], entity: { keyAttributes } })['rejectedEntityInfo'];
    assert.equal(withEntity({ Type: 'Service', Name: 'n', Environment: 'e' }), undefined);
    assert.deepEqual(withEntity({ Type: 'Service', Name: 'n' }), { errorType: 'MissingRequiredFields' });
    assert.deepEqual(withEntity({ Type: 'Service', Colour: 'red' }), { errorType: 'InvalidKeyAttributes' });
    assert.deepEqual(withEntity({ Type: 'Thing', Name: 'n' }), { errorType: 'InvalidTypeValue' });
    assert.equal(stored().length, 4);
  });

  test('the arrival time is that of the service\'s clock', () => {
    void answer(operations, 'PutLogEvents', { ...place, logEvents: [{ timestamp: NOW, message: 'x' }] }, call({ now: NOW + 5 }));
    assert.deepEqual(store.events('g', 's'), [{ timestamp: NOW, ingestionTime: NOW + 5, message: 'x' }]);
  });
});

test('beyond its bound the store drops the oldest events of all streams and counts them', () => {
  const store = new LogStore(300);
  store.createGroup({ name: 'g', creationTime: 0, groupClass: 'STANDARD', kmsKeyId: null, tags: new Map(), deletionProtected: false, retentionDays: null });
  const [a, b] = [store.createStream('g', 'a', 0), store.createStream('g', 'b', 0)];
  for (const [stream, message] of [[a, '1'], [b, '2'], [a, '3'], [b, '4']] as const) store.append(stream, Float64Array.of(1), [message], 100, 1);
  assert.deepEqual([store.messages('g', 'a'), store.messages('g', 'b')], [['3'], ['2', '4']]);
  assert.deepEqual([store.bytes, store.evicted], [300, { events: 1, bytes: 100 }]);
  store.deleteStream('g', 'b');
  store.append(a, Float64Array.of(1), ['5'], 200, 1);
  assert.deepEqual([store.messages('g', 'a'), store.bytes], [['3', '5'], 300]);
});
