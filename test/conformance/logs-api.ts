// Statements about the CloudWatch Logs API, made through the official client: the same against any endpoint.
import assert from 'node:assert/strict';
import {
  CreateLogGroupCommand, CreateLogStreamCommand, DeleteLogGroupCommand, DeleteLogStreamCommand, DeleteRetentionPolicyCommand, DescribeLogGroupsCommand, DescribeLogStreamsCommand,
  FilterLogEventsCommand, GetLogEventsCommand, PutLogEventsCommand, PutRetentionPolicyCommand,
} from '@aws-sdk/client-cloudwatch-logs';
import type { CloudWatchLogsClient, GetLogEventsCommandOutput, InputLogEvent, PutLogEventsCommandOutput } from '@aws-sdk/client-cloudwatch-logs';
import type { MotoDifference } from './moto-differences.ts';

/** An endpoint, and a group of its own with the stream `s` for each statement. */
export interface Subject {
  readonly client: CloudWatchLogsClient;
  readonly group: string;
  readonly now: number;
}

export interface Statement {
  readonly title: string;
  /** What moto does otherwise, if the statement depends on it. */
  readonly difference?: MotoDifference;
  readonly run: (subject: Subject) => Promise<void>;
}

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

async function put({ client, group }: Subject, logEvents: InputLogEvent[], logStreamName = 's'): Promise<PutLogEventsCommandOutput> {
  return client.send(new PutLogEventsCommand({ logGroupName: group, logStreamName, logEvents }));
}

async function messages({ client, group }: Subject): Promise<readonly (string | undefined)[]> {
  const { events = [] } = await client.send(new GetLogEventsCommand({ logGroupName: group, logStreamName: 's', startFromHead: true }));
  return events.map(({ message }) => message);
}

async function filtered({ client, group }: Subject, filterPattern: string): Promise<readonly (string | undefined)[]> {
  const { events = [] } = await client.send(new FilterLogEventsCommand({ logGroupName: group, filterPattern }));
  return events.map(({ message }) => message);
}

function refusal(name: string, message?: RegExp): (error: Error) => boolean {
  return (error) => {
    assert.equal(error.name, name);
    if (message !== undefined) assert.match(error.message, message);
    return true;
  };
}

export const STATEMENTS: readonly Statement[] = [
  {
    title: 'events come back in the order of time with their text unchanged',
    async run(subject) {
      const texts = ['plain', 'é€😀', '"quotes" \\ \t', 'two\nlines', '\u0001'];
      await put(subject, texts.map((message, i) => ({ timestamp: subject.now + i, message })));
      assert.deepEqual(await messages(subject), texts);
    },
  },
  {
    title: 'uploads to one stream add up',
    async run(subject) {
      await put(subject, [{ timestamp: subject.now, message: 'a' }]);
      await put(subject, [{ timestamp: subject.now, message: 'b' }]);
      assert.deepEqual(await messages(subject), ['a', 'b']);
    },
  },
  {
    title: 'a missing group or stream is ResourceNotFoundException with the service\'s words',
    async run(subject) {
      const event = [{ timestamp: subject.now, message: 'a' }];
      await assert.rejects(put({ ...subject, group: `${subject.group}-none` }, event), refusal('ResourceNotFoundException', /^The specified log group does not exist\.$/));
      await assert.rejects(put(subject, event, 'none'), refusal('ResourceNotFoundException', /^The specified log stream does not exist\.$/));
    },
  },
  {
    title: 'a group that exists is ResourceAlreadyExistsException with the service\'s words',
    async run({ client, group }) {
      await assert.rejects(client.send(new CreateLogGroupCommand({ logGroupName: group })), refusal('ResourceAlreadyExistsException', /^The specified log group already exists$/));
    },
  },
  {
    title: 'a stream that exists is ResourceAlreadyExistsException with the service\'s words',
    difference: 'stream exists text',
    async run({ client, group }) {
      await assert.rejects(client.send(new CreateLogStreamCommand({ logGroupName: group, logStreamName: 's' })), refusal('ResourceAlreadyExistsException', /^The specified log stream already exists$/));
    },
  },
  {
    title: 'events out of the order of time refuse the upload',
    async run(subject) {
      await assert.rejects(put(subject, [{ timestamp: subject.now, message: 'a' }, { timestamp: subject.now - 1, message: 'b' }]), refusal('InvalidParameterException', /chronological order/));
      assert.deepEqual(await messages(subject), []);
    },
  },
  {
    title: 'an upload of nothing but old events succeeds and stores nothing',
    async run(subject) {
      const { rejectedLogEventsInfo } = await put(subject, [{ timestamp: subject.now - 365 * DAY, message: 'a' }]);
      assert.notEqual(rejectedLogEventsInfo?.tooOldLogEventEndIndex, undefined);
      assert.deepEqual(await messages(subject), []);
    },
  },
  {
    title: 'the end of the too old is exclusive, the start of the too new inclusive',
    difference: 'rejected indices',
    async run(subject) {
      const { now } = subject;
      const { rejectedLogEventsInfo } = await put(subject, [now - 16 * DAY, now - 15 * DAY, now, now + 3 * HOUR, now + 4 * HOUR].map((timestamp, i) => ({ timestamp, message: `m${i}` })));
      assert.equal(rejectedLogEventsInfo?.tooOldLogEventEndIndex, 2);
      assert.equal(rejectedLogEventsInfo.tooNewLogEventStartIndex, 3);
      assert.deepEqual(await messages(subject), ['m2']);
    },
  },
  {
    title: 'events past the retention are expired',
    difference: 'expired events',
    async run(subject) {
      await subject.client.send(new PutRetentionPolicyCommand({ logGroupName: subject.group, retentionInDays: 1 }));
      const { rejectedLogEventsInfo } = await put(subject, [{ timestamp: subject.now - 2 * DAY, message: 'a' }]);
      assert.equal(rejectedLogEventsInfo?.expiredLogEventEndIndex, 1);
    },
  },
  {
    title: 'an event above 1,048,576 bytes, 26 included, refuses the upload with the size in its words',
    difference: 'sizes unchecked',
    async run(subject) {
      await assert.rejects(put(subject, [{ timestamp: subject.now, message: 'x'.repeat(1_048_551) }]), refusal('InvalidParameterException', /^Log event too large: 1048577 bytes exceeds limit of 1048576$/));
      await put(subject, [{ timestamp: subject.now, message: 'x'.repeat(1_048_550) }]);
    },
  },
  {
    title: 'an empty message refuses the upload',
    difference: 'empty message',
    async run(subject) {
      await assert.rejects(put(subject, [{ timestamp: subject.now, message: '' }]), refusal('InvalidParameterException', /logEvents\.1\.member\.message/));
    },
  },
  {
    title: 'more than 24 hours between the events refuse the upload',
    difference: 'span unchecked',
    async run(subject) {
      await assert.rejects(put(subject, [{ timestamp: subject.now - 25 * HOUR, message: 'a' }, { timestamp: subject.now, message: 'b' }]), refusal('InvalidParameterException', /24 hours/));
    },
  },
  {
    title: 'GetLogEvents: paging forward ends when the token comes back',
    async run(subject) {
      const { client, group, now } = subject;
      await put(subject, Array.from({ length: 25 }, (_, i) => ({ timestamp: now + i, message: `m${i}` })));
      const found: (string | undefined)[] = [];
      let nextToken: string | undefined;
      for (let calls = 0; calls < 10; calls++) {
        const page: GetLogEventsCommandOutput = await client.send(new GetLogEventsCommand({ logGroupName: group, logStreamName: 's', startFromHead: true, limit: 10, ...(nextToken !== undefined && { nextToken }) }));
        found.push(...(page.events ?? []).map(({ message }) => message));
        if (page.nextForwardToken === nextToken) break;
        nextToken = page.nextForwardToken;
      }
      assert.deepEqual(found, Array.from({ length: 25 }, (_, i) => `m${i}`));
    },
  },
  {
    title: 'GetLogEvents: the start of a range is inclusive',
    async run(subject) {
      const { client, group, now } = subject;
      await put(subject, [0, 1, 2].map((i) => ({ timestamp: now + i, message: `m${i}` })));
      const { events = [] } = await client.send(new GetLogEventsCommand({ logGroupName: group, logStreamName: 's', startFromHead: true, startTime: now + 1 }));
      assert.deepEqual(events.map(({ message }) => message), ['m1', 'm2']);
    },
  },
  {
    title: 'GetLogEvents: the end of a range is exclusive',
    difference: 'end time inclusivity',
    async run(subject) {
      const { client, group, now } = subject;
      await put(subject, [0, 1, 2].map((i) => ({ timestamp: now + i, message: `m${i}` })));
      const { events = [] } = await client.send(new GetLogEventsCommand({ logGroupName: group, logStreamName: 's', startFromHead: true, endTime: now + 2 }));
      assert.deepEqual(events.map(({ message }) => message), ['m0', 'm1']);
    },
  },
  {
    title: 'GetLogEvents: a page holds at most 1 MiB',
    difference: 'page size',
    async run(subject) {
      const { client, group, now } = subject;
      for (let i = 0; i < 3; i++) await put(subject, [{ timestamp: now + i, message: 'x'.repeat(400_000) }]);
      const { events = [] } = await client.send(new GetLogEventsCommand({ logGroupName: group, logStreamName: 's', startFromHead: true }));
      assert.equal(events.length, 2);
    },
  },
  {
    title: 'FilterLogEvents: a term and a phrase select, over all streams',
    async run(subject) {
      await subject.client.send(new CreateLogStreamCommand({ logGroupName: subject.group, logStreamName: 't' }));
      await put(subject, [{ timestamp: subject.now, message: 'ERROR one' }, { timestamp: subject.now + 2, message: 'INFO two' }]);
      await put(subject, [{ timestamp: subject.now + 1, message: 'ERROR three' }], 't');
      assert.deepEqual(await filtered(subject, 'ERROR'), ['ERROR one', 'ERROR three']);
      assert.deepEqual(await filtered(subject, '"INFO two"'), ['INFO two']);
    },
  },
  {
    title: 'FilterLogEvents: excluded terms, JSON conditions, fields and regular expressions select',
    difference: 'filter patterns',
    async run(subject) {
      const texts = ['{"level":"error","ms":12}', 'GET /a 404', 'GET /b 200'];
      await put(subject, texts.map((message, i) => ({ timestamp: subject.now + i, message })));
      assert.deepEqual(await filtered(subject, '{ $.level = "error" && $.ms > 10 }'), texts.slice(0, 1));
      assert.deepEqual(await filtered(subject, '[verb, path, status = 4*]'), texts.slice(1, 2));
      assert.deepEqual(await filtered(subject, 'GET -404'), texts.slice(2));
      assert.deepEqual(await filtered(subject, '%/[ab] \\d+%'.replace(' ', '\\s')), texts.slice(1));
    },
  },
  {
    title: 'DescribeLogStreams finds by prefix and shows the time of the last event',
    async run(subject) {
      const { client, group, now } = subject;
      await client.send(new CreateLogStreamCommand({ logGroupName: group, logStreamName: 'prefix-a' }));
      await put(subject, [{ timestamp: now, message: 'a' }], 'prefix-a');
      const { logStreams = [] } = await client.send(new DescribeLogStreamsCommand({ logGroupName: group, logStreamNamePrefix: 'prefix' }));
      assert.deepEqual(logStreams.map(({ logStreamName, lastEventTimestamp }) => [logStreamName, lastEventTimestamp]), [['prefix-a', now]]);
    },
  },
  {
    title: 'retention is set, shown and taken away',
    async run({ client, group }) {
      const shown = async (): Promise<number | undefined> => (await client.send(new DescribeLogGroupsCommand({ logGroupNamePrefix: group }))).logGroups?.[0]?.retentionInDays;
      await client.send(new PutRetentionPolicyCommand({ logGroupName: group, retentionInDays: 7 }));
      assert.equal(await shown(), 7);
      await client.send(new DeleteRetentionPolicyCommand({ logGroupName: group }));
      assert.equal(await shown(), undefined);
    },
  },
  {
    title: 'what is deleted is gone',
    async run(subject) {
      const { client, group, now } = subject;
      await client.send(new DeleteLogStreamCommand({ logGroupName: group, logStreamName: 's' }));
      await assert.rejects(put(subject, [{ timestamp: now, message: 'a' }]), refusal('ResourceNotFoundException', /stream/));
      await client.send(new DeleteLogGroupCommand({ logGroupName: group }));
      await assert.rejects(put(subject, [{ timestamp: now, message: 'a' }]), refusal('ResourceNotFoundException', /group/));
    },
  },
];

/** Creates the group and the stream a statement works in. */
export async function prepare(client: CloudWatchLogsClient, group: string): Promise<Subject> {
  await client.send(new CreateLogGroupCommand({ logGroupName: group }));
  await client.send(new CreateLogStreamCommand({ logGroupName: group, logStreamName: 's' }));
  return { client, group, now: Date.now() };
}
