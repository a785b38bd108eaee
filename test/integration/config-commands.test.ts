import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, lstatSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { test, type TestContext } from 'node:test';
import { confirmed } from '../../src/cli/config/confirm.ts';
import { diff } from '../../src/cli/config/diff.ts';
import { fetchConfig } from '../../src/cli/config/fetch.ts';
import { push, type PushOptions } from '../../src/cli/config/push.ts';
import { show } from '../../src/cli/config/show.ts';
import { loadSources } from '../../src/cli/load-sources.ts';
import { parameterAccess, type ParameterAccess } from '../../src/cli/parameter-access.ts';
import { plainValue } from '../../src/config/json-tree.ts';
import { packed } from '../../src/config/packed.ts';
import { startParameters, type ParameterRig } from '../support/parameters.ts';
import { TEST_ENV } from '../support/rig.ts';

const MAIN = join(import.meta.dirname, '../../src/main.ts');
const HOST = { ...TEST_ENV, AWS_REGION: 'us-east-1', RUN_IN_CONTAINER: 'True', POD_NAME: 'p' };
const noParameters = parameterAccess(HOST);

interface Said { readonly code: number; readonly out: string; readonly err: string }

async function said(run: (output: { out: (text: string) => void; err: (text: string) => void; colour: boolean }) => Promise<number>): Promise<Said> {
  let out = '';
  let err = '';
  const code = await run({ out: (text) => { out += text; }, err: (text) => { err += text; }, colour: false });
  return { code, out, err };
}

const entries = (count: number): object[] => Array.from({ length: count }, (_, n) => ({ file_path: `/var/log/app-${n}/current.log`, log_group_name: `/fleet/app-${n}` }));
const config = (list: readonly object[] = entries(1), agent: object = {}): object => ({ agent, logs: { logs_collected: { files: { collect_list: list } } } });

function folder(t: TestContext): (name: string, content: unknown) => string {
  const root = mkdtempSync(join(tmpdir(), 'config-'));
  t.after(() => { rmSync(root, { recursive: true }); });
  return (name, content) => {
    writeFileSync(join(root, name), typeof content === 'string' ? content : JSON.stringify(content, null, 2));
    return join(root, name);
  };
}

test('show prints the merged document, and with --origin where each value comes from', async (t) => {
  const file = folder(t);
  const words = [file('a.json', config(entries(1), { region: 'x' })), file('b.json', config(entries(2), { debug: true }))];
  const plain = await said((output) => show(words, { origin: false, access: noParameters }, output));
  assert.deepEqual([plain.code, JSON.parse(plain.out), plain.err], [0, config(entries(2), { region: 'x', debug: true }), '']);
  const { out } = await said((output) => show(words, { origin: true, access: noParameters }, output));
  assert.match(out, new RegExp(`"region": "x", +// ${words[0]}:3:15\n +"debug": true +// ${words[1]}:3:14\n`));
});

test('show of contradicting configs names the contradiction and exits 78, of none that can be read 66', async (t) => {
  const file = folder(t);
  const { code, err } = await said((output) => show([file('a.json', { agent: { region: 'x' } }), file('b.json', { agent: { region: 'y' } })], { origin: false, access: noParameters }, output));
  assert.equal(code, 78);
  assert.match(err, /b\.json:3:15 error \/agent\/region: a different value is given in .*a\.json:3:15/);
  assert.equal((await said((output) => show(['/none'], { origin: false, access: noParameters }, output))).code, 66);
});

test('diff exits 0 without a difference and 1 with one, which it prints', async (t) => {
  const file = folder(t);
  const [a, b] = [file('a.json', config(entries(2))), file('b.json', config(entries(2).toReversed()))];
  const c = file('c.json', config(entries(3), { region: 'x' }));
  const compare = (from: string, to: string, json = false): Promise<Said> => said((output) => diff([from, to], { json, access: noParameters }, output));
  assert.deepEqual(await compare(a, b), { code: 0, out: '', err: '' });
  assert.deepEqual(await compare(a, c), {
    code: 1, err: '',
    out: '+ /agent/region: "x"\n+ /logs/logs_collected/files/collect_list/2 (/var/log/app-2/current.log): {"file_path":"/var/log/app-2/current.log","log_group_name":"/fleet/app-2"}\n',
  });
  assert.deepEqual((JSON.parse((await compare(a, c, true)).out) as { kind: string }[]).map(({ kind }) => kind), ['added', 'added']);
  assert.equal((await compare(a, '/none')).code, 66);
  assert.equal((await compare(a, file('d.json', '{'))).code, 78);
});

test('fetch writes a parameter as it was written, unpacked, for its owner alone, and says the version', async (t) => {
  const rig = await startParameters(t);
  const text = JSON.stringify(config(), null, 3);
  await rig.put('/web', packed(text));
  const file = folder(t)('there.json', '').replace('there.json', 'agent.json');
  const { code, out, err } = await fetched(rig, 'ssm:/web', file);
  assert.deepEqual([code, out, err], [0, `${file} written: ${text.length} bytes from ssm:/web, version 1\n`, '']);
  assert.deepEqual([readFileSync(file, 'utf8'), statSync(file).mode & 0o777], [text, 0o600]);
  assert.match((await fetched(rig, 'ssm:/web', file)).out, /holds ssm:\/web, version 1 already; nothing written/);
});

test('fetch keeps the mode of the file it replaces and a link to it, and leaves nothing else behind', async (t) => {
  const rig = await startParameters(t);
  await rig.put('/web', JSON.stringify(config()));
  const file = folder(t)('agent.json', 'old');
  chmodSync(file, 0o640);
  const link = file.replace('agent.json', 'link.json');
  symlinkSync('agent.json', link);
  assert.equal((await fetched(rig, 'ssm:/web', link)).code, 0);
  assert.deepEqual([JSON.parse(readFileSync(file, 'utf8')), statSync(file).mode & 0o777, lstatSync(link).isSymbolicLink()], [config(), 0o640, true]);
  assert.deepEqual(readdirSync(join(file, '..')), ['agent.json', 'link.json']);
});

test('fetch refuses a config with errors and leaves the file alone, unless it is forced', async (t) => {
  const rig = await startParameters(t);
  const wrong = JSON.stringify(config([{ file_path: '/var/log/a.log', encodign: 'utf-8' }]));
  await rig.put('/web', wrong);
  const file = folder(t)('agent.json', 'old');
  const { code, err } = await fetched(rig, 'ssm:/web', file);
  assert.equal(code, 78);
  assert.match(err, /^ssm:\/web:1:\d+ error \/logs\/.*encodign: unknown key; did you mean "encoding"\?\nagent config fetch: 1 error; .*agent\.json is left as it is \(--force writes it all the same\)\n$/s);
  assert.equal(readFileSync(file, 'utf8'), 'old');
  assert.equal((await fetched(rig, 'ssm:/web', file, true)).code, 0);
  assert.equal(readFileSync(file, 'utf8'), wrong);
});

test('fetch of a path writes what its parameters are together; a folder that is not there is said', async (t) => {
  const rig = await startParameters(t);
  await rig.put('/web/a', JSON.stringify(config(entries(1))));
  await rig.put('/web/b', JSON.stringify(config(entries(2))));
  const file = folder(t)('agent.json', '');
  assert.equal((await fetched(rig, 'ssm:/web/', file)).code, 0);
  assert.deepEqual(JSON.parse(readFileSync(file, 'utf8')), config(entries(2)));
  const { code, err } = await fetched(rig, 'ssm:/web/', '/none/agent.json');
  assert.equal(code, 73);
  assert.match(err, /\/none\/agent\.json cannot be written \(ENOENT\): name a file in a folder where this user may write\n$/);
});

const fetched = (rig: ParameterRig, word: string, output: string, force = false): Promise<Said> =>
  said((to) => fetchConfig(word, { output, force, env: { ...HOST, ...rig.env }, access: parameterAccess(rig.env) }, to));

const pushed = (rig: ParameterRig, words: readonly string[], target: string, more: Partial<PushOptions> = {}): Promise<Said> =>
  said((output) => push(words, target, { gzip: false, split: false, type: null, tier: 'auto', env: { ...HOST, ...rig.env }, access: parameterAccess(rig.env), ask: async () => true, ...more }, output));
const stored = async (access: ParameterAccess, word: string): Promise<unknown> => {
  const { root, problems } = await loadSources([word], access);
  assert.deepEqual(problems, []);
  return plainValue(root!);
};
const puts = (rig: ParameterRig): number => rig.endpoint.requests.counts()['PutParameter']?.calls ?? 0;

test('push writes the config minified, shows what changes, says version, tier and bytes, and writes nothing when nothing does', async (t) => {
  const rig = await startParameters(t);
  const file = folder(t);
  const first = await pushed(rig, [file('a.json', config(entries(1)))], 'ssm:AmazonCloudWatch-web');
  const { length } = JSON.stringify(config(entries(1)));
  assert.deepEqual([first.code, first.out], [0, `ssm:AmazonCloudWatch-web version 1, standard tier, ${length} bytes\n`]);
  assert.match(first.err, /nothing is stored there yet; all of this is new:\n\+ \/agent: \{\}\n\+ \/logs: /);
  assert.doesNotMatch(first.err, /note: /);
  const again = await pushed(rig, [file('a.json', config(entries(1)))], 'ssm:AmazonCloudWatch-web');
  assert.deepEqual(again, { code: 0, out: 'ssm:AmazonCloudWatch-web holds this config already; nothing written\n', err: '' });
  const second = await pushed(rig, [file('a.json', config(entries(2)))], 'ssm:AmazonCloudWatch-web');
  assert.match(second.err, /what changes from what is stored now:\n\+ \/logs\/logs_collected\/files\/collect_list\/1 \(\/var\/log\/app-1\/current\.log\): .*\n$/);
  assert.match(second.out, /version 2, standard tier/);
  assert.deepEqual(await stored(parameterAccess(rig.env), 'ssm:AmazonCloudWatch-web'), config(entries(2)));
});

test('push asks: a no writes nothing, and where nobody can be asked --yes is needed', async (t) => {
  const rig = await startParameters(t);
  const file = folder(t)('a.json', config());
  const no = await pushed(rig, [file], 'ssm:/web', { ask: async () => false });
  assert.deepEqual([no.code, no.err.endsWith('nothing is written\n'), /policies AWS manages .* begin with AmazonCloudWatch-/.test(no.err)], [1, true, true]);
  const nobody = await pushed(rig, [file], 'ssm:/web', { ask: null });
  assert.equal(nobody.code, 64);
  assert.match(nobody.err, /nobody can be asked here: add --yes/);
  assert.equal(puts(rig), 0);
});

test('push refuses a config with errors, and one whose sources cannot be read', async (t) => {
  const rig = await startParameters(t);
  const file = folder(t)('a.json', config([{ file_path: 'relative.log' }]));
  assert.equal((await pushed(rig, [file], 'ssm:/web')).code, 78);
  assert.equal((await pushed(rig, ['/none'], 'ssm:/web')).code, 66);
  assert.equal(puts(rig), 0);
});

test('push judges a config without a region as the hosts will, with that of Parameter Store', async (t) => {
  const rig = await startParameters(t);
  const file = folder(t)('a.json', config());
  assert.equal((await pushed(rig, [file], 'ssm:/web', { env: TEST_ENV })).code, 0);
});

test('push takes the advanced tier when it must, and says what would fit when nothing does', async (t) => {
  const rig = await startParameters(t);
  const file = folder(t);
  const [medium, large] = [file('m.json', config(entries(60))), file('l.json', config(entries(120)))];
  const refusal = await pushed(rig, [medium], 'ssm:/web', { tier: 'standard' });
  assert.equal(refusal.code, 65);
  assert.match(refusal.err, /has 4,\d{3} bytes, and a parameter of the standard tier holds 4,096 bytes: use --tier advanced, which AWS charges for, or --gzip, which makes it \d+ bytes, or a path, as in ssm:\/web\/, for several parameters; nothing is written\n$/);
  const advanced = await pushed(rig, [medium], 'ssm:/web');
  assert.match(advanced.err, /; it is of the advanced tier, which AWS charges for\n/);
  assert.match(advanced.out, /version 1, advanced tier/);
  const tooLarge = await pushed(rig, [large], 'ssm:/web');
  assert.equal(tooLarge.code, 65);
  assert.match(tooLarge.err, /has 9,\d{3} bytes, and a parameter of the advanced tier holds 8,192 bytes: use --gzip/);
  const zipped = await pushed(rig, [large], 'ssm:/web', { gzip: true });
  assert.equal(zipped.code, 0);
  assert.deepEqual(await stored(parameterAccess(rig.env), 'ssm:/web'), config(entries(120)));
});

test('push refuses what Parameter Store would take for a reference, but packed', async (t) => {
  const rig = await startParameters(t);
  const file = folder(t)('a.json', config([{ file_path: '/var/log/a.log', log_group_name: 'g', filters: [{ type: 'include', expression: '{{ssm:/secret}}' }] }]));
  const plain = await pushed(rig, [file], 'ssm:/web');
  assert.deepEqual([plain.code, /contains \{\{, which Parameter Store takes for a reference.*--gzip/.test(plain.err), puts(rig)], [65, true, 0]);
  assert.equal((await pushed(rig, [file], 'ssm:/web', { gzip: true })).code, 0);
});

test('push to a path writes parts, replaces them as a whole, and deletes those of before', async (t) => {
  const rig = await startParameters(t);
  const access = parameterAccess(rig.env);
  const file = folder(t);
  const first = await pushed(rig, [file('a.json', config(entries(120)))], 'ssm:/AmazonCloudWatch-web/', { type: 'SecureString' });
  assert.match(first.out, /^(?:ssm:\/AmazonCloudWatch-web\/00\d-of-003-[0-9a-f]{12} version 1, standard tier, [\d,]+ bytes\n){3}$/);
  assert.deepEqual(await stored(access, 'ssm:/AmazonCloudWatch-web/'), config(entries(120)));
  const second = await pushed(rig, [file('a.json', config(entries(60)))], 'ssm:/AmazonCloudWatch-web/');
  assert.match(second.out, /-of-002-.*\n.*-of-002-.*\n3 parts of before deleted\n$/);
  assert.deepEqual(await stored(access, 'ssm:/AmazonCloudWatch-web/'), config(entries(60)));
  const parameters = await access();
  assert.ok(!('fault' in parameters));
  const now = await parameters.below('/AmazonCloudWatch-web', { decrypt: true });
  assert.ok(!('fault' in now));
  assert.deepEqual(now.map(({ type }) => type), ['SecureString', 'SecureString']);
  assert.match((await pushed(rig, [file('a.json', config(entries(60)))], 'ssm:/AmazonCloudWatch-web/')).out, /already; nothing written/);
});

test('a push to a path that is broken off leaves the config of before, and the next one repairs it', async (t) => {
  const rig = await startParameters(t);
  const access = parameterAccess(rig.env);
  const file = folder(t);
  await pushed(rig, [file('a.json', config(entries(60)))], 'ssm:/web/');
  const id = rig.endpoint.faults.add({ kind: 'access-denied', operation: 'PutParameter', skip: 1 });
  const broken = await pushed(rig, [file('a.json', config(entries(120)))], 'ssm:/web/');
  rig.endpoint.faults.remove(id);
  assert.equal(broken.code, 77);
  assert.match(broken.err, /1 of 3 parameters are written; hosts pass them over until a push is complete: push again\n.*may not ssm:PutParameter.*ssm:PutParameter on arn:aws:ssm:us-east-1:\*:parameter\/web\/002-of-003/);
  assert.deepEqual(await stored(access, 'ssm:/web/'), config(entries(60)));
  const repaired = await pushed(rig, [file('a.json', config(entries(60)))], 'ssm:/web/');
  assert.match(repaired.out, /one part of before deleted\n$/);
  assert.match(repaired.err, /the config stays as it is; what a push that was broken off has left beside it is deleted\n$/);
  const parameters = await access();
  assert.ok(!('fault' in parameters));
  assert.equal((await parameters.below('/web', { decrypt: false }) as readonly unknown[]).length, 2);
});

test('push writes nothing beside parameters that are none of its own, and never turns one type into another', async (t) => {
  const rig = await startParameters(t);
  const file = folder(t)('a.json', config());
  await rig.put('/web/password', 'x', { type: 'SecureString' });
  const beside = await pushed(rig, [file], 'ssm:/web/');
  assert.deepEqual([beside.code, /\/web\/password lies below it and was not written by push/.test(beside.err)], [73, true]);
  await rig.put('/one', '{}');
  assert.equal((await pushed(rig, [file], 'ssm:/one', { type: 'SecureString' })).code, 64);
  assert.equal(puts(rig), 2);
});

test('push names what cannot be a target', async (t) => {
  const rig = await startParameters(t);
  const file = folder(t)('a.json', config());
  for (const [target, more] of [['agent.json', {}], ['ssm:/a:3', {}], ['ssm:/a', { split: true }], ['ssm:/a/', { gzip: true }], ['s3:a', {}]] as const) {
    const { code, err } = await pushed(rig, [file], target, more);
    assert.deepEqual([code, err.startsWith('agent config push: ')], [64, true], target);
  }
});

test('a yes of a person is needed: y or yes, and neither Ctrl-C nor the end of the input', async () => {
  const asked = async (answer: string): Promise<boolean> => {
    const input = new PassThrough();
    input.end(answer);
    return confirmed('Write?', input, new PassThrough());
  };
  assert.deepEqual([await asked('y\n'), await asked('YES\n'), await asked('n\n'), await asked('\n'), await asked(''), await asked('yesterday\n')], [true, true, false, false, false, false]);
});

test('the commands are there on the command line, with the target last', async (t) => {
  const rig = await startParameters(t);
  const file = folder(t)('a.json', config());
  const run = async (...args: readonly string[]): Promise<Said> => {
    const child = spawn(process.execPath, [MAIN, 'config', ...args], { stdio: ['ignore', 'pipe', 'pipe'], env: { ...HOST, ...rig.env } });
    let out = '';
    let err = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => { out += text; });
    child.stderr.setEncoding('utf8').on('data', (text: string) => { err += text; });
    const [code] = await once(child, 'close') as [number];
    return { code, out, err };
  };
  const unasked = await run('push', '--config', file, 'ssm:/web');
  assert.deepEqual([unasked.code, /add --yes/.test(unasked.err)], [64, true]);
  assert.match((await run('push', '--yes', '--config', file, 'ssm:/web')).out, /version 1/);
  assert.equal((await run('diff', file, 'ssm:/web')).code, 0);
  assert.deepEqual(JSON.parse((await run('show', '--config', 'ssm:/web')).out), config());
  const usual = await run('show');
  assert.deepEqual([usual.code, /there is no config: neither \/etc\/unified-agent/.test(usual.err)], [78, true]);
});
