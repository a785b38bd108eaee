// Statements about the API of Parameter Store, as far as configs need it, made through the official client: the same against any endpoint.
import assert from 'node:assert/strict';
import {
  DeleteParameterCommand, DeleteParametersCommand, GetParameterCommand, GetParametersByPathCommand, LabelParameterVersionCommand, PutParameterCommand,
} from '@aws-sdk/client-ssm';
import type { GetParametersByPathCommandOutput, Parameter, PutParameterCommandInput, SSMClient } from '@aws-sdk/client-ssm';
import type { MotoDifference } from './moto-differences.ts';

export interface ParameterStatement {
  readonly title: string;
  /** What moto does otherwise, if the statement depends on it. */
  readonly difference?: MotoDifference;
  /** `path` is the statement's own, and empty. */
  readonly run: (client: SSMClient, path: string) => Promise<void>;
}

const put = (client: SSMClient, Name: string, Value: string, more: Partial<PutParameterCommandInput> = {}): Promise<{ Version?: number | undefined; Tier?: string | undefined }> =>
  client.send(new PutParameterCommand({ Name, Value, Type: 'String', ...more }));

async function get(client: SSMClient, Name: string, WithDecryption = false): Promise<Parameter> {
  const answer = await client.send(new GetParameterCommand({ Name, WithDecryption }));
  return answer.Parameter ?? {};
}

const refused = (name: string): { readonly name: string } => ({ name });

export const PARAMETER_STATEMENTS: readonly ParameterStatement[] = [
  {
    title: 'each write is a new version, and the latest is read',
    async run(client, path) {
      assert.equal((await put(client, `${path}/a`, 'one')).Version, 1);
      assert.equal((await put(client, `${path}/a`, 'two', { Overwrite: true })).Version, 2);
      const { Name, Value, Version, Type, LastModifiedDate } = await get(client, `${path}/a`);
      assert.deepEqual([Name, Value, Version, Type], [`${path}/a`, 'two', 2, 'String']);
      assert.ok(Math.abs((LastModifiedDate?.getTime() ?? 0) - Date.now()) < 60_000);
    },
  },
  {
    title: 'an existing parameter is only overwritten when that is asked for',
    async run(client, path) {
      await put(client, `${path}/a`, 'one');
      await assert.rejects(put(client, `${path}/a`, 'two'), refused('ParameterAlreadyExists'));
    },
  },
  {
    title: 'a version and a label find their value, and a label that moves finds the new one',
    async run(client, path) {
      for (const value of ['one', 'two']) await put(client, `${path}/a`, value, { Overwrite: true });
      const label = async (version: number): Promise<unknown> => client.send(new LabelParameterVersionCommand({ Name: `${path}/a`, ParameterVersion: version, Labels: ['prod'] }));
      await label(1);
      assert.deepEqual([(await get(client, `${path}/a:1`)).Value, (await get(client, `${path}/a:prod`)).Value], ['one', 'one']);
      await label(2);
      const { Value, Version, Name } = await get(client, `${path}/a:prod`);
      assert.deepEqual([Value, Version, Name], ['two', 2, `${path}/a`]);
    },
  },
  {
    title: 'a parameter that is not there, and a version that it never had, are told apart',
    async run(client, path) {
      await put(client, `${path}/a`, 'one');
      await assert.rejects(get(client, `${path}/none`), refused('ParameterNotFound'));
      await assert.rejects(get(client, `${path}/a:9`), refused('ParameterVersionNotFound'));
    },
  },
  {
    title: 'a label that no version has is a version that is not there',
    difference: 'unknown label',
    async run(client, path) {
      await put(client, `${path}/a`, 'one');
      await assert.rejects(get(client, `${path}/a:none`), refused('ParameterVersionNotFound'));
    },
  },
  {
    title: 'a SecureString is readable with decryption alone, and its version without',
    async run(client, path) {
      await put(client, `${path}/a`, 'secret', { Type: 'SecureString' });
      assert.equal((await get(client, `${path}/a`, true)).Value, 'secret');
      const { Value, Version, Type } = await get(client, `${path}/a`);
      assert.notEqual(Value, 'secret');
      assert.deepEqual([Version, Type], [1, 'SecureString']);
    },
  },
  {
    title: 'all parameters below a path come in pages of ten at most, those beside it never',
    async run(client, path) {
      const names = Array.from({ length: 23 }, (_, index) => `${path}/${index % 2 === 0 ? 'even/' : ''}${String(index).padStart(2, '0')}`);
      for (const name of names) await put(client, name, 'x');
      await put(client, `${path}-beside`, 'x');
      const found: string[] = [];
      let NextToken: string | undefined;
      do {
        const page: GetParametersByPathCommandOutput = await client.send(new GetParametersByPathCommand({ Path: path, Recursive: true, MaxResults: 10, ...(NextToken === undefined ? {} : { NextToken }) }));
        assert.ok((page.Parameters ?? []).length <= 10);
        found.push(...(page.Parameters ?? []).map(({ Name }) => Name ?? ''));
        NextToken = page.NextToken;
      } while (NextToken !== undefined);
      assert.deepEqual(new Set(found), new Set(names));
      assert.equal(found.length, names.length);
    },
  },
  {
    title: 'without recursion only what lies directly below a path is found',
    async run(client, path) {
      await put(client, `${path}/a`, 'x');
      await put(client, `${path}/b/c`, 'x');
      const { Parameters = [] } = await client.send(new GetParametersByPathCommand({ Path: path }));
      assert.deepEqual(Parameters.map(({ Name }) => Name), [`${path}/a`]);
    },
  },
  {
    title: 'deleting says which names there were',
    async run(client, path) {
      await put(client, `${path}/a`, 'x');
      const { DeletedParameters, InvalidParameters } = await client.send(new DeleteParametersCommand({ Names: [`${path}/a`, `${path}/b`] }));
      assert.deepEqual([DeletedParameters, InvalidParameters], [[`${path}/a`], [`${path}/b`]]);
      await assert.rejects(client.send(new DeleteParameterCommand({ Name: `${path}/a` })), refused('ParameterNotFound'));
    },
  },
  {
    title: 'a deleted parameter begins again with version 1',
    async run(client, path) {
      for (const value of ['one', 'two']) await put(client, `${path}/a`, value, { Overwrite: true });
      await client.send(new DeleteParameterCommand({ Name: `${path}/a` }));
      assert.equal((await put(client, `${path}/a`, 'x')).Version, 1);
    },
  },
  {
    title: 'the standard tier holds 4,096 bytes, the advanced one 8,192, counted in UTF-8',
    difference: 'parameter sizes unchecked',
    async run(client, path) {
      await put(client, `${path}/a`, 'x'.repeat(4096));
      await assert.rejects(put(client, `${path}/b`, 'é'.repeat(2049), { Tier: 'Standard' }), refused('ValidationException'));
      await put(client, `${path}/c`, 'x'.repeat(8192), { Tier: 'Advanced' });
      await assert.rejects(put(client, `${path}/d`, 'x'.repeat(8193), { Tier: 'Advanced' }), refused('ValidationException'));
    },
  },
  {
    title: 'intelligent tiering takes the standard tier as long as it holds the value, and stays advanced',
    difference: 'parameter tiers unchosen',
    async run(client, path) {
      const tierOf = async (bytes: number): Promise<string | undefined> => (await put(client, `${path}/a`, 'x'.repeat(bytes), { Tier: 'Intelligent-Tiering', Overwrite: true })).Tier;
      assert.deepEqual([await tierOf(4096), await tierOf(4097), await tierOf(1)], ['Standard', 'Advanced', 'Advanced']);
    },
  },
];
