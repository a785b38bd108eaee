import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import { createServer, request } from 'node:http';
import { join } from 'node:path';
import { test } from 'node:test';
import { openControl } from '../../src/control/server.ts';
import { NoAgentError, askReload, askStatus } from '../../src/control/client.ts';
import { json } from '../../src/control/route.ts';
import type { Route } from '../../src/control/route.ts';
import type { StatusDocument } from '../../src/control/status-document.ts';
import { status } from '../../src/cli/status.ts';
import { AgentReport } from '../../src/report/agent-report.ts';
import { childConfig, startChild } from '../support/child-agent.ts';
import { rigFor, until } from '../support/rig.ts';
import { scratch } from '../support/state.ts';

const DOCUMENT = { statusVersion: 1, at: 7 } as StatusDocument;
const ROUTES: readonly Route[] = [
  { method: 'GET', path: '/status', answer: () => json(DOCUMENT) },
  { method: 'POST', path: '/echo', parameters: ['a', 'b'], answer: ({ query, body }) => json({ query, body: body.toString() }) },
  { method: 'GET', path: '/broken', answer: () => { throw new Error('no idea'); } },
];
const quiet = (): { readonly report: AgentReport; readonly said: string[] } => {
  const said: string[] = [];
  return { said, report: new AgentReport((_, message) => said.push(message), Date.now) };
};

test('the socket answers its status, is open to its owner alone, and is gone after the end', async (t) => {
  const stateDirectory = await scratch(t);
  const before = process.umask(0);
  try {
    const { report, said } = quiet();
    await using control = await openControl({ stateDirectory, routes: ROUTES, report });
    assert.deepEqual([control.open, said], [true, []]);
    assert.equal(statSync(join(stateDirectory, 'control.sock')).mode & 0o777, 0o600);
    assert.deepEqual(await askStatus(stateDirectory), DOCUMENT);
  } finally {
    process.umask(before);
  }
  await assert.rejects(askStatus(stateDirectory), /no agent runs on .*agent run --state-dir/);
});

test('a state directory whose path is longer than a socket address may be is reached all the same', async (t) => {
  const stateDirectory = join(await scratch(t), 'd'.repeat(150));
  mkdirSync(stateDirectory);
  await using control = await openControl({ stateDirectory, routes: ROUTES, report: quiet().report });
  assert.ok(control.open);
  assert.deepEqual(await askStatus(stateDirectory), DOCUMENT);
});

test('who may not open the socket is told as whom they ask, whose it is and what to run, and is answered once they may', async (t) => {
  const stateDirectory = await scratch(t);
  await using control = await openControl({ stateDirectory, routes: ROUTES, report: quiet().report });
  assert.ok(control.open);
  const socket = join(stateDirectory, 'control.sock');
  // Root may open whatever it likes.
  const isRoot = process.geteuid!() === 0;
  const refuse = (): void => { if (isRoot) process.seteuid!(65_534); else chmodSync(socket, 0); };
  const admit = (): void => { if (isRoot) process.seteuid!(0); else chmodSync(socket, 0o600); };
  refuse();
  try {
    await assert.rejects(askStatus(stateDirectory), (error: Error) => error instanceof NoAgentError && /control\.sock may not be opened as the user \S+: it is \S+'s alone\. Run the same command with sudo/.test(error.message));
  } finally {
    admit();
  }
  assert.deepEqual(await askStatus(stateDirectory), DOCUMENT);
});

test('where the socket cannot be opened the agent is told to run on without it, with path, cause and next step', async (t) => {
  const stateDirectory = await scratch(t);
  mkdirSync(join(stateDirectory, 'control.sock'));
  const { report, said } = quiet();
  await using control = await openControl({ stateDirectory, routes: ROUTES, report });
  assert.equal(control.open, false);
  assert.match(said[0]!, /control\.sock cannot be opened \(.*\): the agent runs on, but `agent status` cannot reach it; check /);
});

test('what is unknown, not possible, too long or broken is answered with why and what there is, and the agent goes on', async (t) => {
  const stateDirectory = await scratch(t);
  const { report, said } = quiet();
  await using _ = await openControl({ stateDirectory, routes: ROUTES, report });
  const send = (method: string, path: string, body = ''): Promise<string> => new Promise((resolve, reject) => {
    request({ socketPath: join(stateDirectory, 'control.sock'), method, path }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (piece: string) => { text += piece; }).once('end', () => { resolve(`${response.statusCode ?? 0} ${text}`); });
    }).once('error', reject).end(body);
  });
  assert.match(await send('GET', '/'), /^404 .*\/ is unknown; GET \/status, POST \/echo and GET \/broken are what there is/);
  assert.match(await send('POST', '/status'), /^405 .*POST \/status is not possible; GET is/);
  assert.match(await send('GET', '/status?x=1'), /^400 .*no parameter x; it takes none/);
  assert.match(await send('POST', '/echo?c=1'), /^400 .*no parameter c; it takes a and b/);
  assert.match(await send('POST', '/echo?a=1&a=2'), /^400 .*a is given twice/);
  assert.equal(await send('POST', '/echo?b=%2F&a=1', 'x'.repeat(65_536)), `200 ${JSON.stringify({ query: { b: '/', a: '1' }, body: 'x'.repeat(65_536) })}`);
  assert.match(await send('POST', '/echo', 'x'.repeat(1 << 20)), /^413 .*more than 65536 bytes/);
  assert.deepEqual(said, []);
  assert.match(await send('GET', '/broken'), /^500 .*GET \/broken failed: no idea/);
  assert.match(said[0]!, /control\.sock: GET \/broken failed: no idea; this is a defect/);
  assert.match(await send('GET', '/status'), /^200 /);
});

test('a route is told when whoever asked has gone away', async (t) => {
  const stateDirectory = await scratch(t);
  const [asked, left] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const waiting: Route = { method: 'GET', path: '/wait', answer: ({ gone }) => {
    gone.addEventListener('abort', () => { left.resolve(); });
    asked.resolve();
    return new Promise(() => {});
  } };
  await using _ = await openControl({ stateDirectory, routes: [waiting], report: quiet().report });
  const call = request({ socketPath: join(stateDirectory, 'control.sock'), path: '/wait' }).once('error', () => {});
  call.end();
  await asked.promise;
  call.destroy();
  await left.promise;
});

test('whoever asks while as many as can be are answered is told to ask again', async (t) => {
  const stateDirectory = await scratch(t);
  const full = Promise.withResolvers<void>();
  let asked = 0;
  const waiting: Route = { method: 'GET', path: '/wait', answer: () => {
    if (++asked === 16) full.resolve();
    return new Promise(() => {});
  } };
  await using _ = await openControl({ stateDirectory, routes: [waiting, ...ROUTES], report: quiet().report });
  const calls = Array.from({ length: 16 }, () => request({ socketPath: join(stateDirectory, 'control.sock'), path: '/wait' }).once('error', () => {}));
  for (const call of calls) call.end();
  await full.promise;
  await assert.rejects(askStatus(stateDirectory), /has closed the connection: it answers 16 at once at most, or ends just now; ask again/);
  for (const call of calls) call.destroy();
});

test('an agent of an earlier version is said to be one where it is asked what it does not know', async (t) => {
  const stateDirectory = await scratch(t);
  await using _ = await openControl({ stateDirectory, routes: ROUTES, report: quiet().report });
  await assert.rejects(askReload(stateDirectory), (error) => error instanceof NoAgentError && /knows no POST \/reload: it is of an earlier version than this command; restart it/.test(error.message));
});

test('an agent that does not answer, or answers in another format, is said to, with what to do', async (t) => {
  const stateDirectory = await scratch(t);
  const answers: ((end: (body: string) => void) => void)[] = [() => {}, (end) => end('{"statusVersion":2}'), (end) => end('hello')];
  const server = createServer((_, response) => answers.shift()!((body) => { response.end(body); }));
  await new Promise<void>((resolve) => { server.listen(join(stateDirectory, 'control.sock'), resolve); });
  t.after(() => { server.close(); server.closeAllConnections(); });
  await assert.rejects(askStatus(stateDirectory, 50), (error) => error instanceof NoAgentError && /does not answer within 0.05 s/.test(error.message));
  await assert.rejects(askStatus(stateDirectory), /answers in format 2, this command reads format 1/);
  await assert.rejects(askStatus(stateDirectory), /what answers there is no agent/);
});

test('agent status: 0 for a healthy agent, 1 when its environment was changed, 69 with the next step when it was killed, 0 again after its restart over the stale socket', async (t) => {
  const folder = await scratch(t);
  const { url } = await rigFor(t);
  writeFileSync(join(folder, 'a.log'), 'one\ntwo\n');
  const config = childConfig(url, [{ file_path: join(folder, 'a.log') }, { file_path: 'relative.log' }]);
  const state = join(folder, 'state');
  const environment = join(folder, 'env-config.json');
  writeFileSync(environment, '{}');
  const run = async (json = true): Promise<{ readonly code: number; readonly out: string; readonly err: string }> => {
    let [out, err] = ['', ''];
    const code = await status(state, json, { out: (text) => { out += text; }, err: (text) => { err += text; } });
    return { code, out, err };
  };
  const first = await startChild(t, { config: childConfig(url, [{ file_path: join(folder, 'a.log') }]), folder, args: ['--env-config', environment] });
  await until('two events', async () => (JSON.parse((await run()).out || '{"counters":{}}') as StatusDocument).counters.deliveredEvents === 2);
  const healthy = await run(false);
  assert.equal(healthy.code, 0);
  assert.match(healthy.out, new RegExp(`pid ${first.pid}.*\\n.*\\n\\nconfig .*\\n\\nno problems\\n\\n1 file of 1 entry, 0 B not acknowledged\\n`));
  writeFileSync(environment, '{"AWS_PROFILE":"other"}');
  const changed = await run(false);
  assert.equal(changed.code, 1, changed.out);
  const stale = new RegExp(`AWS_PROFILE of ${environment}: set, changed or taken out after the agent started, .*Next step: stop the agent and start it again`);
  assert.match(changed.out, stale);
  assert.match((await askReload(state)).problems, stale);
  await first.says(stale);
  await first.kill();
  assert.ok(statSync(join(state, 'control.sock')).isSocket(), 'the killed agent leaves its socket behind');
  const killed = await run();
  assert.deepEqual([killed.code, killed.out], [69, '']);
  assert.match(killed.err, /^agent status: the agent on .* has ended without cleaning up .*agent run --state-dir/);
  const second = await startChild(t, { config, folder });
  await until('the second agent to answer', async () => (await run()).code !== 69);
  const disabled = await run(false);
  assert.equal(disabled.code, 1, 'an entry that does not run is a problem');
  assert.match(disabled.out, new RegExp(`pid ${second.pid}`));
  assert.match(disabled.out, /1 problem\n {2}\/logs\/logs_collected\/files\/collect_list\/1 relative\.log: does not run: /);
  assert.equal(await second.stop(), 0);
  assert.equal((await run()).code, 69);
});
