import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { startEndpoint } from '../../src/local-endpoint/server.ts';
import { startMoto } from '../support/moto.ts';
import { METRIC_STATEMENTS } from './put-metric-data.ts';

const SERVERS = [
  ['the local endpoint', async () => startEndpoint()],
  ['an independent server', startMoto],
] as const;

for (const [name, start] of SERVERS) {
  suite(`metrics as they are delivered are read back from ${name}`, () => {
    let server: { readonly url: string; close(): Promise<void> } | null = null;
    let client: CloudWatchClient | null = null;

    before(async () => {
      server = await start();
      client = new CloudWatchClient({ region: 'us-east-1', endpoint: server.url, credentials: { accessKeyId: 'test', secretAccessKey: 'test' } });
    });
    after(async () => {
      client?.destroy();
      await server?.close();
    });

    for (const { title, run } of METRIC_STATEMENTS) {
      test(title, async () => {
        assert.ok(server !== null && client !== null);
        await run({ url: server.url, client });
      });
    }
  });
}
