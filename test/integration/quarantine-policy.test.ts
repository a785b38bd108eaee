// What becomes of events that can never be delivered, by policy: quarantine (the default), clamp, drop. Each is counted.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { UndeliverablePolicy } from '../../src/plan.ts';
import { errorsOf } from '../support/arrivals.ts';
import { localOnly } from '../support/endpoint-choice.ts';
import { append } from '../support/log-files.ts';
import { quarantined } from '../support/quarantined.ts';
import { rigFor } from '../support/rig.ts';
import type { Rig } from '../support/rig.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const STAMPED = { path: 'app.log', start: { kind: 'line' }, timestamp: { format: '%Y-%m-%dT%H:%M:%S.%f', zone: 'UTC', trim: false } } as const;
const lineAt = (time: number, text: string): string => `${new Date(time).toISOString().slice(0, 23)} ${text}`;

const CASES = [
  { what: 'an event of 15 days ago', offset: -15 * DAY, reason: 'too-old', text: /older than 14 days/, clampedTo: -14 * DAY },
  { what: 'an event three hours in the future', offset: 3 * HOUR, reason: 'too-new', text: /more than two hours in the future/, clampedTo: 0 },
] as const;

for (const { what, offset, reason, text, clampedTo } of CASES) {
  for (const undeliverable of ['quarantine', 'clamp', 'drop'] as const satisfies readonly UndeliverablePolicy[]) {
    const fate = { quarantine: 'kept in the quarantine with its reason', clamp: 'delivered with the nearest time the service takes', drop: 'dropped' }[undeliverable];
    test(`L34, L35 ${what} (${undeliverable}): ${fate}, counted, its neighbours arrive`, async (t) => {
      const rig = await rigFor(t, { entries: [STAMPED], delivery: { flushMs: 50, undeliverable } });
      const now = Date.now();
      const [before, bad, after] = [lineAt(now - 2_000, 'before'), lineAt(now + offset, 'the "bad" one'), lineAt(now - 1_000, 'after')];
      append(rig.path('app.log'), [before, bad, after]);
      await rig.start();
      if (undeliverable === 'clamp') {
        await rig.count('g', 's', 3);
        await rig.stop();
        assert.deepEqual(rig.messages().toSorted(), [before, bad, after].toSorted());
        const clamped = rig.events('g', 's').find(({ message }) => message === bad)!;
        assert.ok(Math.abs(clamped.timestamp - (now + clampedTo)) < 15 * 60_000, `clamped to ${new Date(clamped.timestamp).toISOString()}`);
        assert.equal(rig.report.drops.size, 0);
        assert.equal(rig.report.clampedEvents, 1);
      } else {
        await rig.arrived([before, after]);
        await rig.stop();
        assert.deepEqual(rig.report.drops.get(reason), { events: 1, bytes: bad.length });
        await rig.says(new RegExp(`1 event, ${bad.length} bytes not delivered \\(${reason}\\)`));
      }
      const kept = quarantined(rig);
      if (undeliverable !== 'quarantine') { assert.deepEqual(kept, []); return; }
      assert.deepEqual(kept.map(({ message, timestamp, file, group, stream }) => ({ message, timestamp, file, group, stream })), [{ message: bad, timestamp: now + offset, file: rig.path('app.log'), group: 'g', stream: 's' }]);
      assert.match(kept[0]!.reason, text);
    });
  }
}

/** Ages the agent finds in order, but not the service, whose clock is `seconds` ahead. */
async function judgedByService(rig: Rig, seconds: number, ages: readonly number[]): Promise<string[]> {
  rig.endpoint.faults.add({ kind: 'skew', seconds, operation: 'PutLogEvents' });
  const now = Date.now();
  const lines = ages.map((age, i) => lineAt(now - age, `event ${i}`));
  append(rig.path('app.log'), lines);
  await rig.start();
  await rig.settled();
  await rig.stop();
  assert.deepEqual(Object.keys(errorsOf(rig)).filter((name) => name !== 'ResourceNotFoundException'), [], 'the calls succeeded');
  return lines;
}

test('L33 a call that succeeds without the oldest events of its batch: exactly these are counted and kept, the others are stored', localOnly('faults'), async (t) => {
  const rig = await rigFor(t, { entries: [STAMPED] });
  const ages = Array.from({ length: 40 }, (_, i) => 14 * DAY - 10 * 60_000 - i * 15 * 60_000);
  const lines = await judgedByService(rig, 7_200 / 2, ages);
  // One hour ahead, the service takes what is 13 days and 23 hours old here.
  const refused = ages.filter((age) => age + HOUR > 14 * DAY).length;
  assert.ok(refused >= 3 && refused <= 5);
  assert.deepEqual(rig.messages(), lines.slice(refused));
  assert.equal(rig.report.deliveredEvents, lines.length - refused, 'what was not stored is not counted as delivered');
  assert.deepEqual(quarantined(rig).map(({ message }) => message), lines.slice(0, refused));
  assert.match(quarantined(rig)[0]!.reason, /older than 14 days/);
  assert.equal(rig.report.drops.get('too-old')?.events, refused);
});

test('L33 a call that succeeds without the newest events of its batch: exactly these are counted and kept, whatever the order in the file', localOnly('faults'), async (t) => {
  const rig = await rigFor(t, { entries: [STAMPED] });
  const ages = [0, -HOUR - 60_000, 1_000, -90 * 60_000, 2_000];
  const lines = await judgedByService(rig, -3_600, ages);
  assert.deepEqual(rig.messages(), [lines[4], lines[2], lines[0]]);
  assert.deepEqual(quarantined(rig).map(({ message }) => message), [lines[1], lines[3]]);
  assert.equal(rig.report.drops.get('too-new')?.events, 2);
});

test('L33 a call that succeeds and stores nothing: all of it is counted and kept, and the position moves on', localOnly('faults'), async (t) => {
  const rig = await rigFor(t, { entries: [STAMPED] });
  const ages = Array.from({ length: 20 }, (_, i) => 14 * DAY - 60 * 60_000 - i * 60_000);
  const lines = await judgedByService(rig, 7_200, ages);
  assert.deepEqual(rig.messages(), []);
  assert.deepEqual(quarantined(rig).map(({ message }) => message), lines);
});

const RETENTION = 'moto stores events older than the retention of their group, where AWS drops them and says so';

function groupWithRetention(rig: Rig, days: number): void {
  rig.endpoint.store.createGroup({ name: 'g', creationTime: 0, groupClass: 'STANDARD', kmsKeyId: null, tags: new Map(), deletionProtected: false, retentionDays: days });
}

test("L36 events older than the group's retention: counted as expired and kept with that reason, the younger ones stored", localOnly(RETENTION), async (t) => {
  const rig = await rigFor(t, { entries: [STAMPED] });
  groupWithRetention(rig, 1);
  const ages = Array.from({ length: 23 }, (_, i) => 2 * DAY - HOUR / 2 - i * 2 * HOUR);
  const lines = await judgedByService(rig, 0, ages);
  const expired = ages.filter((age) => age > DAY).length;
  assert.deepEqual(rig.messages(), lines.slice(expired));
  assert.deepEqual(quarantined(rig).map(({ message }) => message), lines.slice(0, expired));
  assert.match(quarantined(rig)[0]!.reason, /retention/);
  assert.equal(rig.report.drops.get('expired')?.events, expired);
  await rig.says(/not delivered \(expired\)/);
});

test('L36 too old and expired in one answer: each with its own reason, none twice', localOnly(RETENTION), async (t) => {
  const rig = await rigFor(t, { entries: [STAMPED], delivery: { flushMs: 50 } });
  groupWithRetention(rig, 13);
  const ages = [14 * DAY - 30 * 60_000, 14 * DAY - 2 * HOUR, 14 * DAY - 20 * HOUR];
  const lines = await judgedByService(rig, 3_600, ages);
  assert.deepEqual(rig.messages(), []);
  assert.deepEqual(quarantined(rig).map(({ message, reason }) => [message, /retention/.test(reason) ? 'expired' : 'too old']), [[lines[0], 'too old'], [lines[1], 'expired'], [lines[2], 'expired']]);
});
