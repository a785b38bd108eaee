import assert from 'node:assert/strict';
import { request } from 'node:http';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { AskedAgent } from '../../src/cli/asked-agent.ts';
import { uiCommand } from '../../src/cli/ui.ts';
import { NoAgentError } from '../../src/control/client.ts';
import type { StatusDocument } from '../../src/control/status-document.ts';
import { Gate } from '../../src/ui/gate.ts';
import { pageOf } from '../../src/ui/page.ts';
import { servePage } from '../../src/ui/server.ts';
import type { PageServer } from '../../src/ui/server.ts';
import { until } from '../support/rig.ts';

const PAGE = pageOf('<title>the page</title><style>a</style><script>b</script>');

/** As much of it as its problems are told from. */
const HEALTHY = { checkpointTrouble: null, config: { refused: null, unreachable: null }, destinations: { list: [] }, files: { list: [] }, skipped: { list: [] }, disabled: [] } as unknown as StatusDocument;

async function serve(facts: () => Promise<string> = () => Promise.resolve('{"fact":1}')): Promise<PageServer> {
  return servePage({ host: '127.0.0.1', port: 0, gate: new Gate({ token: 'secret', remote: false, command: 'agent ui' }), page: PAGE, facts });
}

interface Answer { readonly status: number; readonly body: string; readonly headers: Readonly<Record<string, string | string[] | undefined>> }

/** With the Host header as given, which fetch would not send. */
function ask(port: number, path: string, headers: Readonly<Record<string, string>> = {}, method = 'GET'): Promise<Answer> {
  return new Promise((resolve, reject) => {
    request({ port, path, method, headers: { host: `127.0.0.1:${port}`, ...headers } }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (text: string) => { body += text; }).once('end', () => { resolve({ status: response.statusCode ?? 0, body, headers: response.headers }); });
    }).once('error', reject).end();
  });
}

test('the page and its facts are served for the token alone, and nothing of them is in a refusal', async () => {
  await using server = await serve();
  const { status, body, headers } = await ask(server.port, '/?token=secret');
  assert.deepEqual([status, body, headers['cache-control']], [200, PAGE.body, 'no-store']);
  const cookie = headers['set-cookie']![0]!.split(';')[0]!;
  assert.deepEqual([(await ask(server.port, '/facts', { cookie })).body, (await ask(server.port, '/', { cookie })).body], ['{"fact":1}', PAGE.body]);
  for (const [path, more, expected] of [['/', {}, 401], ['/facts', {}, 401], ['/facts', { cookie: `${cookie}x` }, 401], ['/facts', { cookie, host: 'evil.example' }, 403], ['/facts', { cookie, origin: 'http://evil.example' }, 403], ['/nothing', { cookie }, 404]] as const) {
    const refused = await ask(server.port, path, more);
    assert.equal(refused.status, expected, `${path} ${JSON.stringify(more)}`);
    assert.doesNotMatch(refused.body, /fact":|the page<|secret/);
  }
});

test('nothing can be changed: any method but GET and HEAD is refused', async () => {
  await using server = await serve();
  for (const method of ['POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS']) assert.equal((await ask(server.port, '/facts?token=secret', {}, method)).status, 405, method);
});

test('however many look, the agent is asked once at a time, and less often when it takes long to answer', async () => {
  let asked = 0;
  await using server = await serve(async () => {
    asked++;
    await delay(100);
    return '{}';
  });
  const look = (): Promise<Answer> => ask(server.port, '/facts?token=secret');
  await Promise.all(Array.from({ length: 8 }, look));
  await look();
  assert.equal(asked, 1, 'a fresh answer is shared');
  const answered = performance.now();
  await until('the agent to be asked again', async () => { await look(); return asked === 2; });
  assert.ok(performance.now() - answered > 1500, '100 ms of work are asked for each 2 s at most');
});

test('an agent that cannot be asked is said in the terminal, once for each cause, and so is that it can be again; one that answers is left alone', async () => {
  const said: string[] = [];
  let trouble: string | null = 'control.sock may not be opened';
  const asked: (string | null)[] = [];
  const pauses: ((goesOn: boolean) => void)[] = [];
  const agent = new AskedAgent({
    ask: () => {
      asked.push(trouble);
      return trouble === null ? Promise.resolve(HEALTHY) : Promise.reject(new NoAgentError(trouble));
    },
    say: (line) => { said.push(line); },
    pause: () => new Promise((resolve) => { pauses.push(resolve); }),
  });
  const watch = agent.watch();
  const look = async (goesOn = true): Promise<void> => {
    await until('the watch to pause', () => pauses.length > 0);
    pauses.pop()!(goesOn);
    if (goesOn) await until('the next pause', () => pauses.length > 0);
  };
  await look();
  assert.equal(await agent.facts(), '{"noAgent":"control.sock may not be opened"}');
  assert.deepEqual(said, ['control.sock may not be opened. The page says so too, and shows the agent as soon as it can be asked'], 'once, however often it is asked');
  trouble = null;
  await look();
  assert.deepEqual([said.length, said[1]], [2, 'the agent answers now']);
  const before = asked.length;
  await look();
  await look();
  assert.equal(asked.length, before);
  trouble = 'gone';
  await agent.facts();
  assert.match(said[2]!, /^gone\. /);
  await look(false);
  await watch;
});

for (const [flags, reason] of [
  [['--host', '0.0.0.0'], /not a loopback address.*ssh -L.*--allow-remote/],
  [['--port', 'x'], /port from 0/],
] as const) {
  test(`agent ui ${flags.join(' ')} is refused with the reason`, async (t) => {
    let said = '';
    t.mock.method(process.stderr, 'write', (text: string) => { said += text; return true; });
    const before = process.exitCode;
    const command = uiCommand().exitOverride();
    await command.parseAsync([...flags], { from: 'user' }).catch(() => { process.exitCode = 64; });
    assert.equal(process.exitCode, 64);
    process.exitCode = before;
    assert.match(said, reason);
  });
}
