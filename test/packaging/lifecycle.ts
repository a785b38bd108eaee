// The life of an installed agent, from the first `dpkg --install` to purge, while files, journal and metrics go on. Runs in the
// container's network: the endpoint here is 127.0.0.1 there.
import { PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { setTimeout as delay } from 'node:timers/promises';
import { startEndpoint } from '../../src/local-endpoint/server.ts';
import type { RunningEndpoint } from '../../src/local-endpoint/server.ts';
import { until } from '../support/rig.ts';
import { arrivedIn } from './arrived.ts';
import type { Arrived } from './arrived.ts';
import type { Container } from './container.ts';
import { JOURNAL_UNIT, LINES_PER_S, LOGS, startRotation, startWriters, stopWriters } from './writers.ts';

export interface Packages {
  /** Paths in the container: what is installed first, and a later version of it. */
  readonly first: string;
  readonly later: string;
}

const UNIT = 'unified-agent.service';
const PARAMETER = 'AmazonCloudWatch-booted';
const PHASE_MS = 4_000;
const METRICS_S = 1;
/** How often a condition is looked at: each look starts a program. */
const LOOK_MS = 200;
/** A start, the watchdog's patience and systemd's own. */
const WAIT_MS = 120_000;
/** What a folder of its own, a user or a unit of the agent would be called. */
const OURS = /unified-agent|\/usr\/bin\/agent$/;
/** The system's own records, which grow while anything runs, and what the scenario itself puts there. */
const NOT_COMPARED = /^\/(?:proc|sys|dev|run|tmp|var\/tmp|srv\/writers|var\/log\/(?:app|journal|dpkg\.log|apt|alternatives\.log)|var\/lib\/(?:dpkg\/(?!info\/|alternatives\/)|apt|systemd\/(?!deb-systemd)|logrotate)|var\/cache|etc\/(?:passwd|group|shadow|gshadow|subuid|subgid)-?|etc\/(?:logrotate\.d|systemd\/system)\/(?:[a-z]+-writer\.service|logrotate\.timer\.d.*|created|dated))(?:\/|$)/;

const collect = (url: string): unknown => ({
  agent: { region: 'us-east-1', metrics_collection_interval: METRICS_S },
  logs: {
    endpoint_override: url, force_flush_interval: 1,
    logs_collected: {
      files: { collect_list: LOGS.map(({ name, path }) => ({ file_path: path, log_group_name: name, log_stream_name: name })) },
      journald: { collect_list: [{ log_group_name: 'journal', log_stream_name: 'journal', units: [JOURNAL_UNIT], initial_position: 'start' }] },
    },
  },
  metrics: { endpoint_override: url, force_flush_interval: 1, metrics_collected: { mem: { measurement: ['used_percent'] }, cpu: { measurement: ['usage_idle'], totalcpu: true } } },
});

/** One line a step, with the seconds since the beginning. */
const began = performance.now();
const say = (text: string): void => { console.log(`${((performance.now() - began) / 1_000).toFixed(1).padStart(6)} s  ${text}`); };

class Life {
  readonly #container: Container;
  readonly #arrived: ReadonlyMap<string, Arrived>;
  readonly failures: string[] = [];

  constructor(container: Container, arrived: ReadonlyMap<string, Arrived>) {
    this.#container = container;
    this.#arrived = arrived;
  }

  expect(what: string, holds: boolean): void {
    say(`${holds ? 'ok  ' : 'FAIL'}  ${what}`);
    if (!holds) this.failures.push(what);
  }

  async property(name: string): Promise<string> { return (await this.#container.must(['systemctl', 'show', '--value', `--property=${name}`, UNIT])).trim(); }

  async eventually(what: string, holds: () => Promise<boolean> | boolean): Promise<void> {
    const from = performance.now();
    try {
      await until(what, async () => { await delay(LOOK_MS); return holds(); }, WAIT_MS);
      this.expect(`${what}, after ${((performance.now() - from) / 1_000).toFixed(1)} s`, true);
    } catch {
      this.expect(what, false);
      console.log((await this.#container.run(['journalctl', '--no-pager', '--lines=40', `--unit=${UNIT}`])).out);
      console.log((await this.#container.run(['systemctl', 'status', '--no-pager', UNIT])).out);
    }
  }

  /** Of the last start, as systemd measured it. */
  async readyMs(): Promise<number> { return Math.round((Number(await this.property('ActiveEnterTimestampMonotonic')) - Number(await this.property('ExecMainStartTimestampMonotonic'))) / 1_000); }

  /** Resident memory of the process, MiB. */
  async residentMiB(): Promise<number> { return Number(/VmRSS:\s+(\d+)/.exec(await this.#container.must(['cat', `/proc/${await this.property('MainPID')}/status`]))![1]) / 1_024; }

  active(): Promise<void> { return this.eventually(`${UNIT} is active`, async () => await this.property('ActiveState') === 'active'); }

  /** What is written from now on comes: of every source, more than a second's worth. */
  async shipping(): Promise<void> {
    const before = new Map([...this.#arrived].map(([group, { seen }]) => [group, seen]));
    await this.eventually(`what is written arrives (${[...before.keys()].join(', ')})`, () => [...this.#arrived].every(([group, { seen }]) => seen > before.get(group)! + LINES_PER_S));
  }

  again(): string { return [...this.#arrived].map(([group, arrived]) => `${group} ${arrived.again}`).join(', '); }
}

const files = async (container: Container): Promise<ReadonlySet<string>> => new Set((await container.run(['find', '/', '-xdev', '-print'])).out.split('\n').filter((path) => path !== '' && !NOT_COMPARED.test(path)));

async function users(container: Container): Promise<string> { return (await container.run(['getent', 'passwd', 'unified-agent'])).out + (await container.run(['getent', 'group', 'unified-agent'])).out; }

async function putConfig(url: string): Promise<void> {
  const client = new SSMClient({ region: 'us-east-1', endpoint: url, credentials: { accessKeyId: 'admin', secretAccessKey: 'admin' } });
  await client.send(new PutParameterCommand({ Name: PARAMETER, Value: JSON.stringify(collect(url)), Type: 'String', Overwrite: true }));
  client.destroy();
}

const dpkg = (container: Container, ...words: readonly string[]): Promise<string> => container.must(['env', 'DEBIAN_FRONTEND=noninteractive', 'dpkg', '--force-confold', ...words]);

/** Samples of a series that are missing between its first and its last: the agent was down, or they were lost. */
function missingSamples(endpoint: RunningEndpoint, metric: string): { readonly samples: number; readonly longestGapS: number } {
  const times = endpoint.metrics.metrics().filter(({ name }) => name === metric).flatMap(({ datums }) => datums.map(({ timestamp }) => timestamp)).sort((a, b) => a - b);
  return { samples: times.length, longestGapS: times.reduce((most, time, i) => Math.max(most, i === 0 ? 0 : (time - times[i - 1]!) / 1_000), 0) };
}

/** Runs the whole life and prints each step. @returns what did not hold. */
export async function live(container: Container, packages: Packages): Promise<readonly string[]> {
  await using endpoint = await startEndpoint();
  const arrived = arrivedIn(endpoint, [...LOGS.map(({ name }) => name), 'journal']);
  const life = new Life(container, arrived);
  await putConfig(endpoint.url);
  const before = await files(container);
  await startWriters(container);
  say('writers run');

  await dpkg(container, '--install', packages.first);
  life.expect('installed without a config the service does not run', await life.property('ActiveState') !== 'active');
  const bare = await container.run(['systemctl', 'start', UNIT]);
  life.expect('started without a config it fails at once, and says what to do', bare.code !== 0 && /config/.test((await container.run(['journalctl', '--no-pager', `--unit=${UNIT}`])).out));
  await container.run(['systemctl', 'reset-failed', UNIT]);

  await container.write('/etc/default/unified-agent', `AWS_ACCESS_KEY_ID=x\nAWS_SECRET_ACCESS_KEY=y\nAWS_EC2_METADATA_DISABLED=true\nAWS_ENDPOINT_URL=${endpoint.url}\nAWS_REGION=us-east-1\n`, '0600');
  const credentials = { AWS_ACCESS_KEY_ID: 'x', AWS_SECRET_ACCESS_KEY: 'y', AWS_EC2_METADATA_DISABLED: 'true', AWS_ENDPOINT_URL: endpoint.url, AWS_REGION: 'us-east-1' };
  await container.must(['env', ...Object.entries(credentials).map(([name, value]) => `${name}=${value}`), 'agent', 'config', 'fetch', `ssm:${PARAMETER}`, '--output', '/etc/unified-agent/agent.json']);
  await container.must(['systemctl', 'enable', '--now', UNIT]);
  await life.active();
  life.expect('it runs as its own user', (await container.must(['ps', '-o', 'user:32=', '-p', await life.property('MainPID')])).trim() === 'unified-agent');
  await life.shipping();
  await startRotation(container);
  say('logrotate\'s timer fires every 15 s');
  say((await container.must(['systemctl', 'status', '--no-pager', '--lines=0', UNIT])).trim());
  await delay(PHASE_MS);

  const first = await life.property('MainPID');
  await container.must(['systemctl', 'reload', UNIT]);
  life.expect('reload keeps the process', await life.property('MainPID') === first);

  await dpkg(container, '--install', packages.later);
  await life.active();
  life.expect('the upgrade runs as a new process', await life.property('MainPID') !== first);
  await life.shipping();

  await container.must(['systemctl', 'stop', UNIT]);
  life.expect('stopped, its result is success', await life.property('Result') === 'success');
  await delay(PHASE_MS);
  await container.must(['systemctl', 'start', UNIT]);
  say(`from start to READY: ${await life.readyMs()} ms`);
  await life.shipping();
  life.expect(`upgrade, reload, stop and start deliver nothing twice (${life.again()})`, [...arrived.values()].every(({ again }) => again === 0));

  const running = await life.property('MainPID');
  await container.must(['systemctl', 'kill', '--signal=KILL', '--kill-whom=main', UNIT]);
  await life.eventually('systemd starts it again after SIGKILL', async () => !['0', running].includes(await life.property('MainPID')) && await life.property('ActiveState') === 'active');
  await life.shipping();

  const stuck = await life.property('MainPID');
  say(`memory under ${3 * LINES_PER_S} lines a second: ${(await life.residentMiB()).toFixed(1)} MiB`);
  await container.must(['kill', '-STOP', stuck]);
  await life.eventually('the watchdog ends a process that stands still (SIGSTOP)', async () => !['0', stuck].includes(await life.property('MainPID')) && await life.property('ActiveState') === 'active');
  await life.shipping();

  await dpkg(container, '--remove', 'unified-agent');
  const { code } = await container.run(['test', '-e', '/etc/unified-agent/agent.json', '-a', '-d', '/var/lib/unified-agent']);
  life.expect('removed, config and state are kept', code === 0);
  life.expect('removed, no process of it is left', (await container.run(['pgrep', '--uid', 'unified-agent'])).out === '');
  await delay(PHASE_MS);
  await dpkg(container, '--install', packages.later);
  await container.run(['systemctl', 'start', UNIT]);
  await life.shipping();

  const written = await stopWriters(container);
  for (const [name, count] of written) {
    await life.eventually(`all ${count} of ${name} arrive`, () => arrived.get(name)!.missing(count).length === 0);
    const missing = arrived.get(name)!.missing(count);
    if (missing.length > 0) say(`      missing of ${name}: ${missing.slice(0, 10).join(', ')}${missing.length > 10 ? ' …' : ''}`);
  }
  say(`      twice: ${life.again()} (what was in flight at SIGKILL and at the watchdog's end)`);
  for (const metric of ['mem_used_percent', 'cpu_usage_idle']) {
    const { samples, longestGapS } = missingSamples(endpoint, metric);
    life.expect(`${metric}: ${samples} samples, longest gap ${longestGapS} s`, samples > 0);
  }
  const rotated = (await container.must(['sh', '-c', 'ls /var/log/app'])).trim().split('\n');
  life.expect(`logrotate's own timer rotated (${rotated.length} files)`, rotated.length > LOGS.length * 2);

  await dpkg(container, '--purge', 'unified-agent');
  const left = [...await files(container)].filter((path) => !before.has(path));
  life.expect(`purge leaves no file behind${left.length === 0 ? '' : `: ${left.slice(0, 20).join(' ')}`}`, left.length === 0);
  life.expect('purge leaves no user behind', await users(container) === '');
  const units = (await container.run(['systemctl', 'list-units', '--all', '--no-legend', 'unified-agent*'])).out.trim();
  life.expect(`purge leaves no unit behind${units === '' ? '' : `: ${units}`}`, units === '');
  life.expect('nothing of the list of compared files hides a file of ours', [...(await container.run(['find', '/etc', '/usr', '/var', '/opt', '-xdev'])).out.split('\n')].filter((path) => OURS.test(path) && !path.startsWith('/var/log/journal')).length === 0);
  return life.failures;
}
