import { suite, test } from 'node:test';
import { SSMClient } from '@aws-sdk/client-ssm';
import { startEndpoint } from '../../src/local-endpoint/server.ts';
import { PARAMETER_STATEMENTS } from '../conformance/parameters-api.ts';

suite('the local endpoint answers the official client as Parameter Store does', () => {
  const keys = { accessKeyId: 'AKIDLOCAL', secretAccessKey: 'secret' };
  for (const { title, run } of PARAMETER_STATEMENTS) {
    test(title, async () => {
      await using endpoint = await startEndpoint({ verifySignatures: keys });
      const client = new SSMClient({ region: 'us-east-1', endpoint: endpoint.url, credentials: keys });
      try {
        await run(client, '/conformance');
      } finally {
        client.destroy();
      }
    });
  }
});
