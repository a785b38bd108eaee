import assert from 'node:assert/strict';
import dns from 'node:dns';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import type { FaultSpec } from '../../src/local-endpoint/fault-spec.ts';
import { arrivalsOf, errorsOf, messagesIn } from '../support/arrivals.ts';
import { childConfig } from '../support/child-agent.ts';
import { localOnly } from '../support/endpoint-choice.ts';
import { Gate } from '../support/gate.ts';
import { hastened } from '../support/haste.ts';
import { append, numbered } from '../support/log-files.ts';
import { quarantined } from '../support/quarantined.ts';
import { assertSame, rigFor, startRig, until } from '../support/rig.ts';

const PUT = { operation: 'PutLogEvents' } as const;
/** Batches of about 400 lines, so that a few thousand lines are many requests. */
const SMALL = { entries: [{ path: 'app.log', maxEventBytes: 10_000 }], delivery: { flushMs: 50, maxBatchBytes: 20_000 } };

for (const by of ['reset', 'hang'] as const) {
  test(`L25 the answer to an accepted request is lost (${by}): nothing is missing, at most that batch comes twice, and it is counted`, localOnly('faults'), async (t) => {
    const rig = await rigFor(t, { ...SMALL, delivery: { ...SMALL.delivery, requestTimeoutMs: 500 } });
    const arrivals = arrivalsOf(rig);
    rig.endpoint.faults.add({ ...PUT, kind: 'drop-answer', by, skip: 2, count: 1 });
    const lines = numbered('line', 3_000);
    append(rig.path('app.log'), lines);
    await rig.start();
    await rig.settled();
    await rig.stop();
    const twice = arrivals.filter((arrival, i) => arrivals.findIndex(({ messages }) => messages[0] === arrival.messages[0]) < i);
    assert.equal(twice.length, 1, 'one batch came twice');
    assertSame(messagesIn(arrivals.filter((arrival) => arrival !== twice[0])), lines, 'all others once, in order');
    assert.equal(rig.report.ambiguousAttempts, 1);
  });
}

test('L26 three requests in ten are throttled: everything arrives, once, in order', localOnly('faults'), async (t) => {
  const rig = await rigFor(t, SMALL);
  rig.endpoint.faults.add({ ...PUT, kind: 'throttle', probability: 0.3, seed: 7 });
  const lines = numbered('line', 6_000);
  append(rig.path('app.log'), lines);
  await rig.start();
  await rig.arrived(lines, 20_000);
  await rig.stop();
  assert.ok((errorsOf(rig)['ThrottlingException'] ?? 0) >= 3, 'requests were throttled');
});

test('L26 a wait the service asks for is kept', localOnly('faults'), async (t) => {
  const rig = await rigFor(t);
  rig.endpoint.faults.add({ ...PUT, kind: 'throttle', retryAfterSeconds: 2, count: 1 });
  append(rig.path('app.log'), ['one']);
  await rig.start();
  await rig.arrived(['one']);
  const [refused, next] = rig.endpoint.requests.recent.filter(({ operation, error }) => operation === 'PutLogEvents' && error !== 'ResourceNotFoundException');
  assert.equal(refused!.error, 'ThrottlingException');
  assert.ok(next!.at - refused!.at >= 1_950, `tried again after ${next!.at - refused!.at} ms`);
});

test('L27 500, 503, resets, no answers, a proxy\'s pages and answers that are no JSON, one after another: everything arrives, once, in order', localOnly('faults'), async (t) => {
  hastened(t);
  const rig = await rigFor(t, { ...SMALL, delivery: { ...SMALL.delivery, requestTimeoutMs: 300 } });
  const troubles: FaultSpec[] = [
    { kind: 'error', status: 500 }, { kind: 'error', status: 503 }, { kind: 'reset' }, { kind: 'hang' }, { kind: 'garbage', form: 'html-502' },
    { kind: 'garbage', form: 'ok' }, { kind: 'error', status: 503, retryAfterSeconds: 1 },
  ];
  troubles.forEach((trouble, i) => { rig.endpoint.faults.add({ ...trouble, ...PUT, skip: 2 + i, count: 1 }); });
  const lines = numbered('line', 3_000);
  append(rig.path('app.log'), lines);
  await rig.start();
  await rig.arrived(lines, 20_000);
  await rig.stop();
  assert.ok(rig.endpoint.faults.list().every(({ fired }) => fired === 1), 'each trouble was met');
  assert.ok(rig.said.some((line) => /accepted again after \d+ failed attempts/.test(line)), 'the end of the trouble is said');
});

test('L27 a long outage: never given up, said without a line per attempt, over within 2 s of the recovery', localOnly('faults'), async (t) => {
  const rig = await rigFor(t, { delivery: { flushMs: 50 } });
  const served = rig.outage();
  append(rig.path('app.log'), ['one', 'two']);
  await rig.start();
  await until('a dozen attempts', () => (errorsOf(rig)['ServiceUnavailableException'] ?? 0) >= 8, 20_000);
  const complaints = rig.said.filter((line) => line.includes('ServiceUnavailableException'));
  assert.equal(complaints.length, 1, `said once: ${complaints.join('\n')}`);
  served();
  await rig.arrived(['one', 'two'], 2_000);
  await rig.stop();
});

test('L28 the service\'s name cannot be resolved for a while: everything arrives once it can be', async (t) => {
  let failing = true;
  let failed = 0;
  const real = dns.lookup;
  t.mock.method(dns, 'lookup', ((name: string, options: unknown, callback: (error: Error | null, address?: unknown, family?: number) => void) => {
    if (name !== 'logs.example.test') { (real as (...args: unknown[]) => void)(name, options, callback); return; }
    if (failing) { failed++; callback(Object.assign(new Error('getaddrinfo ENOTFOUND logs.example.test'), { code: 'ENOTFOUND' })); return; }
    callback(null, (options as { all?: boolean }).all === true ? [{ address: '127.0.0.1', family: 4 }] : '127.0.0.1', 4);
  }) as typeof dns.lookup);
  const rig = await rigFor(t, { config: ({ logs, url }) => childConfig(url.replace('127.0.0.1', 'logs.example.test'), [{ file_path: `${logs}/app.log` }]) });
  const lines = numbered('line', 500);
  append(rig.path('app.log'), lines);
  await rig.start();
  await until('several attempts', () => failed >= 3);
  assert.ok(rig.said.some((line) => /not accepted \(ENOTFOUND/.test(line)), 'the cause is named');
  failing = false;
  await rig.arrived(lines);
  await rig.stop();
});

test('L28 the service refuses connections for a while: everything arrives once it listens', async (t) => {
  const closed = await Gate.before('http://127.0.0.1');
  await closed.close();
  const rig = await rigFor(t, { config: ({ logs }) => childConfig(closed.url, [{ file_path: `${logs}/app.log` }]) });
  const lines = numbered('line', 500);
  append(rig.path('app.log'), lines);
  await rig.start();
  await rig.says(/not accepted \(ECONNREFUSED/);
  const reopened = await Gate.before(rig.url, { port: Number(new URL(closed.url).port) });
  t.after(() => reopened.close());
  await rig.arrived(lines);
  await rig.stop();
});

test('L28 the other side speaks no TLS: the logs are held, a stop loses none, and they arrive when the address is right', async (t) => {
  const server = createServer((socket) => { socket.on('error', () => undefined); socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'); });
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  t.after(() => { server.close(); });
  const { port } = server.address() as AddressInfo;
  const rig = await rigFor(t, { config: ({ logs }) => childConfig(`https://127.0.0.1:${port}`, [{ file_path: `${logs}/app.log` }]) });
  const lines = numbered('line', 500);
  append(rig.path('app.log'), lines);
  await rig.start();
  await rig.says(/not accepted \(/);
  await rig.crash();
  await rig.start({ config: ({ logs, url }) => childConfig(url, [{ file_path: `${logs}/app.log` }]) });
  await rig.arrived(lines);
  await rig.stop();
});

test('L29 access is denied for hours, then granted: the destination waits and is said, others go on, nothing is lost', localOnly('faults'), async (t) => {
  const haste = hastened(t, 5_000);
  const rig = await startRig(t, { entries: [{ path: 'locked.log', group: 'locked' }, { path: 'open.log', group: 'open' }] });
  const denied = rig.endpoint.faults.add({ kind: 'access-denied', group: 'locked' });
  const [locked, open] = [numbered('locked', 2_000), numbered('open', 2_000)];
  append(rig.path('locked.log'), locked);
  append(rig.path('open.log'), open);
  await rig.delivered('open', 's', open);
  await until('hours of refusals', () => haste.waits.reduce((a, b) => a + b, 0) > 2 * 3_600_000, 20_000);
  await rig.says(/log group locked, stream s: paused \(AccessDeniedException/);
  assert.ok(haste.waits.every((ms) => ms >= 15_000), `a permission is not knocked for: ${haste.waits.map(Math.round).join(', ')} ms`);
  append(rig.path('open.log'), ['still']);
  await rig.delivered('open', 's', [...open, 'still']);
  rig.endpoint.faults.remove(denied);
  await rig.delivered('locked', 's', locked);
  await rig.says(/locked s: accepted again/);
  await rig.stop();
});

test('L31 the group is deleted while events flow: it is made again with its class, key, tags and retention, and no event is missing', localOnly('faults'), async (t) => {
  const rig = await startRig(t, { entries: [{ path: 'app.log', maxEventBytes: 10_000, naming: { retentionDays: 7, groupClass: 'INFREQUENT_ACCESS', kmsKeyId: 'arn:aws:kms:us-east-1:123456789012:key/1', tags: { team: 'web' } } }], delivery: SMALL.delivery });
  const arrivals = arrivalsOf(rig);
  const lines: string[] = [];
  for (let round = 0; round < 4; round++) {
    const more = numbered(`round${round}`, 1_000);
    lines.push(...more);
    append(rig.path('app.log'), more);
    await until('some of them', () => messagesIn(arrivals).length > round * 1_000);
    rig.endpoint.faults.add({ kind: 'delete-group', group: 'g' });
    await until('all of them', () => messagesIn(arrivals).length >= lines.length);
  }
  assertSame(messagesIn(arrivals), lines, 'all that was ever stored');
  const again = rig.path('app.log');
  append(again, ['last']);
  await until('the retention', () => rig.endpoint.store.findGroup('g')?.retentionDays === 7);
  const made = rig.endpoint.store.group('g');
  assert.deepEqual([made.groupClass, made.kmsKeyId, Object.fromEntries(made.tags)], ['INFREQUENT_ACCESS', 'arn:aws:kms:us-east-1:123456789012:key/1', { team: 'web' }]);
  await rig.stop();
});

test('L31 the stream is deleted while events flow: it is made again, and no event is missing', localOnly('faults'), async (t) => {
  const rig = await startRig(t, SMALL);
  const arrivals = arrivalsOf(rig);
  const [first, second] = [numbered('first', 1_000), numbered('second', 1_000)];
  append(rig.path('app.log'), first);
  await until('the first', () => messagesIn(arrivals).length === 1_000);
  rig.endpoint.faults.add({ kind: 'delete-group', group: 'g', stream: 's' });
  append(rig.path('app.log'), second);
  await until('all of them', () => messagesIn(arrivals).length === 2_000);
  assertSame(messagesIn(arrivals), [...first, ...second], 'all that was ever stored');
  await rig.stop();
});

test('L32 one event the service refuses among 10,000: only it goes to quarantine, the other 9,999 arrive in order', localOnly('faults'), async (t) => {
  const rig = await rigFor(t);
  rig.endpoint.faults.add({ ...PUT, kind: 'reject-event', containing: 'poison' });
  const lines = numbered('line', 10_000);
  lines[6_543] = 'the poison "event"';
  append(rig.path('app.log'), lines);
  await rig.start();
  await rig.arrived(lines.filter((line) => !line.includes('poison')));
  await rig.stop();
  const kept = quarantined(rig);
  assert.deepEqual(kept.map(({ group, stream, file, message }) => ({ group, stream, file, message })), [{ group: 'g', stream: 's', file: rig.path('app.log'), message: 'the poison "event"' }]);
  assert.match(kept[0]!.reason, /InvalidParameterException/);
  assert.deepEqual(rig.report.drops.get('refused'), { events: 1, bytes: 18 });
  assert.equal(rig.report.deliveredEvents, 9_999);
  assert.ok((errorsOf(rig)['InvalidParameterException'] ?? 0) <= 15, 'found by halving, not one by one');
});

test('L32 several refused events in one batch, more than one round of halving finds: the lane takes its time, and only they go to quarantine', localOnly('faults'), async (t) => {
  const haste = hastened(t);
  const rig = await rigFor(t);
  rig.endpoint.faults.add({ ...PUT, kind: 'reject-event', containing: 'poison' });
  const lines = numbered('line', 2_000).map((line, i) => (i % 400 === 399 ? `poison ${line}` : line));
  append(rig.path('app.log'), lines);
  await rig.start();
  await rig.arrived(lines.filter((line) => !line.startsWith('poison')));
  await rig.stop();
  assert.deepEqual(quarantined(rig).map(({ message }) => message), lines.filter((line) => line.startsWith('poison')));
  assert.ok(haste.waits.length > 0, 'after 32 calls it paused');
});

test('L32 a refused event among unsorted ones: the one that goes to quarantine is the guilty one', localOnly('faults'), async (t) => {
  const now = Date.now();
  const at = (ms: number): string => new Date(ms).toISOString().slice(0, 23);
  const rig = await rigFor(t, { entries: [{ path: 'app.log', start: { kind: 'line' }, timestamp: { format: '%Y-%m-%dT%H:%M:%S.%f', zone: 'UTC', trim: false } }] });
  rig.endpoint.faults.add({ ...PUT, kind: 'reject-event', containing: 'poison' });
  const lines = Array.from({ length: 100 }, (_, i) => `${at(now - 60_000 - i * 10)} ${i === 30 ? 'poison' : 'fine'} ${i}`);
  append(rig.path('app.log'), lines);
  await rig.start();
  await rig.arrived(lines.filter((line) => !line.includes('poison')).toReversed());
  await rig.stop();
  assert.deepEqual(quarantined(rig).map(({ message, timestamp }) => [message, timestamp]), [[lines[30], now - 60_300]]);
});

test('L32 a service that refuses every event of a stream with an error it also has for a single one: nothing is given up, it is said, and all arrive in order when that ends', localOnly('faults'), async (t) => {
  const haste = hastened(t);
  const rig = await startRig(t, {});
  rig.endpoint.faults.add({ ...PUT, kind: 'reject-event', containing: 'line' });
  const lines = numbered('line', 500);
  append(rig.path('app.log'), lines);
  await rig.says(/log group g, stream s: paused \(refused as a whole: .*InvalidParameterException/);
  await until('more tries', () => haste.waits.length >= 3);
  const more = numbered('line', 5, 500);
  append(rig.path('app.log'), more);
  rig.endpoint.faults.clear();
  await rig.arrived([...lines, ...more]);
  await rig.stop();
  assert.equal(quarantined(rig).length, 0);
  assert.deepEqual([...rig.report.drops], []);
});

test('a destination whose name the service refuses: said, its logs stay in their file, others go on', localOnly('moto takes any name of a stream, AWS none with ":" or "*"'), async (t) => {
  const haste = hastened(t);
  const rig = await startRig(t, { entries: [{ path: 'bad.log', stream: 'a:b' }, { path: 'good.log' }] });
  append(rig.path('bad.log'), numbered('bad', 100));
  const good = numbered('good', 100);
  append(rig.path('good.log'), good);
  await rig.arrived(good);
  await rig.says(/log group g, stream a:b: .*logStreamName/);
  await until('slow attempts', () => haste.waits.length >= 3);
  assert.ok(haste.waits.every((ms) => ms >= 15_000));
  await rig.crash();
  assert.equal(quarantined(rig).length, 0, 'no event is to blame');
  await rig.start({ entries: [{ path: 'bad.log', stream: 'ab' }, { path: 'good.log' }] });
  await rig.delivered('g', 'ab', numbered('bad', 100));
  await rig.stop();
});
