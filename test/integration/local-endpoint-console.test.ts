import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { startEndpoint } from '../../src/local-endpoint/server.ts';
import type { RunningEndpoint } from '../../src/local-endpoint/server.ts';
import type { ShownEvents, ShownSeries, TailFlush } from '../../src/local-endpoint/console/facts.ts';
import { until } from '../support/rig.ts';

async function start(t: TestContext): Promise<RunningEndpoint> {
  const endpoint = await startEndpoint();
  t.after(() => endpoint.close());
  return endpoint;
}

async function call(url: string, operation: string, body: object): Promise<void> {
  const answer = await fetch(url, { method: 'POST', headers: { 'x-amz-target': operation }, body: JSON.stringify(body) });
  assert.equal(answer.status, 200, await answer.text());
}

async function put(url: string, group: string, stream: string, messages: readonly string[], create = true): Promise<void> {
  if (create) {
    await call(url, 'Logs_20140328.CreateLogGroup', { logGroupName: group }).catch(() => {});
    await call(url, 'Logs_20140328.CreateLogStream', { logGroupName: group, logStreamName: stream });
  }
  // Three of one millisecond each: their order is that of arrival.
  const now = Date.now();
  await call(url, 'Logs_20140328.PutLogEvents', { logGroupName: group, logStreamName: stream, logEvents: messages.map((message, i) => ({ timestamp: now - 10_000 + Math.floor(i / 3), message })) });
}

const shown = async <T>(url: string, word: string, query: Readonly<Record<string, string>> = {}): Promise<T> => (await (await fetch(`${url}/_console/${word}?${new URLSearchParams(query).toString()}`)).json()) as T;

test('the search gives every event that matches exactly once, newest first, page by page, over all streams', async (t) => {
  const { url } = await start(t);
  const messages = Array.from({ length: 1000 }, (_, i) => `${i % 7 === 0 ? 'leave' : 'take'} ${i}`);
  await put(url, 'g', 'a', messages);
  await put(url, 'g', 'b', messages.map((message) => `b ${message}`));
  const found: string[] = [];
  let before: string | null = '';
  let pages = 0;
  while (before !== null) {
    const page: ShownEvents = await shown(url, 'events', { group: 'g', pattern: 'take', ...(before === '' ? {} : { before }) });
    found.push(...page.events.map(({ message }) => message));
    before = page.before;
    pages++;
  }
  assert.deepEqual([found.length, new Set(found).size, pages], [1714, 1714, 6]);
  const numbers = found.filter((message) => !message.startsWith('b')).map((message) => Number(message.split(' ')[1]));
  assert.deepEqual(numbers, numbers.toSorted((a, b) => b - a));
  const one: ShownEvents = await shown(url, 'events', { group: 'g', stream: 'b', pattern: '"take 998"' });
  assert.deepEqual(one.events.map(({ stream, message }) => [stream, message]), [['b', 'b take 998']]);
});

test('a live tail has what matches of its groups, in order, and counts what is too much to show', async (t) => {
  const { url } = await start(t);
  await put(url, 'g', 's', ['before']);
  await put(url, 'other', 's', ['before']);
  const ended = new AbortController();
  t.after(() => { ended.abort(); });
  const response = await fetch(`${url}/_console/tail?group=g&pattern=match`, { signal: ended.signal });
  assert.equal(response.headers.get('content-type'), 'text/event-stream');
  const seen: string[] = [];
  let skipped = 0;
  void (async () => {
    let rest = '';
    for await (const text of response.body!.pipeThrough(new TextDecoderStream())) {
      const blocks = (rest + text).split('\n\n');
      rest = blocks.pop()!;
      for (const block of blocks.filter((each) => each.startsWith('data: '))) {
        const flush = JSON.parse(block.slice(6)) as TailFlush;
        seen.push(...flush.events.map(({ message }) => message));
        skipped += flush.skipped;
      }
    }
  })().catch(() => {});
  await put(url, 'g', 's', ['match 1', 'no', 'match 2'], false);
  await put(url, 'other', 's', ['match elsewhere'], false);
  await until('the tail to show both', () => seen.length === 2);
  await put(url, 'g', 's', Array.from({ length: 5000 }, (_, i) => `match many ${i}`), false);
  await until('all to be shown or counted', () => seen.length + skipped === 5002);
  assert.deepEqual(seen.slice(0, 3), ['match 1', 'match 2', 'match many 0']);
  assert.ok(skipped >= 4000);
});

test('a pattern that is none, a group that is not there and a word that is unknown are refused with the reason', async (t) => {
  const { url } = await start(t);
  await put(url, 'g', 's', ['x']);
  for (const [path, status, reason] of [
    ['events?group=g&pattern=%7B', 400, /pattern/i], ['tail?pattern=%7B', 400, /pattern/i], ['events?group=missing', 400, /does not exist/], ['events', 400, /group.*is missing/], ['streams?group=missing', 400, /does not exist/],
    ['series?from=0&to=1e12&period=1', 400, /3000 periods/], ['series?from=x', 400, /from.*must be a number/], ['nothing', 404, /There is no/],
  ] as const) {
    const answer = await fetch(`${url}/_console/${path}`);
    assert.deepEqual([answer.status, reason.test(await answer.text())], [status, true], path);
  }
});

test('a series has its statistics by period, of the unit that most of its samples have', async (t) => {
  const { url } = await start(t);
  const at = Math.floor(Date.now() / 60_000) * 60 - 60;
  const datum = (Value: number, Unit: string, offset: number): object => ({ MetricName: 'm', Dimensions: [{ Name: 'b', Value: '2' }, { Name: 'a', Value: '1' }], Timestamp: at + offset, Value, Unit });
  await call(url, 'GraniteServiceVersion20100801.PutMetricData', { Namespace: 'N', MetricData: [datum(1, 'Count', 0), datum(3, 'Count', 10), datum(5, 'Count', 70), datum(9, 'Bytes', 0)] });
  const { points } = await shown<ShownSeries>(url, 'series', { namespace: 'N', name: 'm', dimensions: '[{"name":"a","value":"1"},{"name":"b","value":"2"}]', from: String(at * 1000), to: String((at + 120) * 1000), period: '60' });
  assert.deepEqual(points.map(({ start, unit, count, sum, minimum, maximum }) => [start, unit, count, sum, minimum, maximum]), [[at * 1000, 'Count', 2, 4, 1, 3], [(at + 60) * 1000, 'Count', 1, 5, 5, 5]]);
});

test('without a page the root says where it comes from, and a gate is asked before each of the endpoint\'s own paths, but not before AWS calls', async (t) => {
  const { url } = await start(t);
  const answer = await fetch(url);
  assert.deepEqual([answer.status, /npm run build/.test(await answer.text())], [404, true]);
  const asked: string[] = [];
  const gated = await startEndpoint({ console: { page: () => ({ status: 200, body: 'page' }), gate: (request) => { asked.push(request.url!); return request.url === '/' ? null : { status: 403, body: 'no' }; } } });
  t.after(() => gated.close());
  assert.equal(await (await fetch(gated.url)).text(), 'page');
  for (const path of ['/_requests', '/_faults', '/_console/groups', '/_console/tail']) assert.equal((await fetch(`${gated.url}${path}`)).status, 403, path);
  assert.equal((await fetch(`${gated.url}/_faults`, { method: 'POST', body: '{"kind":"hang"}' })).status, 403);
  await call(gated.url, 'Logs_20140328.DescribeLogGroups', {});
  assert.deepEqual([asked.length, gated.requests.recent.map(({ operation }) => operation)], [6, ['DescribeLogGroups']]);
});
