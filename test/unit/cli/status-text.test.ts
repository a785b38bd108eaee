import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ratesOf } from '../../../src/cli/status-rates.ts';
import { problemsOf, statusLine, statusText } from '../../../src/cli/status-text.ts';
import { redraw } from '../../../src/cli/status.ts';
import type { DestinationStatus, FileStatus, StatusDocument } from '../../../src/control/status-document.ts';

const AT = 1_800_000_000_000;

function file(path: string, more: Partial<FileStatus> = {}): FileStatus {
  return { path, entry: '/var/log/*.log', size: 1000, offset: 1000, safeOffset: 1000, lagBytes: 0, pendingBytes: 0, lastAckAt: AT - 5_000, attachment: 'attached', lastError: null, ...more };
}

function destination(more: Partial<DestinationStatus> = {}): DestinationStatus {
  return { group: '/web', stream: 'one', service: null, state: 'idle', heldBytes: 0, lastError: null, lastAckAt: AT - 1_000, events: 10, messageBytes: 900, requests: 2, ...more };
}

function status(more: Partial<StatusDocument> = {}): StatusDocument {
  return {
    statusVersion: 1, at: AT,
    agent: { version: '1.2.3', pid: 42, startedAt: AT - 60_000, uptimeMs: 60_000, stateDirectory: '/var/lib/unified-agent', rssBytes: 70_000_000, budgetUsedBytes: 4096, budgetLimitBytes: 33_554_432, openFiles: 1 },
    config: { sources: ['/etc/agent.json'], version: '', appliedAt: AT - 60_000, watchedUntil: null, changing: 0, waiting: null, refused: null, refusals: 0, rollbacks: 0, lookedAt: null, unreachable: null },
    entries: [{ key: '/var/log/*.log', pointer: '/logs/logs_collected/files/collect_list/0', pattern: '/var/log/*.log', files: 1, skipped: 0 }],
    disabled: [],
    files: { total: 1, list: [file('/var/log/a.log')] },
    skipped: { total: 0, list: [] },
    destinations: { total: 1, list: [destination()] },
    counters: { readBytes: 1000, settledBytes: 1000, heldBytes: 0, deliveredEvents: 10, deliveredMessageBytes: 900, dropped: [], redacted: [], requestsRetried: 0, ambiguousAttempts: 0 },
    metrics: null,
  quarantine: { events: 0, bytes: 0, rotatedEvents: 0, lostEvents: 0 },
    troubles: [], checkpointTrouble: null, ...more,
  };
}

test('a healthy agent is printed as aligned tables in plain units', () => {
  assert.equal(statusText(status()), [
    'unified-agent 1.2.3, pid 42, running for 60 s, state in /var/lib/unified-agent',
    'memory 70 MB, of it 4.1 kB of 34 MB for events; 1 file open',
    '',
    'config /etc/agent.json, applied 60 s ago',
    '',
    'no problems',
    '',
    '1 file of 1 entry, 0 B not acknowledged',
    '  lag  size   done  acknowledged  condition  file',
    '  0 B  1 kB  100 %  5 s ago       caught up  /var/log/a.log',
    '',
    '1 destination',
    '  state  held  events  requests  acknowledged  log group and stream',
    '  idle    0 B      10         2  1 s ago       /web one',
    '',
    'since the start',
    '  read 1,000 = settled 1,000 + held 0 bytes of the files',
    '  delivered 10 events, 900 bytes of messages',
    '',
  ].join('\n'));
});

test('a journal is said with its position, how late it is, and what is wrong with it', () => {
  const journal = { key: 'journald /host', pointer: '/p', directory: null, cursorTime: AT - 90_000, lagMs: 0, heldBytes: 0, gaps: 0, lastAckAt: AT - 1_000, lastError: null };
  const text = (more: object): string => statusText(status({ journals: [{ ...journal, ...more }] }));
  assert.match(text({}), /\njournald \/host: delivered up to \d{4}-\S+ \(90 s ago\); caught up\n/);
  assert.match(text({ lastAckAt: null }), /\njournald \/host: goes on after \d{4}-\S+ \(90 s ago\); caught up\n/, 'nothing was delivered by this process');
  assert.match(text({ lagMs: 90_000, heldBytes: 5_000, gaps: 2 }), /\(90 s ago\); sending, 5 kB held; 2 gaps: the journal had deleted/);
  const broken = text({ cursorTime: null, lastError: 'it may not be read', directory: '/srv/j' });
  assert.match(broken, /1 problem\n  journald \/host: it may not be read; tried again\n/);
  assert.match(broken, /\njournald \/host of \/srv\/j: nothing read yet; it may not be read\n/);
});

test('everything that is wrong now is named before all else, the gravest first', () => {
  const text = statusText(status({
    checkpointTrouble: 'ENOSPC: no space left on device',
    destinations: { total: 2, list: [destination({ state: 'paused', lastError: 'AccessDeniedException', heldBytes: 5_000 }), destination()] },
    files: { total: 2, list: [file('/var/log/b.log', { lastError: 'EACCES' }), file('/var/log/a.log')] },
    disabled: [{ pointer: '/logs/logs_collected/files/collect_list/1', pattern: '/x/[', reason: 'the [ is not closed' }],
  }));
  const problems = text.slice(text.indexOf('4 problems\n')).split('\n').slice(1, 5);
  assert.match(problems[0]!, /positions do not reach the disk \(ENOSPC/);
  assert.match(problems[1]!, /log group \/web, stream one: paused \(AccessDeniedException\)/);
  assert.match(problems[2]!, /\/var\/log\/b\.log: cannot be read \(EACCES\)/);
  assert.match(problems[3]!, /collect_list\/1 \/x\/\[: does not run: the \[ is not closed/);
});

test('a thousand files fill twenty rows and one line that counts the rest', () => {
  const list = Array.from({ length: 1000 }, (_, i) => file(`/var/log/${i}.log`));
  const text = statusText(status({ files: { total: 1000, list } }));
  assert.equal(text.match(/\/var\/log\/\d+\.log/g)?.length, 20);
  assert.match(text, /and 980 more files \(--json lists them\)/);
});

test('the lag of a file says whether it is being sent or waits for the rest of a message', () => {
  const conditionOf = (more: Partial<FileStatus>): string => statusText(status({ files: { total: 1, list: [file('/f', more)] } }));
  assert.match(conditionOf({ lagBytes: 100, pendingBytes: 100 }), /waiting for the rest of a message/);
  assert.match(conditionOf({ lagBytes: 101, pendingBytes: 100 }), /sending/);
  assert.match(conditionOf({ attachment: 'deleted', lagBytes: 1, safeOffset: 999 }), / 99 % .*deleted, sending/);
});

test('control characters of file names and service messages do not reach the terminal', () => {
  const text = statusText(status({
    files: { total: 1, list: [file('/var/log/\u001b[31m.log')] },
    skipped: { total: 1, list: [{ path: '/var/log/x\u0007', entry: 'e', reason: 'binary' }] },
    destinations: { total: 1, list: [destination({ state: 'retrying', lastError: 'a\u001b]0;x\nb' })] },
    troubles: [{ subject: 's', message: 'm\r\u009b', since: AT, times: 2 }],
  }));
  assert.doesNotMatch(text.replaceAll('\n', ''), /\p{Cc}/u);
  assert.deepEqual(problemsOf(status()), []);
});

test('what was dropped, retried and quarantined is counted, with its reason', () => {
  const text = statusText(status({
    counters: { readBytes: 5000, settledBytes: 4000, heldBytes: 1000, deliveredEvents: 1, deliveredMessageBytes: 9, redacted: [{ kind: 'secrets', replacements: 1 }, { kind: 'pattern', replacements: 5000 }], dropped: [{ reason: 'too-old', events: 1200, bytes: 9 }, { reason: 'hole', events: 0, bytes: 77 }], requestsRetried: 3, ambiguousAttempts: 1 },
    quarantine: { events: 1200, bytes: 50_000, rotatedEvents: 4, lostEvents: 1 },
  }));
  assert.match(text, /read 5,000 = settled 4,000 \+ held 1,000 bytes/);
  assert.match(text, /dropped as too-old: 1,200 events, 9 bytes\n {2}dropped as hole: 77 bytes\n {2}redacted as secrets: 1 replacement\n {2}redacted as pattern: 5,000 replacements\n {2}3 requests tried again, 1 of them without an answer/);
  assert.match(text, /quarantine: 1,200 events \(50 kB\).*5 of them pushed out or not written/);
});

test('how many different metrics are published is said with what they cost a month', () => {
  const metrics = { state: 'idle', lastError: null, namespace: 'CWAgent', heldDatums: 0, heldBytes: 0, deliveredDatums: 860, requests: 20, dropped: [], skippedSamples: 0 };
  assert.match(statusText(status({ metrics: { ...metrics, distinctMetrics: 43 } })), /^43 different metrics in an hour: about 12\.90 USD a month, at the price of us-east-1$/m);
  assert.match(statusText(status({ metrics: { ...metrics, distinctMetrics: 11_000 } })), /^11,000 different metrics in an hour: about 3100\.00 USD a month/m);
  assert.doesNotMatch(statusText(status({ metrics })), /different/);
});

test('what came in of other programs\' metrics is counted, and what was not taken by reason', () => {
  const text = statusText(status({ listeners: [
    { name: 'statsd', taken: 1200, unit: 'line', lost: [{ reason: 'malformed', count: 2 }, { reason: 'kernel-dropped', count: 1745 }] },
    { name: 'collectd', taken: 1, unit: 'value', lost: [] },
  ] }));
  assert.match(text, /^statsd: 1,200 lines taken; not taken: malformed 2, kernel-dropped 1,745\ncollectd: 1 value taken$/m);
});

test('a config that waits, was refused, was taken back or cannot be asked for is said', () => {
  const config = { sources: ['ssm:fleet'], version: 'fleet version 3', appliedAt: AT - 60_000, watchedUntil: null, changing: 2, waiting: { version: 'fleet version 5', until: AT + 60_000 }, refused: { version: 'fleet version 4', reason: 'two errors', at: AT - 10 }, refusals: 1, rollbacks: 1, lookedAt: AT, unreachable: 'no answer' };
  assert.match(statusText(status({ config })), /^config fleet version 3, applied 60 s ago; 2 entries not at it yet: .*; fleet version 5 waits until 2027-.*; 1 version taken back since the start$/m);
  assert.deepEqual(problemsOf(status({ config })), [
    'config fleet version 4 is not used: two errors',
    'the config cannot be looked at: no answer; the present one goes on',
  ]);
});

test('between two looks at one agent there are rates, of all and of each destination, and the lag grows, shrinks or is steady', () => {
  const before = status();
  const now = status({
    at: AT + 2_000,
    files: { total: 1, list: [file('/var/log/a.log', { lagBytes: 3_000 })] },
    destinations: { total: 2, list: [destination({ events: 2_010, messageBytes: 200_900 }), destination({ stream: 'new', events: 5 })] },
    counters: { ...before.counters, deliveredEvents: 2_015, deliveredMessageBytes: 201_800 },
  });
  const rates = ratesOf(before, now)!;
  const text = statusText(now, rates);
  assert.match(text, /open\ndelivering 100 kB\/s, 1,003 events\/s\n/);
  assert.match(text, /3 kB not acknowledged \(growing by 1\.5 kB\/s\)/);
  assert.match(text, /state {2}bytes\/s {2}events\/s {2}held.*\n {2}idle {4}100 kB {5}1,000 .* one\n {2}idle {23}0 B.* new\n/);
  assert.equal(statusLine(now, rates), '2027-01-15T08:00:02.000Z 100 kB/s, 1,003 events/s; 3 kB not acknowledged, growing by 1.5 kB/s; no problems\n');
  assert.match(statusLine(before, null), /^2027-01-15T08:00:00\.000Z 10 events delivered; 0 B not acknowledged; no problems\n$/);
  assert.match(statusText({ ...before, at: AT + 4_000 }, ratesOf(now, { ...before, at: AT + 4_000 })), /shrinking by 1\.5 kB\/s/);
  assert.equal(ratesOf(before, { ...now, agent: { ...now.agent, pid: 43 } }), null, 'another agent');
  assert.equal(ratesOf(before, before), null);
});

test('what is redrawn leaves nothing of what stood there, and never scrolls', () => {
  assert.equal(redraw('one\nthree words here\nthree\nfour\n', { rows: 4, columns: 5 }), '\u001b[Hone\u001b[K\nthree\u001b[K\nthree\u001b[K\n\u001b[J');
  assert.equal(redraw('one\ntwo\n', { rows: 0, columns: 0 }), '\u001b[Hone\u001b[K\ntwo\u001b[K\n\u001b[J');
});

test('what counts after a restart alone is a problem', () => {
  assert.match(statusText(status({ restart: 'AWS_PROFILE of /x: set. Next step: systemctl restart unified-agent' })), /\n1 problem\n  AWS_PROFILE of \/x: set\. Next step: systemctl restart unified-agent\n/);
  assert.match(statusText(status({ restart: null })), /\nno problems\n/);
});

test('a file that may not be opened is a problem, other files that are passed over are none', () => {
  const skipped = (reason: string): string => statusText(status({ skipped: { total: 1, list: [{ path: '/var/log/x', entry: 'e', reason }] } }));
  assert.match(skipped('cannot be opened (EACCES); it is tried again at each scan'), /\n1 problem\n  \/var\/log\/x: cannot be opened \(EACCES\); it is tried again at each scan; `agent doctor`/);
  assert.match(skipped('binary'), /\nno problems\n/);
});
