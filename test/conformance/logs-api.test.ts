import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { startMoto } from '../support/moto.ts';
import type { Moto } from '../support/moto.ts';
import { STATEMENTS, prepare } from './logs-api.ts';
import { MOTO_DIFFERENCES } from './moto-differences.ts';

suite('the statements about the Logs API hold for an independent server', () => {
  let moto: Moto | null = null;
  let client: CloudWatchLogsClient | null = null;

  before(async () => {
    moto = await startMoto();
    client = new CloudWatchLogsClient({ region: 'us-east-1', endpoint: moto.url, credentials: { accessKeyId: 'test', secretAccessKey: 'test' } });
  });
  after(async () => {
    client?.destroy();
    await moto?.close();
  });

  for (const [i, { title, difference, run }] of STATEMENTS.entries()) {
    test(difference === undefined ? title : `moto still differs (it ${MOTO_DIFFERENCES[difference]}): ${title}`, async () => {
      assert.ok(client !== null);
      const subject = await prepare(client, `/conformance/${i}`);
      if (difference === undefined) await run(subject);
      else await assert.rejects(run(subject), { code: 'ERR_ASSERTION' }, `moto no longer differs in: ${difference}; take the mark off this statement`);
    });
  }
});
