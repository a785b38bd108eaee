import assert from 'node:assert/strict';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { problemsOf } from '../../src/cli/status-text.ts';
import { askReload, askStatus } from '../../src/control/client.ts';
import { childConfig, startChild } from '../support/child-agent.ts';
import type { ChildAgent } from '../support/child-agent.ts';
import { append } from '../support/log-files.ts';
import { startParameters } from '../support/parameters.ts';
import type { ParameterRig } from '../support/parameters.ts';
import { assertSame, until } from '../support/rig.ts';
import { scratch } from '../support/state.ts';

const NAME = 'AmazonCloudWatch-fleet';
const HOSTS = 3;

interface FleetHost { readonly folder: string; readonly log: string; readonly child: ChildAgent }

/** The config of the fleet: each host has a log and a stream of its own, named by its environment. */
function config(url: string, group: string, more: Readonly<Record<string, unknown>> = {}): string {
  const document = childConfig(url, [{ file_path: '${LOG}', log_group_name: group, log_stream_name: '${HOST}' }]) as { readonly agent: object };
  return JSON.stringify({ ...document, agent: { ...document.agent, config_poll_interval: 1, rollout: { watch: 6 }, ...more } });
}

async function startHost(t: TestContext, folder: string, name: string, { env }: ParameterRig, { source = `ssm:${NAME}`, more = {} }: { readonly source?: string; readonly more?: Readonly<Record<string, string>> } = {}): Promise<FleetHost> {
  mkdirSync(folder, { recursive: true });
  const log = join(folder, 'app.log');
  const child = await startChild(t, { config: null, sources: [source], folder, env: { ...env, LOG: log, HOST: name, ...more } });
  await until('its socket', () => existsSync(join(folder, 'state', 'control.sock')));
  return { folder, log, child };
}

const statusOf = (host: FleetHost) => askStatus(join(host.folder, 'state'));
const stored = ({ endpoint }: ParameterRig, group: string, stream: string): readonly string[] => endpoint.store.findGroup(group)?.streams.has(stream) === true ? endpoint.store.messages(group, stream) : [];

test('a change of the parameter reaches every host without a restart; one with errors reaches none; one that breaks delivery is taken back by each', { timeout: 90_000 }, async (t) => {
  const rig = await startParameters(t);
  const root = await scratch(t);
  await rig.put(NAME, config(rig.endpoint.url, 'one'));
  const names = Array.from({ length: HOSTS }, (_, i) => `host-${i}`);
  const hosts = await Promise.all(names.map((name) => startHost(t, join(root, name), name, rig)));
  const versions = async (): Promise<readonly string[]> => Promise.all(hosts.map(async (host) => (await statusOf(host)).config.version));
  const all = (version: number): readonly string[] => hosts.map(() => `${NAME} version ${version}`);
  for (const host of hosts) append(host.log, ['first']);
  await until('the first lines to arrive', () => names.every((name) => stored(rig, 'one', name).length === 1));

  await rig.put(NAME, config(rig.endpoint.url, 'two'));
  await until('every host to run version 2', async () => same(await versions(), all(2)));
  for (const host of hosts) append(host.log, ['second']);
  await until('the second lines to arrive', () => names.every((name) => stored(rig, 'two', name).length === 1));

  await rig.put(NAME, config(rig.endpoint.url, 'not a : group'));
  await until('every host to refuse version 3', async () => (await Promise.all(hosts.map(statusOf))).every(({ config: { refused } }) => refused?.version === `${NAME} version 3`));
  assert.deepEqual(await versions(), all(2));

  await until('version 2 to be good', async () => (await Promise.all(hosts.map(statusOf))).every(({ config: { watchedUntil } }) => watchedUntil === null));
  rig.endpoint.faults.add({ operation: 'PutLogEvents', group: 'forbidden', kind: 'access-denied' });
  await rig.put(NAME, config(rig.endpoint.url, 'forbidden'));
  await until('every host to run version 4', async () => same(await versions(), all(4)));
  for (const host of hosts) append(host.log, ['third']);
  await until('every host to go back', async () => same(await versions(), all(2)));
  await until('the third lines to arrive', () => names.every((name) => stored(rig, 'two', name).length === 2));
  for (const [i, host] of hosts.entries()) {
    const { config: { refused, rollbacks, refusals } } = await statusOf(host);
    assert.match(refused?.reason ?? '', /^taken back: 1 destination takes nothing since the change$/);
    assert.deepEqual([rollbacks, refusals], [1, 2]);
    assert.equal(await host.child.stop(), 0);
    assertSame([...stored(rig, 'one', names[i]!), ...stored(rig, 'two', names[i]!)], ['first', 'second', 'third'], names[i]!);
  }
});

test('a host starts from the last good copy when Parameter Store is down, and takes the present version when it is back', { timeout: 60_000 }, async (t) => {
  const rig = await startParameters(t);
  const root = await scratch(t);
  await rig.put(NAME, config(rig.endpoint.url, 'one', { rollout: { watch: 0 } }));
  const first = await startHost(t, root, 'host', rig);
  await until('it to be kept', async () => (await statusOf(first)).config.lookedAt !== null);
  assert.equal(await first.child.stop(), 0);
  const fault = rig.endpoint.faults.add({ operation: 'GetParameter', kind: 'error', status: 500 });
  const second = await startHost(t, root, 'host', rig);
  assert.match(second.child.said(), /started with the last good copy \(AmazonCloudWatch-fleet version 1\)/);
  append(second.log, ['while it is down']);
  await until('the line to arrive', () => stored(rig, 'one', 'host').length === 1);
  rig.endpoint.faults.remove(fault);
  await rig.put(NAME, config(rig.endpoint.url, 'two', { rollout: { watch: 0 } }));
  await until('version 2 to run', async () => (await statusOf(second)).config.version === `${NAME} version 2`);
  assert.equal(await second.child.stop(), 0);
});

test('a config that is deleted from Parameter Store goes on where it runs, is missed in the log, in status and by agent reload, and is followed again once another is put there', { timeout: 60_000 }, async (t) => {
  const rig = await startParameters(t);
  const root = await scratch(t);
  await rig.put('/fleet/web/one', config(rig.endpoint.url, 'one', { rollout: { watch: 0 } }));
  const host = await startHost(t, root, 'host', rig, { source: 'ssm:/fleet/web/' });
  append(host.log, ['before']);
  await until('the first line to arrive', () => stored(rig, 'one', 'host').length === 1);

  await rig.remove('/fleet/web/one');
  await host.child.says(/the new version of the config cannot be read \(.*there is no parameter below this path\): the present one goes on, and it is tried again/);
  append(host.log, ['while it is gone']);
  await until('the second line to arrive', () => stored(rig, 'one', 'host').length === 2);
  const reloaded = await askReload(join(root, 'state'));
  assert.equal(reloaded.outcome, 'unreadable');
  assert.match(reloaded.problems, /there is no parameter below this path/);
  assert.match(problemsOf(await statusOf(host)).join('\n'), /^the config cannot be looked at: .*there is no parameter below this path; the present one goes on$/);

  // Its versions are counted from 1 again.
  await rig.put('/fleet/web/one', config(rig.endpoint.url, 'two', { rollout: { watch: 0 } }));
  await host.child.says(/the config can be read again\n.*config: \/fleet\/web\/one version 1 applied: 0 entries unchanged, 1 changed/);
  append(host.log, ['after']);
  await until('the third line to arrive by the new config', () => stored(rig, 'two', 'host').length === 1);
  assert.deepEqual(problemsOf(await statusOf(host)), []);
  assert.equal(await host.child.stop(), 0);
});

test('a version refused for what this host lacks, an environment variable, stays refused over a restart that brings it, says so, and is taken by agent reload', { timeout: 60_000 }, async (t) => {
  const rig = await startParameters(t);
  const root = await scratch(t);
  await rig.put(NAME, config(rig.endpoint.url, 'one', { rollout: { watch: 0 } }));
  const without = await startHost(t, root, 'host', rig);
  await rig.put(NAME, config(rig.endpoint.url, '${TEAM}', { rollout: { watch: 0 } }));
  await without.child.says(/AmazonCloudWatch-fleet version 2 is not used \(.*the environment variable TEAM is not set/);
  assert.equal((await askReload(join(root, 'state'))).outcome, 'refused');
  assert.equal(await without.child.stop(), 0);

  const host = await startHost(t, root, 'host', rig, { more: { TEAM: 'shop' } });
  assert.match(host.child.said(), /version 2 was given up before \(.*TEAM is not set.*\): started with AmazonCloudWatch-fleet version 1\. `agent reload` tries it again/);
  await until('a look at its version', async () => (await statusOf(host)).config.lookedAt !== null);
  assert.equal((await statusOf(host)).config.version, `${NAME} version 1`);
  assert.equal((await askReload(join(root, 'state'))).outcome, 'applied');
  assert.deepEqual(problemsOf(await statusOf(host)), []);
  append(host.log, ['as the shop']);
  await until('the line to arrive', () => stored(rig, 'shop', 'host').length === 1);
  assert.equal(await host.child.stop(), 0);
});

test('SIGHUP and agent reload apply changes of files; a file with errors is refused whole, named, and changes nothing', { timeout: 60_000 }, async (t) => {
  const rig = await startParameters(t);
  const folder = await scratch(t);
  const log = join(folder, 'app.log');
  const write = (text: string): void => writeFileSync(join(folder, 'agent.json'), text);
  const of = (group: string): unknown => childConfig(rig.endpoint.url, [{ file_path: log, log_group_name: group, log_stream_name: 's' }]);
  const child = await startChild(t, { config: of('one'), folder });
  const stateDir = join(folder, 'state');
  append(log, ['first']);
  await until('the first line', () => stored(rig, 'one', 's').length === 1);
  assert.equal((await askReload(stateDir)).outcome, 'unchanged');

  write(JSON.stringify(of('two')));
  child.signal('SIGHUP');
  await child.says(/config: what the files say now applied: 0 entries unchanged, 1 changed, 0 new, 0 gone/);
  append(log, ['second']);
  await until('the second line', () => stored(rig, 'two', 's').length === 1);

  write('{ "logs": ');
  const refused = await askReload(stateDir);
  assert.equal(refused.outcome, 'refused');
  assert.match(refused.problems, /agent\.json:1:11 error: the file ends too early/);
  write(JSON.stringify(of('three')).replace('"file_path"', '"file_pat"'));
  assert.match((await askReload(stateDir)).problems, /unknown key; did you mean "file_path"/);
  append(log, ['third']);
  await until('the third line', () => stored(rig, 'two', 's').length === 2);
  assert.match((await askStatus(stateDir)).config.refused?.reason ?? '', /file_pat/);

  write(JSON.stringify(of('three')));
  assert.deepEqual((await askReload(stateDir)).outcome, 'applied');
  append(log, ['fourth']);
  await until('the fourth line', () => stored(rig, 'three', 's').length === 1);
  assert.equal(await child.stop(), 0);
});

function same(actual: readonly string[], expected: readonly string[]): boolean { return JSON.stringify(actual) === JSON.stringify(expected); }
