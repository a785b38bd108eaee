import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { loadPlan } from '../../src/cli/load-plan.ts';
import { loadSources, remoteVersions, type LoadedSources } from '../../src/cli/load-sources.ts';
import { parameterAccess } from '../../src/cli/parameter-access.ts';
import { USUAL_PLACES, readUsual, supersededBy, type UsualPlace } from '../../src/cli/usual-config.ts';
import { plainValue } from '../../src/config/json-tree.ts';
import { packed } from '../../src/config/packed.ts';
import { partNames } from '../../src/config/parts.ts';
import { formatProblem } from '../../src/config/problem.ts';
import { inNamespace, noNamespaces } from '../support/host-limits.ts';
import { startParameters } from '../support/parameters.ts';
import { TEST_ENV } from '../support/rig.ts';

const MAIN = join(import.meta.dirname, '../../src/main.ts');
const document = (...paths: readonly string[]): object => ({ logs: { logs_collected: { files: { collect_list: paths.map((path) => ({ file_path: path })) } } } });
const text = (...paths: readonly string[]): string => JSON.stringify(document(...paths));
const files = ({ root }: LoadedSources): readonly string[] =>
  (root === null ? [] : (plainValue(root) as { logs: { logs_collected: { files: { collect_list: { file_path: string }[] } } } }).logs.logs_collected.files.collect_list.map((entry) => entry.file_path));
const said = ({ problems }: LoadedSources): readonly string[] => problems.map((problem) => formatProblem(problem, false));
const noParameters = parameterAccess({ AWS_EC2_METADATA_DISABLED: 'true' });

function folderWith(t: TestContext, content: Readonly<Record<string, string>>): string {
  const root = mkdtempSync(join(tmpdir(), 'sources-'));
  t.after(() => { rmSync(root, { recursive: true }); });
  for (const [name, value] of Object.entries(content)) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), value);
  }
  return root;
}

test('a folder is read with all its folders, sorted by path, whatever the files are called', async (t) => {
  const root = folderWith(t, { '20.json': text('/3'), 'a/10.conf': text('/5'), 'a.json': text('/4'), '00': text('/1'), '10-x': text('/2') });
  const loaded = await loadSources([root], noParameters);
  assert.deepEqual([files(loaded), said(loaded)], [['/1', '/2', '/3', '/4', '/5'], []]);
});

test('what editors, package managers and others leave in a folder is not read, and said', async (t) => {
  const left = ['a.json~', '.a.json.swp', '#a.json#', '.hidden', 'a.json.bak', 'a.json.bak-1', 'a.json.dpkg-old', 'a.json.rpmsave', 'x.tmp', 'otel.yaml'];
  const root = folderWith(t, { 'a.json': text('/a'), ...Object.fromEntries(left.map((name) => [name, 'no JSON'])) });
  const loaded = await loadSources([root], noParameters);
  assert.deepEqual(files(loaded), ['/a']);
  assert.equal(said(loaded).length, left.length);
  for (const name of left) assert.ok(said(loaded).some((line) => line.startsWith(`${join(root, name)} note: not read: `)), name);
});

test('a file of a folder that is no JSON is an error that names it, and nothing is loaded', async (t) => {
  const root = folderWith(t, { 'a.json': text('/a'), 'b.json': '{"logs": ', 'c.json': text('/c') });
  const loaded = await loadSources([root], noParameters);
  assert.equal(loaded.root, null);
  assert.match(said(loaded).join('\n'), new RegExp(`^${join(root, 'b.json')}:1:10 error: the file ends too early`));
});

test('what is left when a part cannot be read is never given out as the config', async (t) => {
  const root = folderWith(t, { 'a.json': text('/a'), 'b.json': '' });
  writeFileSync(join(root, 'b.json'), Buffer.from([0x7b, 0xff, 0x7d]));
  const loaded = await loadSources([root], noParameters);
  assert.deepEqual([loaded.root, loaded.texts], [null, []]);
  assert.match(said(loaded).join('\n'), /b\.json error: the file is not UTF-8/);
});

test('the files of a mounted ConfigMap are read once, through their links', async (t) => {
  const root = folderWith(t, { '..2026_01_01/agent.json': text('/a') });
  symlinkSync('..2026_01_01', join(root, '..data'));
  symlinkSync('..data/agent.json', join(root, 'agent.json'));
  const loaded = await loadSources([root], noParameters);
  assert.deepEqual([files(loaded), said(loaded)], [['/a'], []]);
});

test('a link that leads nowhere is an error, one to a folder is said', async (t) => {
  const root = folderWith(t, { 'a.json': text('/a') });
  symlinkSync('/', join(root, 'all'));
  symlinkSync('gone', join(root, 'lost.json'));
  const loaded = await loadSources([root], noParameters);
  assert.deepEqual([loaded.root, loaded.unreadable], [null, true]);
  assert.deepEqual(said(loaded).map((line) => line.split('\n')[0]), [`${join(root, 'all')} note: not read: a link to a folder is not followed`, `${join(root, 'lost.json')} error: there is no such file`]);
});

test('a folder of too many files, or of too much, is refused instead of read', async (t) => {
  const many = folderWith(t, Object.fromEntries(Array.from({ length: 1025 }, (_, n) => [`${n}.json`, ''])));
  const large = folderWith(t, { 'a.json': ' '.repeat(9 << 20), 'b.json': ' '.repeat(9 << 20), 'c/one.json': ' '.repeat((16 << 20) + 1) });
  assert.match(said(await loadSources([many], noParameters)).join('\n'), /error: more than 1024 files lie below it/);
  assert.match(said(await loadSources([large], noParameters)).join('\n'), /error: the files in this folder are too large together/);
  assert.match(said(await loadSources([join(large, 'c')], noParameters)).join('\n'), /one\.json error: the file is too large/);
});

test('an empty folder beside a file is said; alone it is an error', async (t) => {
  const root = folderWith(t, { 'main.json': text('/a') });
  const empty = folderWith(t, {});
  const beside = await loadSources([join(root, 'main.json'), empty], noParameters);
  assert.deepEqual([files(beside), said(beside)], [['/a'], [`${empty} note: there is no config in this folder`]]);
  const alone = await loadSources([empty], noParameters);
  assert.deepEqual([alone.root, alone.unreadable], [null, true]);
  assert.match(said(alone).join('\n'), /error: no config is there/);
});

test('a parameter is read by name, version and label, plain or packed, and its version is told', async (t) => {
  const { env, put, label } = await startParameters(t);
  const access = parameterAccess(env);
  await put('AmazonCloudWatch-web', text('/old'));
  await put('AmazonCloudWatch-web', packed(text('/new')));
  await label('AmazonCloudWatch-web', 1, 'prod');
  const load = async (word: string): Promise<LoadedSources> => loadSources([word], access);
  assert.deepEqual(files(await load('ssm:AmazonCloudWatch-web')), ['/new']);
  assert.deepEqual(files(await load('ssm:AmazonCloudWatch-web:1')), ['/old']);
  assert.deepEqual(files(await load('ssm:AmazonCloudWatch-web:prod')), ['/old']);
  assert.deepEqual(files(await load('ssm:arn:aws:ssm:us-east-1:000000000000:parameter/AmazonCloudWatch-web:1')), ['/old']);
  const { remote } = await load('ssm:AmazonCloudWatch-web:prod');
  assert.deepEqual(remote.map(({ name, version }) => [name, version]), [['AmazonCloudWatch-web', 1]]);
  assert.ok(Math.abs(remote[0]!.modifiedAt - Date.now()) < 60_000);
});

test('all parameters below a path are one document, in the order of their names, more than a page of them too', async (t) => {
  const { env, put } = await startParameters(t);
  const names = Array.from({ length: 23 }, (_, index) => `/fleet/web/${String(index).padStart(2, '0')}`);
  for (const name of names.toReversed()) await put(name, text(name));
  await put('/fleet/web/deep/er', text('/deep'));
  await put('/fleet/other', text('/other'));
  const loaded = await loadSources(['ssm:/fleet/web/'], parameterAccess(env));
  assert.deepEqual([files(loaded), said(loaded)], [[...names, '/deep'], []]);
  assert.deepEqual(loaded.remote.map(({ name, version }) => [name, version]), [...names, '/fleet/web/deep/er'].map((name) => [name, 1]));
});

test('a SecureString is decrypted, and looking at its version needs no key', async (t) => {
  const { env, put } = await startParameters(t);
  await put('/secret', text('/s'), { type: 'SecureString' });
  const access = parameterAccess(env);
  const loaded = await loadSources(['ssm:/secret'], access);
  assert.deepEqual(files(loaded), ['/s']);
  const parameters = await access();
  assert.ok(!('fault' in parameters));
  const get = t.mock.method(parameters, 'get');
  assert.deepEqual(await remoteVersions(['agent.json', 'ssm:/secret'], access), loaded.remote);
  assert.deepEqual(get.mock.calls.map((call) => call.arguments), [['/secret', { decrypt: false }]]);
});

test('a change of any source shows in the versions, also when a label moves or a parameter is added', async (t) => {
  const { env, put, label } = await startParameters(t);
  const access = parameterAccess(env);
  await put('/a/1', text('/1'));
  await put('/b', text('/b'));
  await put('/b', text('/c'));
  await label('/b', 1, 'prod');
  const words = ['ssm:/a/', 'ssm:/b:prod'];
  const versions = async (): Promise<string> => JSON.stringify(await remoteVersions(words, access));
  const seen = [await versions()];
  await label('/b', 2, 'prod');
  seen.push(await versions());
  await put('/a/2', text('/2'));
  seen.push(await versions());
  await put('/a/1', text('/3'));
  seen.push(await versions(), await versions());
  assert.deepEqual(new Set(seen).size, 4);
  assert.equal(seen.at(-1), JSON.stringify((await loadSources(words, access)).remote));
});

test('a push that is under way is not seen: the complete parts of before are read until the new ones are', async (t) => {
  const { env, put } = await startParameters(t);
  const access = parameterAccess(env);
  const [old, now] = [[text('/a'), text('/b')], [text('/c'), text('/d'), text('/e')]];
  const [oldNames, names] = [partNames('/web', old), partNames('/web', now)];
  for (const [index, name] of oldNames.entries()) await put(name, old[index]!);
  for (const [index, name] of names.entries()) {
    assert.deepEqual(files(await loadSources(['ssm:/web/'], access)), ['/a', '/b']);
    await put(name, now[index]!);
  }
  assert.deepEqual(files(await loadSources(['ssm:/web/'], access)), ['/c', '/d', '/e']);
});

test('half a config below a path is refused', async (t) => {
  const { env, put } = await startParameters(t);
  const values = [text('/a'), text('/b')];
  await put(partNames('/web', values)[1]!, values[1]!);
  const loaded = await loadSources(['ssm:/web/'], parameterAccess(env));
  assert.deepEqual([loaded.root, loaded.unreadable], [null, true]);
  assert.match(said(loaded).join('\n'), /^ssm:\/web\/ error: \/web\/ holds 1 of 2 parts/);
});

test('a contradiction between a file and a parameter names both places and the key', async (t) => {
  const { env, put } = await startParameters(t);
  const root = folderWith(t, { 'a.json': '{ "agent": { "region": "x" } }' });
  await put('/b', '{\n"agent": { "region": "y" } }');
  const loaded = await loadSources([join(root, 'a.json'), 'ssm:/b'], parameterAccess(env));
  assert.match(said(loaded).join('\n'), new RegExp(`^ssm:/b:2:22 error /agent/region: a different value is given in ${join(root, 'a.json')}:1:24\n`));
});

test('what Parameter Store refuses is said with the missing permission, key or parameter', async (t) => {
  const { env, endpoint, put } = await startParameters(t);
  await put('/web', text('/a'));
  const error = async (word: string): Promise<string> => {
    const loaded = await loadSources([word], parameterAccess(env));
    assert.deepEqual([loaded.root, loaded.unreadable, loaded.faults.length], [null, true, 1]);
    return `${loaded.faults[0]!.fault}: ${said(loaded).join('\n')}`;
  };
  assert.match(await error('ssm:/none'), /^missing: ssm:\/none error: there is no such parameter in us-east-1\n {4}expected the name of a parameter/);
  assert.match(await error('ssm:/web:7'), /^missing: ssm:\/web:7 error: the parameter has no version or label "7"\n/);
  assert.match(await error('ssm:/web:prod'), /no version or label "prod"/);
  const refused = async (kind: 'access-denied' | 'throttle' | 'unrecognized-client' | 'expired-token', word: string): Promise<string> => {
    const id = endpoint.faults.add({ kind });
    const words = await error(word);
    endpoint.faults.remove(id);
    return words;
  };
  assert.match(await refused('access-denied', 'ssm:/web'), /^denied: ssm:\/web error: this role may not ssm:GetParameter it \(.*\)\n {4}expected ssm:GetParameter on arn:aws:ssm:us-east-1:\*:parameter\/web$/);
  assert.match(await refused('access-denied', 'ssm:/x/'), /expected ssm:GetParametersByPath on arn:aws:ssm:us-east-1:\*:parameter\/x$/);
  assert.match(await refused('unrecognized-client', 'ssm:/web'), /^credentials: /);
  assert.match(await refused('expired-token', 'ssm:/web'), /^credentials: /);
  assert.match(await refused('throttle', 'ssm:/web'), /^throttled: /);
});

test('a throttled or failing call is tried again', async (t) => {
  const { env, endpoint, put } = await startParameters(t);
  await put('/web', text('/a'));
  endpoint.faults.add({ kind: 'error', status: 503, count: 1 });
  assert.deepEqual(files(await loadSources(['ssm:/web'], parameterAccess(env))), ['/a']);
});

test('a service that is not there is said to be unreachable, one without region asks for it', async () => {
  const { AWS_REGION: _region, ...closed } = { ...TEST_ENV, AWS_ENDPOINT_URL_SSM: 'http://127.0.0.1:9', AWS_REGION: '' };
  const away = await loadSources(['ssm:/web'], parameterAccess(closed));
  assert.match(`${away.faults[0]!.fault} ${said(away).join('\n')}`, /^unreachable ssm:\/web error: Parameter Store in us-east-1 does not answer \(ECONNREFUSED/);
  assert.match(said(await loadSources(['ssm:/web'], parameterAccess(TEST_ENV))).join('\n'), /the region of Parameter Store is not known/);
});

test('files, folders and parameters together are one plan', async (t) => {
  const { env, put } = await startParameters(t);
  const root = folderWith(t, { 'conf.d/a.json': text('/var/log/b.log') });
  await put('AmazonCloudWatch-web', text('/var/log/a.log'));
  const { plan, remote } = await loadPlan(['ssm:AmazonCloudWatch-web', join(root, 'conf.d'), 'default'], { ...env, POD_NAME: 'p', RUN_IN_CONTAINER: 'True' });
  assert.deepEqual(plan?.entries.map(({ pattern }) => pattern), ['/var/log/a.log', '/var/log/b.log', '/var/log/syslog', '/var/log/messages']);
  assert.deepEqual(remote.map(({ name }) => name), ['AmazonCloudWatch-web']);
});

test('standard input is read to its end', async () => {
  const child = spawn(process.execPath, [MAIN, 'check', '--json', '--config', '-'], { stdio: ['pipe', 'pipe', 'inherit'], env: { ...TEST_ENV, AWS_REGION: 'us-east-1', RUN_IN_CONTAINER: 'True', POD_NAME: 'p' } });
  child.stdin.end(text('/from/stdin.log'));
  let out = '';
  child.stdout.setEncoding('utf8').on('data', (part: string) => { out += part; });
  const [code] = await once(child, 'close') as [number];
  assert.deepEqual([code, (JSON.parse(out) as { plan: { entries: { pattern: string }[] } }).plan.entries[0]!.pattern], [0, '/from/stdin.log']);
});

test('standard input that was read is said to be, when it is to be read again', async () => {
  const script = `
    const { loadSources } = await import('${join(import.meta.dirname, '../../src/cli/load-sources.ts')}');
    const read = async () => (await loadSources(['-'], async () => null)).problems.map(({ message }) => message);
    console.log(JSON.stringify([await read(), await read()]));
  `;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['pipe', 'pipe', 'inherit'] });
  child.stdin.end('{}');
  let out = '';
  child.stdout.setEncoding('utf8').on('data', (part: string) => { out += part; });
  await once(child, 'close');
  assert.deepEqual(JSON.parse(out), [[], ['standard input has been read already and cannot be read again']]);
});

test('a config in files alone loads nothing of Parameter Store', async (t) => {
  const root = folderWith(t, { 'a.json': text('/var/log/a.log') });
  const script = `
    const { registerHooks } = await import('node:module');
    const loaded = [];
    registerHooks({ resolve: (specifier, context, next) => { loaded.push(specifier); return next(specifier, context); } });
    const { loadSources } = await import('${join(import.meta.dirname, '../../src/cli/load-sources.ts')}');
    const { parameterAccess } = await import('${join(import.meta.dirname, '../../src/cli/parameter-access.ts')}');
    await loadSources(['${join(root, 'a.json')}'], parameterAccess(process.env));
    console.log(loaded.length > 10, loaded.filter((specifier) => specifier.includes('aws')).length);
  `;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  let out = '';
  child.stdout.setEncoding('utf8').on('data', (part: string) => { out += part; });
  await once(child, 'close');
  assert.equal(out.trim(), 'true 0');
});

const placesIn = (root: string): UsualPlace[] => ['ours', 'theirs'].map((whose) => ({ file: join(root, whose, 'agent.json'), folder: join(root, whose, 'agent.d'), whose }));

test('usual: of the places the first that has a config is read, file before folder, and said; an empty folder is none', async (t) => {
  const root = folderWith(t, { 'theirs/agent.json': text('/1'), 'theirs/agent.d/file_x': text('/2'), 'theirs/agent.d/y.tmp': 'no JSON', 'ours/agent.d/.keep': '' });
  const read = async (): Promise<unknown> => (await readUsual(placesIn(root))).texts.map(({ name }) => name.slice(root.length + 1));
  assert.deepEqual(await read(), ['theirs/agent.json', 'theirs/agent.d/file_x']);
  const superseded = async (name: string): Promise<unknown> => (await supersededBy(join(root, name), placesIn(root))).map((path) => path.slice(root.length + 1));
  assert.deepEqual([await superseded('ours/agent.json'), await superseded('ours/agent.d/new.json'), await superseded('theirs/agent.json'), await superseded('elsewhere.json')], [['theirs/agent.json', 'theirs/agent.d'], ['theirs/agent.json', 'theirs/agent.d'], [], []]);
  const { problems } = await readUsual(placesIn(root));
  assert.match(formatProblem(problems[0]!, false), /^\S+theirs\/agent\.json, \S+theirs\/agent\.d note: the config, theirs: no --config names another$/);
  writeFileSync(join(root, 'ours/agent.d/10.json'), text('/3'));
  assert.deepEqual(await read(), ['ours/agent.d/10.json'], 'the other place is not looked at');
  assert.deepEqual(await superseded('ours/agent.json'), [], 'it was not read before either');
  writeFileSync(join(root, 'ours/agent.json'), text('/4'));
  assert.deepEqual(await read(), ['ours/agent.json', 'ours/agent.d/10.json']);
});

test('usual: with no config anywhere every place that was looked at is named', async (t) => {
  const root = folderWith(t, {});
  const { texts, problems, unreadable } = await readUsual(placesIn(root));
  assert.deepEqual([texts, unreadable], [[], false]);
  assert.match(formatProblem(problems[0]!, false), /^\S+ours error: there is no config: neither \S+ours\/agent\.json, nor a file in \S+ours\/agent\.d, nor \S+theirs\/agent\.json, nor a file in \S+theirs\/agent\.d\n {4}expected a config at \S+ours\/agent\.json/);
});

test('run, check and preview without --config take the CloudWatch agent\'s config where it is and say so; without any they exit 78 at once', { skip: noNamespaces('mount -t tmpfs none /opt') || existsSync(USUAL_PLACES[0]!.file) }, (t) => {
  const root = folderWith(t, { 'app.log': 'one\n' });
  const [, { file }] = USUAL_PLACES as [UsualPlace, UsualPlace];
  const config = JSON.stringify({ agent: { region: 'us-east-1' }, logs: { endpoint_override: 'http://127.0.0.1:1', logs_collected: { files: { collect_list: [{ file_path: join(root, 'app.log'), log_group_name: '/of/host' }] } } } });
  const agent = (setup: string, ...words: readonly string[]): { readonly code: number | null; readonly said: string } => {
    const [command, ...args] = [...inNamespace(`mount -t tmpfs none /opt ${setup}`), process.execPath, MAIN, ...words];
    const { status, stdout, stderr } = spawnSync(command!, args, { encoding: 'utf8', timeout: 20_000, env: { PATH: process.env['PATH'] ?? '', HOME: root, ...TEST_ENV } });
    return { code: status, said: stdout + stderr };
  };
  const put = `&& mkdir -p ${dirname(file)} && echo '${config}' > ${file}`;
  const checked = agent(put, 'check');
  assert.equal(checked.code, 0, checked.said);
  assert.match(checked.said, /amazon-cloudwatch-agent\.json note: the config, the CloudWatch agent's/);
  const previewed = (...flags: readonly string[]): string => agent(put, 'preview', join(root, 'app.log'), ...flags).said;
  assert.match(previewed(), /app\.log: 4 B, to log group \/of\/host/, 'what run would do');
  assert.match(previewed('--log-group', '/of/flags'), /to log group \/of\/flags/);
  const none = agent('', 'check');
  assert.deepEqual([none.code, none.said.startsWith('/etc/unified-agent error: there is no config: neither /etc/unified-agent/agent.json')], [78, true], none.said);
  const loop = JSON.stringify({ agent: { region: 'us-east-1' }, logs: { endpoint_override: 'http://127.0.0.1:1', logs_collected: { files: { collect_list: [{ file_path: join(root, 'none.log') }] } } } });
  const follows = agent(`&& mkdir -p ${dirname(file)} && echo '${loop}' > ${file}`, 'run', '--state-dir', join(root, 'other'), '--until-caught-up');
  assert.equal(follows.code, 0, follows.said);
  assert.match(follows.said, /amazon-cloudwatch-agent\.json note: the config, the CloudWatch agent's[\s\S]*following 1 entry/);
  for (const setup of ['', `&& mkdir -p ${dirname(file)} && echo '{}' > ${file}`, `&& mkdir -p ${dirname(file)} && echo '{"logs": ' > ${file}`]) {
    const run = agent(setup, 'run', '--state-dir', join(root, 'state'));
    assert.equal(run.code, 78, run.said);
    assert.match(run.said, setup === '' ? /there is no config: neither[\s\S]*agent: nothing to run/ : /agent: nothing to run/);
  }
});
