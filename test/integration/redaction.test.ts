// What `redact` finds leaves the machine in no form: not to the service, not to the quarantine file, not to the agent's own log.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { statusOf } from '../../src/agent/status.ts';
import { localOnly } from '../support/endpoint-choice.ts';
import { NO_CONFIG } from '../support/no-config.ts';
import { append } from '../support/log-files.ts';
import { quarantined } from '../support/quarantined.ts';
import { rigFor } from '../support/rig.ts';
import type { Rig } from '../support/rig.ts';
import type { RigSpec } from '../support/rig.ts';

const DAY = 86_400_000;

/** A rig of one entry, compiled from a config. */
const configured = (t: Parameters<typeof rigFor>[0], entry: object, logs: object = {}): Promise<Rig> => rigFor(t, {
  config: ({ logs: directory, url }) => ({
    agent: { region: 'us-east-1' },
    logs: { endpoint_override: url, force_flush_interval: 0.05, ...logs, logs_collected: { files: { collect_list: [{ file_path: `${directory}/app.log`, log_group_name: 'g', log_stream_name: 's', ...entry }] } } },
  }),
} satisfies RigSpec);

test('L80 events arrive redacted, by the entry\'s own list before that of logs, and how often is counted', async (t) => {
  const rig = await configured(t, { redact: ['secrets', 'ip_addresses', { pattern: 'sid=\\w+' }] }, { redact: ['email_addresses'] });
  append(rig.path('app.log'), ['10.0.0.1 password=hunter2 sid=ab', 'bob@example.com', 'plain', '::1 é']);
  await rig.start();
  await rig.arrived(['[ip address] password=[secret] ***', 'bob@example.com', 'plain', '[ip address] é']);
  await rig.stop();
  assert.deepEqual(statusOf(rig.agent, '1', NO_CONFIG).counters.redacted.toSorted((a, b) => (a.kind < b.kind ? -1 : 1)), [{ kind: 'ip_addresses', replacements: 2 }, { kind: 'pattern', replacements: 1 }, { kind: 'secrets', replacements: 1 }]);
});

test('L80 the list of logs is for every entry without one, and an empty list switches it off', localOnly('moto keeps one store for every agent that a test starts'), async (t) => {
  const shared = await configured(t, {}, { redact: ['email_addresses'] });
  append(shared.path('app.log'), ['bob@example.com']);
  await shared.start();
  await shared.arrived(['[email address]']);
  const off = await configured(t, { redact: [] }, { redact: ['email_addresses'] });
  append(off.path('app.log'), ['bob@example.com']);
  await off.start();
  await off.arrived(['bob@example.com']);
});

test('L80 filters see the text as it was written, and what is too old lies in the quarantine redacted', async (t) => {
  const rig = await configured(t, { timestamp_format: '%Y-%m-%dT%H:%M:%S', timezone: 'UTC', multi_line_start_pattern: '^', filters: [{ type: 'include', expression: 'bob@' }], redact: ['email_addresses'] });
  const at = (ms: number): string => new Date(ms).toISOString().slice(0, 19);
  append(rig.path('app.log'), [`${at(Date.now())} bob@example.com`, `${at(Date.now())} eve@example.com`, `${at(Date.now() - 20 * DAY)} old bob@example.com`]);
  await rig.start();
  await rig.count('g', 's', 1);
  await rig.stop();
  assert.deepEqual(rig.messages().map((message) => message.slice(20)), ['[email address]']);
  assert.deepEqual(quarantined(rig).map(({ message }) => message.slice(20)), ['old [email address]']);
  assert.doesNotMatch(rig.said.join('\n'), /example/);
  assert.deepEqual(statusOf(rig.agent, '1', NO_CONFIG).counters.redacted, [{ kind: 'email_addresses', replacements: 2 }]);
});

test('L80 a multi-line event is redacted as a whole, after its timestamp is cut out, in another encoding too', async (t) => {
  const rig = await configured(t, { encoding: 'iso-8859-1', timestamp_format: '%H:%M:%S', trim_timestamp: true, multi_line_start_pattern: '{timestamp_format}', multi_line_timeout: 0.1, redact: ['secrets'] });
  append(rig.path('app.log'), ['10:00:00 -----BEGIN PRIVATE KEY-----', 'abc', '-----END PRIVATE KEY----- end', '10:00:01 pwd=x']);
  await rig.start();
  await rig.arrived(['[secret] end', 'pwd=[secret]']);
});

test('L80 a message in pieces is redacted piece by piece, each within the limit, and a restart goes on behind what arrived', async (t) => {
  const rig = await configured(t, { max_event_size: 1024, redact: ['ip_addresses', { pattern: 'Q', replacement: '<replaced>' }] });
  const line = `${'Q'.repeat(900)} 10.0.0.1 ${'y'.repeat(2_000)}`;
  append(rig.path('app.log'), [line, '10.0.0.2 next']);
  await rig.start();
  await rig.count('g', 's', 4);
  await rig.restart();
  append(rig.path('app.log'), ['10.0.0.3 last']);
  await rig.count('g', 's', 5);
  await rig.stop();
  const messages = rig.messages();
  assert.ok(messages.every((message) => Buffer.byteLength(message) <= 1024 - 26));
  assert.equal(messages.slice(0, -2).map((piece) => piece.replace('[...Continued]', '').replace('[Truncated...]', '')).join(''), `${'<'.repeat(900)} [ip address] ${'y'.repeat(2_000)}`.replace('[ip address]', '[ip addr'));
  assert.deepEqual(messages.slice(-2), ['[ip address] next', '[ip address] last']);
});
