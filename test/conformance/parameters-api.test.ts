import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { SSMClient } from '@aws-sdk/client-ssm';
import { startMoto } from '../support/moto.ts';
import type { Moto } from '../support/moto.ts';
import { MOTO_DIFFERENCES } from './moto-differences.ts';
import { PARAMETER_STATEMENTS } from './parameters-api.ts';

suite('the statements about Parameter Store hold for an independent server', () => {
  let moto: Moto | null = null;
  let client: SSMClient | null = null;

  before(async () => {
    moto = await startMoto();
    client = new SSMClient({ region: 'us-east-1', endpoint: moto.url, credentials: { accessKeyId: 'test', secretAccessKey: 'test' } });
  });
  after(async () => {
    client?.destroy();
    await moto?.close();
  });

  for (const [i, { title, difference, run }] of PARAMETER_STATEMENTS.entries()) {
    test(difference === undefined ? title : `moto still differs (it ${MOTO_DIFFERENCES[difference]}): ${title}`, async () => {
      assert.ok(client !== null);
      if (difference === undefined) await run(client, `/conformance/${i}`);
      else await assert.rejects(run(client, `/conformance/${i}`), { code: 'ERR_ASSERTION' }, `moto no longer differs in: ${difference}; take the mark off this statement`);
    });
  }
});
