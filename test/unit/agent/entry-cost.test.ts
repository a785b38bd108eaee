import assert from 'node:assert/strict';
import { mock, test } from 'node:test';
import * as fc from 'fast-check';
import { LogPipeline } from '../../../src/agent/log-pipeline.ts';
import { SharedParts } from '../../../src/agent/shared-parts.ts';
import { buildStages } from '../../../src/agent/stages.ts';
import type { Stages } from '../../../src/agent/stages.ts';
import { Descriptors } from '../../../src/files/descriptors.ts';
import { ALL_IN_REACH } from '../../../src/files/reach.ts';
import { Arena } from '../../../src/kernel/arena.ts';
import { createKernel } from '../../../src/kernel/kernel.ts';
import type { FileEntryPlan, PatternPlan } from '../../../src/plan.ts';
import { compilePattern, isProblem } from '../../../src/records/pattern.ts';
import { AgentReport } from '../../../src/report/agent-report.ts';
import { eventsOf } from '../../support/arena-frames.ts';
import { planFor, serviceAt } from '../../support/plan-for.ts';
import type { EntrySpec } from '../../support/plan-for.ts';

const DESTINATION = { service: serviceAt(null), group: 'g', stream: 's', groupClass: null, retentionDays: null, kmsKeyId: null, tags: {}, entity: null };
const TIMED = { format: '%Y-%m-%d %H:%M:%S', zone: 'UTC', trim: true };
/** Read by its regular expression: the directives leave open where one value ends. */
const LOOSE = { format: '%b %-d%-H:%M:%S', zone: 'UTC', trim: false };

function pattern(source: string): PatternPlan {
  const compiled = compilePattern(source);
  assert.ok(!isProblem(compiled));
  return compiled;
}

const SPECS: readonly Omit<EntrySpec, 'path'>[] = [
  { timestamp: TIMED, start: { kind: 'timestamp' }, filters: [{ type: 'exclude', pattern: pattern('drop') }] },
  { timestamp: LOOSE, start: { kind: 'timestamp' }, filters: [{ type: 'include', pattern: pattern('[a-z]') }] },
  { timestamp: LOOSE, start: { kind: 'timestamp' } },
  { start: { kind: 'pattern', pattern: pattern('^\\d') }, filters: [{ type: 'exclude', pattern: pattern('drop') }], redact: [{ kind: 'pattern', pattern: pattern('more'), replacement: '#' }], maxEventBytes: 86 },
  { start: { kind: 'pattern', pattern: pattern('^\\d') }, maxEventBytes: 86 },
  { maxEventBytes: 86, redact: [{ kind: 'secrets' }] },
];

function entriesFor(specs: readonly Omit<EntrySpec, 'path'>[]): readonly FileEntryPlan[] {
  return planFor({ endpoint: 'http://127.0.0.1', entries: specs.map((spec, i) => ({ ...spec, path: `/${i}.log` })) }).entries;
}

/** What builds the stages of entries that run together. */
function together(arena: Arena): (entry: FileEntryPlan) => Stages {
  const report = new AgentReport(() => undefined, () => 0);
  const context = { arena, kernel: createKernel(arena), descriptors: new Descriptors(1, report), reach: ALL_IN_REACH, report, now: () => 0, undeliverable: 'drop', undelivered: { add: () => undefined }, parts: new SharedParts('UTC') } as const;
  return (entry) => buildStages(entry, context);
}

/** One entry under way: each turn takes a chunk as a follower does, and gives the events. */
function running(stages: Stages): (chunk: string) => unknown {
  const parser = stages.stamper.newParser();
  let pieces = 0;
  let split: number | null = null;
  let rest = '';
  return (chunk) => {
    const { arena, framer, stamper } = stages;
    const report = stages.report as AgentReport;
    const untimed = report.untimedEvents;
    const bytes = Buffer.from(rest + chunk);
    bytes.copy(arena.bytes, arena.input);
    framer.cut(arena.input, arena.input + bytes.length, false, 'none', pieces);
    stamper.stamp(framer, { path: '/a', mtimeMs: 1, parser, outlet: { destinationAt: () => DESTINATION, admit: () => arena.count }, lost: () => {} }, split);
    const events = eventsOf(arena);
    pieces = framer.openPieces;
    split = pieces > 0 ? stamper.openTime : null;
    rest = bytes.subarray(framer.consumed).toString();
    return { events, pieces, untimed: report.untimedEvents - untimed, continues: framer.hasPieces ? [...framer.continues.subarray(0, arena.count)] : [] };
  };
}

test('an entry has no column of its own: a thousand of them take no memory outside of the heap', () => {
  const build = together(new Arena(65_536));
  const entries = entriesFor(Array.from({ length: 1000 }, (_, i) => SPECS[i % SPECS.length]!));
  const before = process.memoryUsage().arrayBuffers;
  const stages = entries.map((entry) => build(entry));
  const bytes = process.memoryUsage().arrayBuffers - before;
  assert.equal(stages.length, 1000);
  assert.ok(bytes < 300_000, `${bytes} bytes`);
});

/** Something stands in the columns that nobody of this step has written. */
function leave({ scratch: { spans, ...columns } }: Arena, value: number): void {
  for (const column of [spans.from, spans.to, ...Object.values(columns)]) column.fill(value);
}

test('entries that take turns, chunk by chunk, read as if each were alone, whatever the others noted of their own frames', () => {
  const line = fc.constantFrom('2026-05-20 12:00:00 one', '2026-05-20 12:00:01 drop', 'May 191:02:03 more', 'May 181:02:04 drop', ' more', '', '12 password=abc more', 'x'.repeat(150), `drop ${'y'.repeat(150)}`, '2026-01-01 00:00:00 old', '99');
  const chunk = fc.array(line, { minLength: 1, maxLength: 6 }).map((lines) => `${lines.join('\n')}\n`);
  const turns = fc.array(fc.record({ who: fc.nat({ max: SPECS.length - 1 }), chunk, left: fc.nat({ max: 3 }) }), { minLength: 2, maxLength: 12 });
  const entries = entriesFor(SPECS);
  const [shared, alone] = [new Arena(20_000), new Arena(20_000)];
  mock.timers.enable({ apis: ['Date'], now: Date.UTC(2026, 4, 20, 13) });
  fc.assert(fc.property(turns, (all) => {
    const build = together(shared);
    const sharing = entries.map((entry) => running(build(entry)));
    const got = all.map((turn) => {
      leave(shared, turn.left);
      return sharing[turn.who]!(turn.chunk);
    });
    for (const who of entries.keys()) {
      const run = running(together(alone)(entries[who]!));
      leave(alone, 0);
      for (const [i, turn] of all.entries()) if (turn.who === who) assert.deepEqual(got[i], run(turn.chunk));
    }
  }), { numRuns: 150 });
  mock.timers.reset();
});

test('an entry makes what reads files when it has the first, and at once if it goes on with one or must remember where the end was', () => {
  const [plain, atEnd] = entriesFor([{}, { startAt: 'end' }]) as [FileEntryPlan, FileEntryPlan];
  const pipelineOf = (entry: FileEntryPlan): LogPipeline => new LogPipeline(entry, () => { throw new Error('made'); });
  const pipeline = pipelineOf(plain);
  pipeline.begin([], false);
  pipeline.reconcile(new Map());
  pipeline.keepHouse();
  assert.deepEqual([...pipeline.generations, ...pipeline.handOver()], []);
  assert.equal(pipeline.caughtUp, true);
  assert.throws(() => { pipeline.reconcile(new Map([['/0.log', { path: '/0.log', device: 1, inode: 1, size: 1, mtimeMs: 1 }]])); }, /^Error: made$/);
  assert.throws(() => { pipelineOf(plain).begin([], true); }, /^Error: made$/);
  assert.throws(() => { pipelineOf(plain).begin([{} as never], false); }, /^Error: made$/);
  assert.throws(() => { pipelineOf(atEnd).begin([], false); }, /^Error: made$/);
});
