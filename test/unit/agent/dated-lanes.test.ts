import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DatedLanes } from '../../../src/agent/dated-lanes.ts';
import type { Lane } from '../../../src/delivery/lane.ts';
import { Zone } from '../../../src/records/zone.ts';
import { serviceAt } from '../../support/plan-for.ts';

const DAY_MS = 86_400_000;
const MOST = 16;
const NONE: ReadonlySet<string> = new Set();

interface FakeLane { empty: boolean; isFailing: boolean; readonly stream: string }

/** Lanes of a daily stream, and what each of them would say. */
function daily(): { readonly lanes: DatedLanes; readonly made: Map<string, FakeLane> } {
  const made = new Map<string, FakeLane>();
  const lanes = new DatedLanes(
    { service: serviceAt(null), group: 'g', stream: [{ kind: 'date', field: 'date' }], groupClass: null, retentionDays: null, kmsKeyId: null, tags: {}, entity: null },
    { zone: Zone.open('UTC')!, laneFor: ({ stream }) => {
      const lane = made.get(stream) ?? { empty: false, isFailing: false, stream };
      made.set(stream, lane);
      return lane as unknown as Lane;
    } },
  );
  return { lanes, made };
}

const streamOf = (lanes: DatedLanes, day: number): string => lanes.spanAt(day * DAY_MS).stream;
const opened = (lanes: DatedLanes): readonly string[] => Array.from(lanes.open, (lane) => (lane as unknown as FakeLane).stream);

test('of 16 lanes none is let go of while it holds something, then the one not used for longest, and one that failed last of all', () => {
  const { lanes, made } = daily();
  const days = Array.from({ length: MOST }, (_, day) => streamOf(lanes, day));
  for (const stream of days) assert.ok(lanes.tryOpen(stream, NONE) !== null);
  const next = streamOf(lanes, MOST);
  assert.deepEqual([lanes.tryOpen(next, NONE), lanes.canOpen], [null, false]);
  for (const day of [3, 5, 7]) made.get(days[day]!)!.empty = true;
  made.get(days[3]!)!.isFailing = true;
  lanes.tryOpen(days[5]!, NONE);
  assert.ok(lanes.canOpen);
  assert.ok(lanes.tryOpen(next, NONE) !== null);
  assert.ok(!opened(lanes).includes(days[7]!), 'day 5 was used after day 7');
  assert.ok(lanes.tryOpen(streamOf(lanes, MOST + 1), new Set([days[5]!])) !== null);
  assert.ok(!opened(lanes).includes(days[3]!), 'day 5 is to be kept');
  assert.equal(opened(lanes).length, MOST);
});

test('a time that was asked for before has its span again, however many others came between', () => {
  const { lanes } = daily();
  for (let round = 0; round < 2; round++) {
    for (let day = 0; day < 100; day++) {
      const { start, end, stream } = lanes.spanAt(day * DAY_MS + 5);
      assert.deepEqual([start, end, stream], [day * DAY_MS, (day + 1) * DAY_MS, new Date(day * DAY_MS).toISOString().slice(0, 10)]);
    }
  }
});
