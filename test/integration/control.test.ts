import assert from 'node:assert/strict';
import { mkdirSync, statSync, writeFileSync } from 'node:fs';
import { createServer, request } from 'node:http';
import { join } from 'node:path';
import { test } from 'node:test';
import { openControl } from '../../src/control/server.ts';
import { NoAgentError, askStatus } from '../../src/control/client.ts';
import type { ReloadDocument, StatusDocument } from '../../src/control/status-document.ts';
import { status } from '../../src/cli/status.ts';
import { AgentReport } from '../../src/report/agent-report.ts';
import { childConfig, startChild } from '../support/child-agent.ts';
import { rigFor, until } from '../support/rig.ts';
import { scratch } from '../support/state.ts';

const DOCUMENT = { statusVersion: 1, at: 7 } as StatusDocument;
const reload = (): Promise<ReloadDocument> => Promise.resolve({ outcome: 'unchanged', problems: '' });
const metrics = (): Promise<{ readonly type: string; readonly text: string }> => Promise.resolve({ type: 'text/plain', text: 'unified_agent_troubles 0\n' });
const quiet = (): { readonly report: AgentReport; readonly said: string[] } => {
  const said: string[] = [];
  return { said, report: new AgentReport((_, message) => said.push(message), Date.now) };
};

test('the socket answers its status, is open to its owner alone, and is gone after the end', async (t) => {
  const stateDirectory = await scratch(t);
  const before = process.umask(0);
  try {
    const { report, said } = quiet();
    await using control = await openControl({ stateDirectory, status: () => DOCUMENT, reload, metrics, report });
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
  await using control = await openControl({ stateDirectory, status: () => DOCUMENT, reload, metrics, report: quiet().report });
  assert.ok(control.open);
  assert.deepEqual(await askStatus(stateDirectory), DOCUMENT);
});

test('where the socket cannot be opened the agent is told to run on without it, with path, cause and next step', async (t) => {
  const stateDirectory = await scratch(t);
  mkdirSync(join(stateDirectory, 'control.sock'));
  const { report, said } = quiet();
  await using control = await openControl({ stateDirectory, status: () => DOCUMENT, reload, metrics, report });
  assert.equal(control.open, false);
  assert.match(said[0]!, /control\.sock cannot be opened \(.*\): the agent runs on, but `agent status` cannot reach it; check /);
});

test('what is neither GET /status nor GET /metrics nor POST /reload is refused with what there is', async (t) => {
  const stateDirectory = await scratch(t);
  await using _ = await openControl({ stateDirectory, status: () => DOCUMENT, reload, metrics, report: quiet().report });
  const ask = (method: string, path: string): Promise<number> => new Promise((resolve, reject) => {
    request({ socketPath: join(stateDirectory, 'control.sock'), method, path }, (response) => { response.resume(); resolve(response.statusCode ?? 0); }).once('error', reject).end();
  });
  assert.deepEqual([await ask('GET', '/'), await ask('POST', '/status'), await ask('GET', '/status'), await ask('GET', '/reload'), await ask('POST', '/reload'), await ask('GET', '/metrics'), await ask('POST', '/metrics')], [404, 405, 200, 405, 200, 200, 405]);
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

test('agent status: 0 for a healthy agent, 69 with the next step when it was killed, 0 again after its restart over the stale socket', async (t) => {
  const folder = await scratch(t);
  const { url } = await rigFor(t);
  writeFileSync(join(folder, 'a.log'), 'one\ntwo\n');
  const config = childConfig(url, [{ file_path: join(folder, 'a.log') }, { file_path: 'relative.log' }]);
  const state = join(folder, 'state');
  const run = async (json = true): Promise<{ readonly code: number; readonly out: string; readonly err: string }> => {
    let [out, err] = ['', ''];
    const code = await status(state, json, { out: (text) => { out += text; }, err: (text) => { err += text; } });
    return { code, out, err };
  };
  const first = await startChild(t, { config: childConfig(url, [{ file_path: join(folder, 'a.log') }]), folder });
  await until('two events', async () => (JSON.parse((await run()).out || '{"counters":{}}') as StatusDocument).counters.deliveredEvents === 2);
  const healthy = await run(false);
  assert.equal(healthy.code, 0);
  assert.match(healthy.out, new RegExp(`pid ${first.pid}.*\\n.*\\n\\nconfig .*\\n\\nno problems\\n\\n1 file of 1 entry, 0 B not acknowledged\\n`));
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
