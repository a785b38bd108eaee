import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CloudWatchLogsClient, CreateLogGroupCommand, CreateLogStreamCommand, GetLogEventsCommand, PutLogEventsCommand, ResourceNotFoundException } from '@aws-sdk/client-cloudwatch-logs';
import { startMoto } from '../support/moto.ts';

test('the second endpoint runs: it stores what PutLogEvents sends, and says that a missing group is missing', async () => {
  const moto = await startMoto();
  const client = new CloudWatchLogsClient({ region: 'us-east-1', endpoint: moto.url, credentials: { accessKeyId: 'test', secretAccessKey: 'test' } });
  try {
    const place = { logGroupName: '/conformance', logStreamName: 'one' };
    const logEvents = [{ timestamp: Date.now(), message: 'first' }, { timestamp: Date.now(), message: 'second' }];
    await assert.rejects(client.send(new PutLogEventsCommand({ ...place, logEvents })), ResourceNotFoundException);
    await client.send(new CreateLogGroupCommand(place));
    await client.send(new CreateLogStreamCommand(place));
    await client.send(new PutLogEventsCommand({ ...place, logEvents }));
    const { events } = await client.send(new GetLogEventsCommand({ ...place, startFromHead: true }));
    assert.deepEqual(events?.map(({ message }) => message), ['first', 'second']);
  } finally {
    client.destroy();
    await moto.close();
  }
});
