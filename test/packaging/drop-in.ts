// The installed agent in the place of a CloudWatch agent, with the real systemd: the black boxes of test/conformance.
import { PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { startEndpoint } from '../../src/local-endpoint/server.ts';
import type { Container } from './container.ts';

const conformance = join(import.meta.dirname, '../conformance');
const PARAMETERS = { 'AmazonCloudWatch-first': 'mem', 'AmazonCloudWatch-second': 'swap' } as const;
const KEYS = { AWS_ACCESS_KEY_ID: 'x', AWS_SECRET_ACCESS_KEY: 'y', AWS_EC2_METADATA_DISABLED: 'true', AWS_REGION: 'us-east-1' } as const;

/** Installs the package and runs both black boxes; prints what they say. @returns which of them failed. */
export async function standIn(container: Container, deb: string): Promise<readonly string[]> {
  await using endpoint = await startEndpoint();
  const client = new SSMClient({ region: 'us-east-1', endpoint: endpoint.url, credentials: { accessKeyId: 'admin', secretAccessKey: 'admin' } });
  for (const [name, plugin] of Object.entries(PARAMETERS)) {
    await client.send(new PutParameterCommand({ Name: name, Type: 'String', Value: JSON.stringify({ metrics: { metrics_collected: { [plugin]: { measurement: ['used_percent'] } } } }) }));
  }
  client.destroy();
  await container.must(['dpkg', '--install', deb]);
  const environment = { ...KEYS, AWS_ENDPOINT_URL: endpoint.url };
  await container.write('/etc/default/unified-agent', Object.entries(environment).map(([name, value]) => `${name}=${value}\n`).join(''), '0600');
  const failures: string[] = [];
  const box = async (script: string, more: Readonly<Record<string, string>>): Promise<void> => {
    const words = Object.entries({ ...environment, ...more }).map(([name, value]) => `${name}=${value}`);
    const { code, out, err } = await container.run(['env', ...words, 'sh', '-s'], readFileSync(join(conformance, script), 'utf8'));
    console.log(`== ${script}\n${out}${err}`);
    if (code !== 0) failures.push(`${script} ends with ${code}`);
  };
  await box('takeover.sh', {});
  await container.must(['agent', 'compat', 'install']);
  await box('ctl.sh', { PARAMETERS: Object.keys(PARAMETERS).join(' ') });
  await container.must(['dpkg', '--purge', 'unified-agent']);
  const left = (await container.run(['sh', '-c', 'ls -d /opt/aws/amazon-cloudwatch-agent/bin /usr/bin/amazon-cloudwatch-agent-ctl /etc/systemd/system/amazon-cloudwatch-agent.service 2>/dev/null'])).out.trim();
  if (left !== '') failures.push(`purge leaves ${left.replaceAll('\n', ', ')}`);
  return failures;
}
