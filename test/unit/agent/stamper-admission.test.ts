import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { Stamper } from '../../../src/agent/stamper.ts';
import type { StampedFile } from '../../../src/agent/stamper.ts';
import type { Undelivered } from '../../../src/delivery/lane.ts';
import { Framer } from '../../../src/framing/framer.ts';
import { Arena } from '../../../src/kernel/arena.ts';
import { createKernel } from '../../../src/kernel/kernel.ts';
import type { UndeliverablePolicy } from '../../../src/plan.ts';
import { ChunkText } from '../../../src/records/chunk-text.ts';
import { compileFilters } from '../../../src/records/filter.ts';
import { compilePattern, isProblem } from '../../../src/records/pattern.ts';
import { Redaction } from '../../../src/records/redact/redaction.ts';
import { compileTimestamp } from '../../../src/records/timestamp.ts';
import { AgentReport } from '../../../src/report/agent-report.ts';
import { eventsOf } from '../../support/arena-frames.ts';
import { serviceAt } from '../../support/plan-for.ts';

const NOW = Date.UTC(2026, 4, 20, 12);
const DAY_MS = 86_400_000;
const DESTINATION = { service: serviceAt(null), group: 'g', stream: 's', groupClass: null, retentionDays: null, kmsKeyId: null, tags: {}, entity: null };

const arena = new Arena(100_000);
const kernel = createKernel(arena);
const parser = compileTimestamp('%Y-%m-%dT%H:%M:%S', 'UTC', 'UTC');
assert.ok(!('problem' in parser));
const dropped = compilePattern('drop');
assert.ok(!isProblem(dropped));

const stamp = (daysAgo: number): string => new Date(NOW - daysAgo * DAY_MS).toISOString().slice(0, 19);
const LINES: Readonly<Record<string, (i: number) => string>> = {
  today: (i) => `${stamp(0)} ${i}`,
  yesterday: (i) => `${stamp(1)} ${i}`,
  before: (i) => `${stamp(2)} ${i}`,
  untimed: (i) => `no time ${i}`,
  old: (i) => `${stamp(30)} ${i}`,
  ahead: (i) => `${stamp(-3)} ${i}`,
  secret: (i) => `${stamp(1)} password=abc${i}`,
  oldSecret: (i) => `${stamp(20)} password=abc${i}`,
  filtered: (i) => `${stamp(1)} drop ${i}`,
  hole: (i) => `\0\0${stamp(1)} ${i}`,
  long: (i) => `${stamp(2)} ${'x'.repeat(200)} ${i}`,
};

/** All that becomes of a text when an outlet refuses a new date each time `refuses` says so: events, and what is counted. */
function stamped(text: string, policy: UndeliverablePolicy, refuses: () => boolean): unknown {
  const report = new AgentReport(() => undefined, () => NOW);
  const quarantined: unknown[] = [];
  const undelivered: Undelivered = { add: (event) => { quarantined.push(event); } };
  const framer = new Framer({ arena, kernel, start: 'line', maxEventBytes: 126, source: null });
  const stamper = new Stamper({ arena, text: new ChunkText(), timestamp: { parser: parser as never, trim: false }, filters: compileFilters([{ type: 'exclude', pattern: dropped as never }]), redaction: new Redaction([{ kind: 'secrets' }], 100), textFramed: false, undeliverable: policy, undelivered, report, wallNow: () => NOW, wide: false });
  const admit = (wanted: Uint8Array | null): number => {
    let day = Number.NaN;
    for (let i = 0; i < arena.count; i++) {
      if (wanted?.[i] === 0 || Math.floor(arena.time[i]! / DAY_MS) === day) continue;
      day = Math.floor(arena.time[i]! / DAY_MS);
      if (refuses()) return i;
    }
    return arena.count;
  };
  const file: StampedFile = { path: '/a', mtimeMs: NOW, parser: stamper.newParser(), outlet: { destinationAt: () => DESTINATION, admit }, lost: () => {} };
  const bytes = Buffer.from(text);
  const events: unknown[] = [];
  let holes = 0;
  for (let at = 0; at < bytes.length;) {
    bytes.copy(arena.bytes, arena.input, at);
    framer.cut(arena.input, arena.input + bytes.length - at, at === 0, 'none', 0);
    stamper.stamp(framer, file, null);
    events.push(...eventsOf(arena));
    holes += framer.holeBytes;
    at += framer.consumed;
  }
  return { events, quarantined, untimed: report.untimedEvents, clamped: report.clampedEvents, holes, drops: Object.fromEntries(report.drops), redactions: [...report.redactions], previous: file.parser!.previous };
}

test('what an outlet cannot take yet is stamped and counted as if it had been taken at once, whatever it refuses', () => {
  const lines = fc.array(fc.constantFrom(...Object.keys(LINES)), { minLength: 1, maxLength: 25 });
  fc.assert(fc.property(lines, fc.array(fc.boolean(), { maxLength: 60 }), fc.constantFrom<UndeliverablePolicy>('quarantine', 'clamp', 'drop'), (kinds, refusals, policy) => {
    const text = kinds.map((kind, i) => `${LINES[kind]!(i)}\n`).join('');
    const answers = refusals.values();
    assert.deepEqual(stamped(text, policy, () => answers.next().value === true), stamped(text, policy, () => false));
  }), { numRuns: 300 });
});
