import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { suite, test } from 'node:test';

const command = join(import.meta.dirname, '../../src/cli/endpoint.ts');

interface Ran { readonly code: number | null; readonly stdout: string; readonly stderr: string }

/** Runs `agent endpoint` with the flags; once the URL is printed, `then` is called, and the process gets the signal. */
async function run(flags: readonly string[], signal: NodeJS.Signals = 'SIGTERM', then: (url: string) => Promise<void> = async () => {}): Promise<Ran> {
  const script = `import { endpointCommand } from ${JSON.stringify(command)}; await endpointCommand().parseAsync(process.argv.slice(1), { from: 'user' });`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script, '--', ...flags], { stdio: ['ignore', 'pipe', 'pipe'] });
  let stdout = '';
  let stderr = '';
  let called = false;
  child.stderr.setEncoding('utf8').on('data', (text: string) => { stderr += text; });
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
    const url = /http:\/\/[\d.:]+/.exec(stdout)?.[0];
    if (url === undefined || called || !stdout.includes('\n')) return;
    called = true;
    void then(url).finally(() => child.kill(signal));
  });
  const code = await new Promise<number | null>((resolve) => { child.once('close', resolve); });
  return { code, stdout, stderr };
}

suite('agent endpoint', () => {
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    test(`prints the URL, the environment of a client and a config line, and ends with 0 on ${signal}`, async () => {
      const { code, stdout, stderr } = await run(['--port', '0'], signal);
      assert.deepEqual([code, stderr], [0, '']);
      assert.match(stdout, /AWS_ENDPOINT_URL=http:\/\/127\.0\.0\.1:\d+/);
      assert.match(stdout, /"endpoint_override": "http:\/\/127\.0\.0\.1:\d+"/);
    });
  }

  test('begins with the faults given, and says each new stream', async () => {
    const { stdout } = await run(['--port', '0', '--fault', '{"kind":"throttle","operation":"PutLogEvents"}', '{"kind":"latency","ms":1}'], 'SIGTERM', async (url) => {
      const call = async (operation: string): Promise<number> => (await fetch(url, { method: 'POST', headers: { 'x-amz-target': `Logs_20140328.${operation}` }, body: '{"logGroupName":"g","logStreamName":"s"}' })).status;
      assert.deepEqual([await call('CreateLogGroup'), await call('CreateLogStream'), await call('PutLogEvents')], [200, 200, 400]);
      const faults = (await (await fetch(`${url}/_faults`)).json()) as { fired: number }[];
      assert.deepEqual(faults.map(({ fired }) => fired), [1, 3]);
    });
    assert.match(stdout, /^new stream g s$/m);
  });

  test('beyond loopback its own paths need the token it prints, AWS calls do not; another site\'s name leads nowhere on loopback', async () => {
    const asked = async (url: string, init: RequestInit = {}): Promise<number> => (await fetch(url, init)).status;
    const list = { method: 'POST', headers: { 'x-amz-target': 'Logs_20140328.DescribeLogGroups' }, body: '{}' };
    let found: readonly number[] = [];
    const { stdout } = await run(['--port', '0', '--host', '0.0.0.0', '--allow-remote'], 'SIGTERM', async (url) => {
      found = [await asked(`${url}/_requests`), await asked(`${url}/_faults`, { method: 'POST', body: '{"kind":"hang"}' }), await asked(`${url}/_requests?token=wrong`), await asked(url, list)];
    });
    assert.deepEqual(found, [401, 401, 401, 200]);
    assert.match(stdout, /_requests\?token=[\w-]{43} /);
    await run(['--port', '0'], 'SIGTERM', async (url) => {
      found = [await asked(`${url}/_requests`), await asked(`${url}/_faults`, { method: 'POST', body: '{"kind":"hang"}', headers: { origin: 'http://evil.example' } }), await asked(url, list)];
    });
    assert.deepEqual(found, [200, 403, 200]);
  });

  test('--quiet prints the URL alone', async () => {
    assert.match((await run(['--port', '0', '--quiet'])).stdout, /^http:\/\/127\.0\.0\.1:\d+\n$/);
  });

  for (const [flags, reason] of [
    [['--host', '0.0.0.0', '--port', '0'], /not a loopback address.*--allow-remote/],
    [['--fault', '{', '--port', '0'], /--fault \{: not valid JSON/],
    [['--fault', '{"kind":"x"}', '--port', '0'], /"kind" must be one of/],
    [['--port', 'x'], /port from 0/],
  ] as const) {
    test(`${flags.join(' ')} is refused with the reason`, async () => {
      const { code, stderr } = await run(flags);
      assert.match(stderr, reason);
      assert.notEqual(code, 0);
    });
  }

  test('a port in use is said, with what to do', async () => {
    await run(['--port', '0'], 'SIGTERM', async (url) => {
      const { code, stderr } = await run(['--port', new URL(url).port]);
      assert.equal(code, 69);
      assert.match(stderr, /EADDRINUSE.*choose another port with --port/);
    });
  });
});
