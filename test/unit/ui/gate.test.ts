import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { test } from 'node:test';
import { Gate, newToken } from '../../../src/ui/gate.ts';
import { pageOf } from '../../../src/ui/page.ts';

const TOKEN = newToken();
const NAME = `agent_page_${createHash('sha256').update(TOKEN).digest('hex').slice(0, 8)}`;
const LOCAL = '127.0.0.1:4581';

/** Status of the refusal of a request, or null when it is let in. */
function asked(gate: Gate, headers: Readonly<Record<string, string>>, url = '/facts', method = 'GET'): number | null {
  return gate.refuse({ headers: { host: LOCAL, ...headers }, url, method } as unknown as IncomingMessage)?.status ?? null;
}

test('the token opens from the URL and from the cookie, and nothing near it does', () => {
  const gate = new Gate({ token: TOKEN, remote: false, command: 'agent ui' });
  assert.deepEqual([asked(gate, {}, `/?token=${TOKEN}`), asked(gate, { cookie: `a=b; ${NAME}=${TOKEN}; c=d` })], [null, null]);
  for (const headers of [{}, { cookie: `${NAME}=` }, { cookie: `${NAME}=${TOKEN}x` }, { cookie: `${NAME}=${TOKEN.slice(1)}` }, { cookie: `other_${NAME}=${TOKEN}` }]) assert.equal(asked(gate, headers), 401);
  assert.equal(asked(gate, {}, '/?token='), 401);
  assert.notEqual(TOKEN, newToken());
  assert.ok(TOKEN.length >= 43);
});

test('a name that is not this machine\'s own is refused, so that no other site\'s name can lead here', () => {
  const gate = new Gate({ token: null, remote: false, command: 'agent endpoint' });
  for (const host of ['127.0.0.1:1', 'localhost:4580', 'LOCALHOST', '127.9.9.9', '[::1]:80']) assert.equal(asked(gate, { host }), null, host);
  for (const host of ['evil.example:4580', 'localhost.evil.example', '127.0.0.1.nip.io', '10.0.0.1', '', 'user@localhost']) assert.equal(asked(gate, { host }), 403, host);
});

test('another site in the same browser is refused, but may link to the page', () => {
  const gate = new Gate({ token: null, remote: false, command: 'agent endpoint' });
  assert.equal(asked(gate, { 'sec-fetch-site': 'same-origin', origin: `http://${LOCAL}` }), null);
  assert.equal(asked(gate, { 'sec-fetch-site': 'none' }, '/'), null);
  assert.equal(asked(gate, { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' }, '/'), null);
  for (const [headers, url, method] of [
    [{ 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors' }, '/', 'GET'],
    [{ 'sec-fetch-site': 'same-site' }, '/facts', 'GET'],
    [{ 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' }, '/_faults', 'POST'],
    [{ 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' }, '/_faults', 'GET'],
    [{ origin: 'https://evil.example' }, '/_faults', 'POST'],
    [{ origin: 'null' }, '/_faults', 'POST'],
    [{ origin: 'http://127.0.0.1:9999' }, '/_faults', 'POST'],
  ] as const) assert.equal(asked(gate, headers, url, method), 403, JSON.stringify(headers));
});

test('beyond loopback the name may be any, and the token is needed', () => {
  const gate = new Gate({ token: TOKEN, remote: true, command: 'agent ui' });
  assert.deepEqual([asked(gate, { host: 'host.example:4581' }), asked(gate, { host: 'host.example:4581', cookie: `${NAME}=${TOKEN}` })], [401, null]);
});

test('a page gets its cookie with the token alone, for no script and no other site', () => {
  const gate = new Gate({ token: TOKEN, remote: false, command: 'agent ui' });
  const page = pageOf('<style>a</style><script>b</script>');
  const opened = (url: string): string | undefined => gate.opened(page, { url } as IncomingMessage).headers['set-cookie'];
  assert.equal(opened(`/?token=${TOKEN}`), `${NAME}=${TOKEN}; Path=/; HttpOnly; SameSite=Strict`);
  assert.equal(opened('/'), undefined);
});

test('a page may run its own script and style and load nothing', () => {
  const policy = pageOf('<html><style>a</style><script>b</script>').headers['content-security-policy']!;
  assert.match(policy, /^default-src 'none'; script-src 'sha256-PiPoFgA5WUoziU9lZOGxNIu9egCI1CxKy3PurtWcAJ0='; style-src 'sha256-ypeBEsobvcr6wjGzmiPcTaeG7\/gUfE5yuYB3ha\/uSLs='; connect-src 'self'/);
  assert.match(policy, /frame-ancestors 'none'.*require-trusted-types-for 'script'/);
  assert.doesNotMatch(policy, /unsafe|https?:|\*/);
});
