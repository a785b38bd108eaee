// Parameter Store on this machine, as the agent and as an administrator reach it.
import { DeleteParameterCommand, LabelParameterVersionCommand, PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import type { TestContext } from 'node:test';
import { startEndpoint } from '../../src/local-endpoint/server.ts';
import type { EndpointOptions, RunningEndpoint } from '../../src/local-endpoint/server.ts';
import { atEnd } from './at-end.ts';
import { TEST_ENV } from './rig.ts';

export interface ParameterRig {
  readonly endpoint: RunningEndpoint;
  /** The environment of an agent that finds it. */
  readonly env: Readonly<Record<string, string>>;
  readonly put: (name: string, value: string, more?: { readonly type?: 'String' | 'SecureString'; readonly tier?: 'Standard' | 'Advanced' }) => Promise<void>;
  readonly remove: (name: string) => Promise<void>;
  readonly label: (name: string, version: number, label: string) => Promise<void>;
}

export async function startParameters(t: TestContext, options?: EndpointOptions): Promise<ParameterRig> {
  const endpoint = await startEndpoint(options);
  const client = new SSMClient({ region: 'us-east-1', endpoint: endpoint.url, credentials: { accessKeyId: 'admin', secretAccessKey: 'admin' } });
  atEnd(t, async () => {
    client.destroy();
    await endpoint.close();
  });
  return {
    endpoint,
    env: { ...TEST_ENV, AWS_ENDPOINT_URL: endpoint.url, AWS_REGION: 'us-east-1' },
    put: async (name, value, { type = 'String', tier = 'Standard' } = {}) => { await client.send(new PutParameterCommand({ Name: name, Value: value, Type: type, Tier: tier, Overwrite: true })); },
    remove: async (name) => { await client.send(new DeleteParameterCommand({ Name: name })); },
    label: async (name, version, label) => { await client.send(new LabelParameterVersionCommand({ Name: name, ParameterVersion: version, Labels: [label] })); },
  };
}
