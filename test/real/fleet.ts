// node test/real/fleet.ts [--hosts 20] [--poll 5] [--moto] [--agent FILE]
// Many agents share one parameter. A change must be everywhere within two poll intervals and lose or double no line; a version
// with errors must be taken by none; one under which nothing can be delivered must be taken back by each; and while Parameter
// Store is down agents must start from their copies. Exit 1 otherwise.
import { appendFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { CloudWatchLogsClient, GetLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { builtAgent } from '../../scripts/built-agent.ts';
import type { ConfigStatus } from '../../src/control/status-document.ts';
import { startEndpoint } from '../../src/local-endpoint/server.ts';
import { startMoto } from '../support/moto.ts';
import { until } from '../support/rig.ts';
import { AgentProcess } from './agent-process.ts';

const NAME = 'AmazonCloudWatch-fleet';
/** Nobody listens there. */
const NOWHERE = 'http://127.0.0.1:9';
const WRITE_EVERY_MS = 200;
const ASK_MS = 200;

interface Host { readonly name: string; readonly folder: string; readonly log: string; written: number; agent: AgentProcess }

async function fleet(count: number, poll: number, moto: boolean, bundle: string, root: string): Promise<boolean> {
  await using cleanup = new AsyncDisposableStack();
  const server = moto ? await startMoto() : await startEndpoint();
  cleanup.defer(() => server.close());
  const account = { region: 'us-east-1', endpoint: server.url, credentials: { accessKeyId: 'admin', secretAccessKey: 'admin' } };
  const ssm = new SSMClient(account);
  const logs = new CloudWatchLogsClient(account);
  cleanup.defer(() => { ssm.destroy(); logs.destroy(); });
  const config = (group: string, url = server.url): string => JSON.stringify({
    agent: { region: 'us-east-1', config_poll_interval: poll, rollout: { watch: 12 } },
    logs: { endpoint_override: url, force_flush_interval: 0.2, logs_collected: { files: { collect_list: [{ file_path: '${LOG}', log_group_name: group, log_stream_name: '${HOST}' }] } } },
  });
  const publish = async (value: string): Promise<number> => (await ssm.send(new PutParameterCommand({ Name: NAME, Value: value, Type: 'String', Overwrite: true }))).Version!;
  const start = (host: Pick<Host, 'name' | 'folder' | 'log'>, store: string): AgentProcess =>
    new AgentProcess({ bundle, folder: host.folder, url: server.url, entries: [], sources: [`ssm:${NAME}`], env: { AWS_ENDPOINT_URL_SSM: store, AWS_REGION: 'us-east-1', LOG: host.log, HOST: host.name } });

  await publish(config('one'));
  const hosts: Host[] = [];
  cleanup.defer(async () => { await Promise.all(hosts.map((host) => host.agent.stop())); });
  for (let i = 0; i < count; i++) {
    const name = `host-${String(i).padStart(3, '0')}`;
    const folder = join(root, name);
    mkdirSync(folder);
    const host = { name, folder, log: join(folder, 'app.log') };
    hosts.push({ ...host, written: 0, agent: start(host, server.url) });
  }
  await Promise.all(hosts.map((host) => host.agent.started()));
  const writing = setInterval(() => { for (const host of hosts) appendFileSync(host.log, `${host.name} line ${host.written++}\n`); }, WRITE_EVERY_MS);
  cleanup.defer(() => clearInterval(writing));

  const states = (): Promise<readonly ConfigStatus[]> => Promise.all(hosts.map(async (host) => (await host.agent.status())!.config));
  /** Seconds until the condition holds for each host; null when it never did. */
  const allWithin = async (seconds: number, holds: (state: ConfigStatus) => boolean): Promise<number | null> => {
    const began = performance.now();
    for (;;) {
      if ((await states()).every(holds)) return (performance.now() - began) / 1_000;
      if (performance.now() - began > seconds * 1_000) return null;
      await delay(ASK_MS);
    }
  };
  const runs = (version: number) => (state: ConfigStatus): boolean => state.version === `${NAME} version ${version}`;
  const faults: string[] = [];
  const expect = (what: string, seconds: number | null): void => {
    console.log(`${what}: ${seconds === null ? 'NO' : `${seconds.toFixed(1)} s`}`);
    if (seconds === null) faults.push(what);
  };

  const second = await publish(config('two'));
  expect(`${count} hosts run a new version within two poll intervals of ${poll} s`, await allWithin(2 * poll, runs(second)));
  expect('and have found it good', await allWithin(30, (state) => state.watchedUntil === null));
  const wrong = await publish(config('not a : group'));
  expect('a version with errors is refused by every host', await allWithin(3 * poll, (state) => state.refused?.version === `${NAME} version ${wrong}`));
  expect('and taken by none', await allWithin(0, runs(second)));
  const broken = await publish(config('two', NOWHERE));
  expect('a version that delivers nowhere is taken', await allWithin(3 * poll, runs(broken)));
  expect('and taken back by every host', await allWithin(60, (state) => runs(second)(state) && state.rollbacks === 1));
  await Promise.all(hosts.map((host) => host.agent.stop()));
  for (const host of hosts) host.agent = start(host, NOWHERE);
  await Promise.all(hosts.map((host) => host.agent.started()));
  expect('every host starts from its copy while Parameter Store is down', await allWithin(60, (state) => runs(second)(state) && state.unreachable !== null));
  clearInterval(writing);
  await until('everything to be acknowledged', async () => (await Promise.all(hosts.map(async (host) => (await host.agent.status())!.files))).every(({ list }) => list.every(({ lagBytes }) => lagBytes === 0)));
  await Promise.all(hosts.map((host) => host.agent.stop()));
  const stored = async (group: string, host: Host): Promise<readonly string[]> => {
    const messages: string[] = [];
    for (let token: string | undefined; ;) {
      const page = await logs.send(new GetLogEventsCommand({ logGroupName: group, logStreamName: host.name, startFromHead: true, ...(token === undefined ? {} : { nextToken: token }) })).catch(() => null);
      messages.push(...(page?.events ?? []).map(({ message }) => message ?? ''));
      if (page === null || page.nextForwardToken === token) return messages;
      token = page.nextForwardToken;
    }
  };
  let wrongHosts = 0;
  for (const host of hosts) {
    const arrived = [...await stored('one', host), ...await stored('two', host)];
    if (arrived.length !== host.written || arrived.some((line, i) => line !== `${host.name} line ${i}`)) wrongHosts++;
  }
  console.log(`lines written ${hosts.reduce((sum, host) => sum + host.written, 0)}; hosts with a line lost, doubled or out of order: ${wrongHosts}`);
  if (wrongHosts > 0) faults.push(`${wrongHosts} hosts`);
  for (const fault of faults) console.log(`FAIL ${fault}`);
  if (faults.length > 0) console.log(hosts[0]!.agent.said());
  else console.log('ok');
  return faults.length === 0;
}

const { values } = parseArgs({ options: { hosts: { type: 'string', default: '20' }, poll: { type: 'string', default: '5' }, moto: { type: 'boolean', default: false }, agent: { type: 'string' } } });
const root = mkdtempSync(join(tmpdir(), 'real-fleet-'));
try {
  if (!(await fleet(Number(values.hosts), Number(values.poll), values.moto, values.agent ?? await builtAgent(), root))) process.exitCode = 1;
} finally {
  rmSync(root, { recursive: true, force: true });
}
