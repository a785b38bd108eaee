import assert from 'node:assert/strict';
import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { journalPlaces } from '../../src/agent/journald/journal-check.ts';
import { doctor } from '../../src/cli/doctor.ts';
import type { Finding } from '../../src/cli/doctor/finding.ts';
import { pathFindings } from '../../src/cli/doctor/paths.ts';
import { volumesFinding } from '../../src/cli/doctor/volumes.ts';
import { placesBelow } from '../../src/cli/ctl/places.ts';
import { Unit } from '../../src/cli/ctl/systemd.ts';
import { OUR_UNIT } from '../../src/cli/own-unit.ts';
import { obstacleTo } from '../../src/host/identity.ts';
import { startEndpoint } from '../../src/local-endpoint/server.ts';
import type { RunningEndpoint } from '../../src/local-endpoint/server.ts';
import { StubSystemd } from '../support/drop-in.ts';
import { freeTcpPort } from '../support/free-port.ts';
import { EBS_MODEL, nvmeHost } from '../support/nvme-host.ts';
import { TEST_ENV } from '../support/rig.ts';

function folderFor(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'doctor-'));
  t.after(() => { rmSync(folder, { recursive: true, force: true }); });
  return folder;
}

/** Where systemd does not know the agent. */
const NO_UNIT = new Unit(OUR_UNIT, new StubSystemd().systemctl);

interface Examined { readonly metrics?: object; readonly env?: Readonly<Record<string, string>>; readonly unit?: Unit; readonly prepared?: () => void }

async function examined(folder: string, url: string, write: boolean, { metrics = {}, env = TEST_ENV, unit = NO_UNIT, prepared }: Examined = {}): Promise<{ readonly code: number; readonly findings: readonly Finding[] }> {
  writeFileSync(join(folder, 'app.log'), 'a line\n');
  const config = join(folder, 'agent.json');
  writeFileSync(config, JSON.stringify({
    agent: { region: 'us-east-1' },
    logs: { endpoint_override: url, logs_collected: { files: { collect_list: [{ file_path: join(folder, '*.log'), log_group_name: 'app', log_stream_name: 's', retention_in_days: 7 }] } } },
    metrics: { endpoint_override: url, metrics_collected: { mem: { measurement: ['used_percent'] }, ...metrics } },
  }));
  let printed = '';
  prepared?.();
  const code = await doctor({ config: [config], stateDirectory: join(folder, 'state'), write, json: true, around: { env, problems: [], unreadable: false }, unit, places: placesBelow(join(folder, 'root')) }, { out: (text) => { printed += text; }, err: () => {}, colour: false });
  return { code, findings: JSON.parse(printed) as readonly Finding[] };
}

async function endpointFor(t: TestContext): Promise<RunningEndpoint> {
  const endpoint = await startEndpoint();
  t.after(() => endpoint.close());
  return endpoint;
}

const of = (findings: readonly Finding[], about: string): readonly Finding[] => findings.filter((finding) => finding.about === about);

test('where everything holds, the doctor says so and leaves nothing behind', async (t) => {
  const endpoint = await endpointFor(t);
  const { code, findings } = await examined(folderFor(t), endpoint.url, false);
  assert.equal(code, 0, JSON.stringify(findings, null, 2));
  assert.match(of(findings, 'credentials')[0]!.what, /AWS_ACCESS_KEY_ID of the environment; they do not expire/);
  assert.ok(of(findings, 'permissions').some(({ verdict, what }) => verdict === 'ok' && /logs:PutLogEvents on app/.test(what)));
  assert.match(of(findings, 'endpoint')[0]!.what, /the service of metrics answers \(for CWAgent\)/);
  assert.equal(of(findings, 'clock')[0]!.verdict, 'ok');
  assert.deepEqual(endpoint.store.groups(), []);
  assert.deepEqual(endpoint.metrics.metrics(), []);
});

test('with --write the permissions to create and to publish are tried, and only what the agent would create is left behind', async (t) => {
  const endpoint = await endpointFor(t);
  const { code, findings } = await examined(folderFor(t), endpoint.url, true);
  assert.equal(code, 0);
  for (const action of ['logs:CreateLogGroup', 'logs:CreateLogStream', 'logs:PutLogEvents', 'logs:DescribeLogGroups', 'cloudwatch:PutMetricData']) {
    assert.ok(of(findings, 'permissions').some(({ verdict, what }) => verdict === 'ok' && what.includes(`${action} on`)), action);
  }
  assert.deepEqual(endpoint.store.groups(), ['app']);
  assert.equal(endpoint.store.count(), 0);
  assert.deepEqual(endpoint.metrics.metrics().map(({ name }) => name), ['agent_doctor']);
});

test('a permission that is missing is named with the statement that allows it, on the groups of the config', async (t) => {
  const endpoint = await endpointFor(t);
  endpoint.faults.add({ kind: 'access-denied', operation: 'PutLogEvents' });
  const { code, findings } = await examined(folderFor(t), endpoint.url, false);
  assert.equal(code, 1);
  const missing = of(findings, 'permissions').find(({ verdict }) => verdict === 'failed');
  assert.match(missing!.what, /logs:PutLogEvents on app is missing/);
  const statement = JSON.parse(missing!.next!.replace('allow it: ', '')) as { readonly Action: unknown; readonly Resource: unknown };
  assert.deepEqual([statement.Action, statement.Resource], [['logs:PutLogEvents'], ['arn:aws:logs:us-east-1:*:log-group:app:log-stream:*']]);
});

test('a clock that is wrong by minutes is told with its difference', async (t) => {
  const endpoint = await endpointFor(t);
  endpoint.faults.add({ kind: 'skew', seconds: 600 });
  const { code, findings } = await examined(folderFor(t), endpoint.url, false);
  assert.equal(code, 1);
  assert.match(of(findings, 'clock')[0]!.what, /(?:599|60[01]) s behind the service/);
});

test('an endpoint that nothing listens at is told once, with its address', async (t) => {
  const url = `http://127.0.0.1:${await freeTcpPort()}`;
  const { code, findings } = await examined(folderFor(t), url, true);
  assert.equal(code, 1);
  assert.deepEqual(of(findings, 'endpoint').filter(({ verdict }) => verdict === 'failed').map(({ what }) => what.includes(url)), [true]);
});

test('a file that the agent may not read is told with the component that is in the way, and the one command that opens it', (t) => {
  const folder = folderFor(t);
  const log = join(folder, 'private', 'app.log');
  mkdirSync(join(folder, 'private'));
  writeFileSync(log, 'x\n');
  chmodSync(folder, 0o755);
  const stranger = { uid: 60_000, groups: new Set([60_000]), readsAll: false };
  const entry = { entry: { pattern: log, pointer: '/x' }, files: [log] };
  chmodSync(join(folder, 'private'), 0o700);
  assert.equal(obstacleTo(log, 'read', stranger)?.path, join(folder, 'private'));
  assert.match(pathFindings([entry], stranger)[0]!.next!, new RegExp(`^setfacl --modify u:60000:x ${join(folder, 'private')}`));
  chmodSync(join(folder, 'private'), 0o755);
  chmodSync(log, 0o640);
  assert.deepEqual([obstacleTo(log, 'read', stranger)?.path, obstacleTo(log, 'read', stranger)?.need], [log, 'read']);
  assert.equal(obstacleTo(log, 'read', { ...stranger, readsAll: true }), null);
  chmodSync(log, 0o644);
  assert.equal(obstacleTo(log, 'read', stranger), null);
});

test('a user to whom the agent is closed is told to ask as root, and never to take its state directory or open its logs', { skip: process.getuid!() !== 0 && 'needs root to become another user' }, async (t) => {
  const endpoint = await endpointFor(t);
  const folder = folderFor(t);
  chmodSync(folder, 0o755);
  mkdirSync(join(folder, 'state'), { mode: 0o700 });
  let result: Awaited<ReturnType<typeof examined>>;
  try {
    result = await examined(folder, endpoint.url, false, { prepared: () => { chmodSync(join(folder, 'app.log'), 0o600); process.seteuid!(60_000); } });
  } finally {
    process.seteuid!(0);
  }
  const { code, findings } = result;
  assert.deepEqual(findings.filter(({ verdict }) => verdict === 'failed'), []);
  assert.equal(code, 0);
  assert.deepEqual(of(findings, 'agent')[0], { about: 'agent', verdict: 'warning', what: 'this user may not ask it', next: 'sudo agent doctor' });
  assert.deepEqual(findings.filter(({ next }) => next !== null && /chown|setfacl|usermod/.test(next)), []);
  assert.equal(of(findings, 'clock')[0]!.verdict, 'ok', 'what is the same for every user is judged');
});

test('files of root in the state directory of the service are told, with the command that gives them back', { skip: process.getuid!() !== 0 && 'only root may give a file away' }, async (t) => {
  const endpoint = await endpointFor(t);
  const folder = folderFor(t);
  const state = join(folder, 'state');
  mkdirSync(state, { mode: 0o700 });
  writeFileSync(join(state, 'quarantine.jsonl'), '');
  chownSync(state, 4711, 4711);
  const { code, findings } = await examined(folder, endpoint.url, false);
  assert.equal(code, 1);
  const [finding] = of(findings, 'state');
  assert.match(finding!.what, /quarantine\.jsonl is another user's than/);
  assert.equal(finding!.next, `chown --recursive --no-dereference 4711: ${state}`);
  chownSync(join(state, 'quarantine.jsonl'), 4711, 4711);
  assert.equal((await examined(folder, endpoint.url, false)).code, 0);
});

test('a log whose group may read it is opened by joining the group', { skip: process.getuid!() !== 0 && 'only root may give a file away' }, (t) => {
  const folder = folderFor(t);
  chmodSync(folder, 0o755);
  const log = join(folder, 'app.log');
  writeFileSync(log, 'x\n');
  // adm, on Debian; elsewhere its number.
  chownSync(log, 0, 4);
  chmodSync(log, 0o640);
  const stranger = { uid: 60_000, groups: new Set([60_000]), readsAll: false };
  const [finding] = pathFindings([{ entry: { pattern: log, pointer: '/x' }, files: [log] }], stranger);
  assert.match(finding!.next!, /^usermod --append --groups \w+ 60000 /);
  assert.equal(obstacleTo(log, 'read', { ...stranger, groups: new Set([60_000, 4]) }), null);
});

test('the files of a journal are judged like logs, by who may read them', async (t) => {
  const folder = folderFor(t);
  chmodSync(folder, 0o755);
  const journal = join(folder, 'journal');
  mkdirSync(journal);
  for (const name of ['system.journal', 'system@0-1-2.journal', 'other']) writeFileSync(join(journal, name), '');
  chmodSync(join(journal, 'system.journal'), 0o600);
  const { places, fault } = await journalPlaces([{ directory: journal, pointer: '/x' }, { directory: join(folder, 'none'), pointer: '/y' }]);
  assert.deepEqual([fault, places.map(({ files }) => files)], [null, [[join(journal, 'system.journal')], []]]);
  const stranger = { uid: 60_000, groups: new Set([60_000]), readsAll: false };
  assert.match(pathFindings(places, stranger)[0]!.what, /system\.journal cannot be read: mode 0600/);
});

test('a config that asks volumes for their own statistics is held against what the unit gives, and the one command that gives the rest is named', async (t) => {
  const endpoint = await endpointFor(t);
  const host = nvmeHost(t);
  host.attach('nvme0', EBS_MODEL, 'vol0a');
  const env = { ...TEST_ENV, HOST_SYS: host.sys, HOST_DEV: host.dev };
  const metrics = { diskio: { measurement: ['reads', 'ebs_total_read_ops'] } };
  const unit = (properties: Readonly<Record<string, string>>): Unit => new Unit(OUR_UNIT, async (_verb, _p, name) => ({ code: 0, out: `${name}=${{ LoadState: 'loaded', Id: OUR_UNIT, User: 'unified-agent', ...properties }[name] ?? ''}\n`, err: '' }));
  const packaged = await examined(folderFor(t), endpoint.url, false, { metrics, env, unit: unit({ AmbientCapabilities: 'cap_dac_read_search', PrivateDevices: 'yes' }) });
  const [finding] = of(packaged.findings, 'volumes');
  assert.equal(packaged.code, 1);
  assert.match(finding!.what, /unified-agent\.service has no CAP_SYS_ADMIN and does not see .*\/nvme0: no ebs_ .* EBS volume vol-0a/);
  assert.match(finding!.next!, /^install -D .*\/examples\/nvme\.conf \/etc\/systemd\/system\/unified-agent\.service\.d\/nvme\.conf && systemctl daemon-reload && systemctl restart unified-agent$/);
  const helped = await examined(folderFor(t), endpoint.url, false, { metrics, env, unit: unit({ AmbientCapabilities: 'cap_dac_read_search cap_sys_admin', PrivateDevices: 'no' }) });
  assert.deepEqual([helped.code, of(helped.findings, 'volumes').map(({ verdict }) => verdict)], [0, ['ok']]);
  const unasked = await examined(folderFor(t), endpoint.url, false, { env, unit: unit({}) });
  assert.deepEqual(of(unasked.findings, 'volumes'), []);
});

test('where there is no unit, volumes that cannot be asked are told with what else gives the right', () => {
  const who = { who: 'who asks now', administers: false, sees: () => true, ofUnit: false };
  const volumes = Array.from({ length: 7 }, (_, index) => ({ name: `EBS volume vol-${index}`, path: `/dev/nvme${index}` }));
  const { verdict, what, next } = volumesFinding(volumes, who);
  assert.deepEqual([verdict, what.endsWith('vol-4 and 2 more'), next!.includes('--cap-add SYS_ADMIN')], ['failed', true, true]);
  assert.equal(volumesFinding([], who).verdict, 'note');
});
