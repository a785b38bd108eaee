import { suite, test } from 'node:test';
import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { startEndpoint } from '../../src/local-endpoint/server.ts';
import { STATEMENTS, prepare } from '../conformance/logs-api.ts';

suite('the local endpoint answers the official client as CloudWatch Logs does', () => {
  const keys = { accessKeyId: 'AKIDLOCAL', secretAccessKey: 'secret' };
  for (const [i, { title, run }] of STATEMENTS.entries()) {
    test(title, async () => {
      await using endpoint = await startEndpoint({ verifySignatures: keys });
      const client = new CloudWatchLogsClient({ region: 'us-east-1', endpoint: endpoint.url, credentials: keys });
      try {
        await run(await prepare(client, `/conformance/${i}`));
      } finally {
        client.destroy();
      }
    });
  }
});
