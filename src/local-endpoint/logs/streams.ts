import type { Call, Operations } from '../call.ts';
import { invalidParameter } from '../service-error.ts';
import { Shape } from '../wire/shape.ts';
import { groupArn } from './groups.ts';
import { MAX_DESCRIBED } from './limits.ts';
import { groupName, groupNameOrIdentifier, optionalStreamName, streamName } from './names.ts';
import type { LogStore } from './store.ts';
import type { LogStream } from './stream.ts';
import { issueToken, redeemToken } from '../wire/token.ts';

function described(stream: LogStream, call: Call): object {
  return {
    logStreamName: stream.name,
    creationTime: stream.creationTime,
    ...(stream.firstEventTimestamp !== null && { firstEventTimestamp: stream.firstEventTimestamp }),
    ...(stream.lastEventTimestamp !== null && { lastEventTimestamp: stream.lastEventTimestamp }),
    ...(stream.lastIngestionTime !== null && { lastIngestionTime: stream.lastIngestionTime }),
    uploadSequenceToken: `49${'0'.repeat(54)}`,
    arn: `${groupArn(stream.group, call)}:log-stream:${stream.name}`,
    // The service has answered 0 here since 2019.
    storedBytes: 0,
  };
}

function ascii(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

/** CreateLogStream, DeleteLogStream, DescribeLogStreams. */
export function streamOperations(store: LogStore): Operations {
  return {
    CreateLogStream(input, call) {
      const shape = new Shape(input);
      const group = groupName(shape);
      const stream = streamName(shape);
      shape.check();
      store.createStream(group, stream, call.now);
      return {};
    },

    DeleteLogStream(input) {
      const shape = new Shape(input);
      const group = groupName(shape);
      const stream = streamName(shape);
      shape.check();
      store.deleteStream(group, stream);
      return {};
    },

    DescribeLogStreams(input, call) {
      const shape = new Shape(input);
      const group = groupNameOrIdentifier(shape);
      const limit = shape.integer('limit', { min: 1, max: MAX_DESCRIBED }) ?? MAX_DESCRIBED;
      const prefix = optionalStreamName(shape, 'logStreamNamePrefix');
      const orderBy = shape.string('orderBy', { oneOf: ['LogStreamName', 'LastEventTime'] }) ?? 'LogStreamName';
      const descending = shape.boolean('descending') ?? false;
      const token = shape.string('nextToken', { min: 1 });
      shape.check();
      if (orderBy === 'LastEventTime' && prefix !== undefined) throw invalidParameter('Cannot order by LastEventTime with a logStreamNamePrefix.');
      const byTime = orderBy === 'LastEventTime';
      const sign = descending ? -1 : 1;
      const compare = (a: LogStream, b: LogStream): number => sign * ((byTime ? (a.lastEventTimestamp ?? 0) - (b.lastEventTimestamp ?? 0) : 0) || ascii(a.name, b.name));
      const matching = [...store.group(group).streams.values()].filter((stream) => stream.name.startsWith(prefix ?? '')).sort(compare);
      const purpose = `streams ${group} ${prefix ?? ''} ${orderBy} ${descending}`;
      const start = token === undefined ? 0 : Number(redeemToken(token, purpose, call.now));
      return {
        logStreams: matching.slice(start, start + limit).map((stream) => described(stream, call)),
        ...(matching.length > start + limit && { nextToken: issueToken(String(start + limit), purpose, call.now) }),
      };
    },
  };
}
