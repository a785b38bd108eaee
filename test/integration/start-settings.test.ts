import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import type { TestContext } from 'node:test';
import { buildAgent } from '../../scripts/build.ts';
import { CODE_CACHE, DAEMON_PROGRAM } from '../../src/cli/program-file.ts';
import { FLAGS } from '../../src/cli/start-settings.ts';
import { childConfig, startChild } from '../support/child-agent.ts';
import type { ChildAgent } from '../support/child-agent.ts';
import { localOnly } from '../support/endpoint-choice.ts';
import { startProxy } from '../support/forward-proxy.ts';
import { append } from '../support/log-files.ts';
import { rigFor } from '../support/rig.ts';
import { startServiceManager } from '../support/service-manager.ts';

const build = mkdtempSync(join(tmpdir(), 'build-'));
const cache = join(build, CODE_CACHE);
before(() => buildAgent(build));
after(() => { rmSync(build, { recursive: true }); });

/** Gives the process that was started to `look`, once it has delivered. */
async function whileRunning(t: TestContext, env: Readonly<Record<string, string>>, look: (child: ChildAgent) => void): Promise<void> {
  const rig = await rigFor(t);
  append(rig.path('app.log'), ['one']);
  const child = await startChild(t, { program: join(build, 'agent.js'), folder: dirname(rig.logs), config: childConfig(rig.url, [{ file_path: rig.path('app.log') }]), env });
  await rig.arrived(['one']);
  look(child);
  assert.equal(await child.stop(), 0);
}

const partsOf = (child: ChildAgent, file: 'environ' | 'cmdline'): readonly string[] => readFileSync(`/proc/${child.pid}/${file}`, 'utf8').split('\0');
const allocatorOf = (child: ChildAgent): readonly string[] => partsOf(child, 'environ').filter((entry) => entry.startsWith('MALLOC_')).toSorted();

/** What the engine says of the code cache, with the flags of `run`. */
function isAccepted(): boolean {
  const source = `import { programOf } from ${JSON.stringify(join(import.meta.dirname, '../../src/cli/program-file.ts'))}; console.log(programOf(${JSON.stringify(build)}, ${JSON.stringify(DAEMON_PROGRAM)}, true).cachedDataRejected ?? 'without')`;
  return execFileSync(process.execPath, [...FLAGS, '--input-type=module', '-e', source], { encoding: 'utf8' }).trim() === 'false';
}

test('run: the process that was started delivers, with its flags, one allocator arena and free blocks given back', async (t) => {
  await whileRunning(t, {}, (child) => {
    assert.deepEqual(allocatorOf(child), ['MALLOC_ARENA_MAX=1', 'MALLOC_MMAP_THRESHOLD_=131072', 'MALLOC_TRIM_THRESHOLD_=131072']);
    assert.deepEqual(partsOf(child, 'cmdline').slice(1, 1 + FLAGS.length), FLAGS);
  });
});

test('run: an allocator setting of whoever starts the agent is left alone', async (t) => {
  await whileRunning(t, { MALLOC_ARENA_MAX: '3' }, (child) => { assert.equal(allocatorOf(child)[0], 'MALLOC_ARENA_MAX=3'); });
});

test('run: the credentials of the instance are asked for without a proxy, whatever the runtime is told', localOnly('moto verifies no signature'), async (t) => {
  const keys = { accessKeyId: 'ASIAINSTANCE', secretAccessKey: 'of-the-instance' };
  const metadata = createServer((request, response) => {
    const role = { Code: 'Success', AccessKeyId: keys.accessKeyId, SecretAccessKey: keys.secretAccessKey, Token: 't', Expiration: new Date(Date.now() + 3_600_000).toISOString() };
    response.end(request.method === 'PUT' ? 'token' : request.url?.endsWith('/role') === true ? JSON.stringify(role) : 'role');
  });
  await new Promise<void>((resolve) => { metadata.listen(0, '127.0.0.1', resolve); });
  t.after(() => { metadata.closeAllConnections(); metadata.close(); });
  const rig = await rigFor(t, { endpointOptions: { verifySignatures: keys } });
  append(rig.path('app.log'), ['one']);
  const proxy = await startProxy(t, { hosts: {} });
  const env = {
    NODE_USE_ENV_PROXY: '1', HTTP_PROXY: `http://127.0.0.1:${proxy.port}`, AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: '',
    AWS_EC2_METADATA_DISABLED: 'false', AWS_EC2_METADATA_SERVICE_ENDPOINT: `http://127.0.0.1:${(metadata.address() as AddressInfo).port}`,
  };
  const child = await startChild(t, { program: join(build, 'agent.js'), folder: dirname(rig.logs), config: childConfig(rig.url, [{ file_path: rig.path('app.log') }]), env });
  await rig.arrived(['one']);
  assert.equal(await child.stop(), 0);
  assert.deepEqual(proxy.asked, []);
});

test('run: the process that was started tells the service manager that it is ready, and says nothing of what the runtime finds experimental', async (t) => {
  const name = `@unified-agent-start-${process.pid}`;
  const manager = await startServiceManager(t, name);
  await whileRunning(t, { NOTIFY_SOCKET: name }, (child) => {
    assert.deepEqual(manager.told[0]?.[0], 'READY=1');
    assert.doesNotMatch(child.said(), /Warning/);
  });
});

test('run: a filter that would search a hostile line for twenty seconds is finished by the linear engine', async (t) => {
  const rig = await rigFor(t);
  const hostile = 'a'.repeat(400) + 'b'.repeat(400) + 'c'.repeat(400);
  append(rig.path('app.log'), [hostile, 'plain']);
  const filters = [{ type: 'exclude', expression: 'a.*b.*c.*d' }];
  const child = await startChild(t, { program: join(build, 'agent.js'), folder: dirname(rig.logs), config: childConfig(rig.url, [{ file_path: rig.path('app.log'), filters }]) });
  await rig.arrived([hostile, 'plain'], 5_000);
  assert.equal(await child.stop(), 0);
});

test('build: the engine takes the code cache as its own, with the functions that a run needs', () => {
  assert.ok(isAccepted());
  assert.ok(statSync(cache).size > 1_000_000, `${statSync(cache).size} bytes`);
});

test('run: with its flags the engine takes the runtime\'s own modules in their compiled form, of which a start needs a hundred', () => {
  const source = `for (const name of ['http', 'https', 'crypto', 'tls', 'sqlite']) require('node:' + name);
    const { compiledWithCache, compiledWithoutCache } = require('internal/test/binding').internalBinding('builtins').getCacheUsage();
    console.log(JSON.stringify([compiledWithCache.size > 50, [...compiledWithoutCache]]))`;
  const seen = execFileSync(process.execPath, [...FLAGS, '--no-warnings', '--expose-internals', '-e', source], { encoding: 'utf8' });
  assert.deepEqual(JSON.parse(seen), [true, []]);
});

const SPOILED = [
  ['torn', () => { truncateSync(cache, 100_000); }],
  ['no cache at all', () => { writeFileSync(cache, 'something else'); }],
  ['missing', () => { rmSync(cache); }],
] as const;

for (const [what, spoil] of SPOILED) {
  test(`run: with a code cache that is ${what} it starts all the same`, async (t) => {
    const good = readFileSync(cache);
    t.after(() => { writeFileSync(cache, good); });
    spoil();
    await whileRunning(t, {}, () => undefined);
  });
}
