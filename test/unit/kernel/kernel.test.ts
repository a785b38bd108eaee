import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { Arena, MAX_FRAMES } from '../../../src/kernel/arena.ts';
import type { Kernel } from '../../../src/kernel/kernel.ts';
import { ScriptKernel, createKernel } from '../../../src/kernel/kernel.ts';

interface Rig { readonly arena: Arena; readonly kernel: Kernel }
const rig = (make: (arena: Arena) => Kernel): Rig => { const arena = new Arena(70_000); return { arena, kernel: make(arena) }; };
const wasm = rig(createKernel);
const script = rig((arena) => new ScriptKernel(arena));

function index({ arena, kernel }: Rig, text: Uint8Array, join: boolean, flush: boolean): unknown {
  arena.bytes.set(text, arena.input);
  kernel.index(arena.input, arena.input + text.length, join, flush);
  const column = (c: Int32Array, base: number): number[] => [...c.subarray(0, arena.count)].map((x) => x - base);
  return { from: column(arena.from, arena.input), to: column(arena.to, arena.input), end: column(arena.end, 0), consumed: kernel.consumed, longest: kernel.longest };
}
function encode({ arena, kernel }: Rig, times: readonly number[], room: number): unknown {
  for (let i = 0; i < arena.count; i++) arena.time[i] = times[i % times.length]!;
  const next = kernel.encode(0, arena.count, room, 26);
  return { next, taken: kernel.taken, text: arena.bytes.subarray(arena.output, kernel.written).toString('latin1') };
}

const textOf = (byte: fc.Arbitrary<number>, maxLength: number) => fc.array(byte, { maxLength, size: 'max' }).map((bytes) => Uint8Array.from(bytes));
const dense = textOf(fc.constantFrom(10, 10, 32, 9, 13, 34, 92, 0, 8, 12, 31, 65, 66, 127, 0xc3, 0xa4), 300);
// Lines of several vectors, most of them with nothing to escape or only quotes.
const sparse = textOf(fc.oneof({ weight: 40, arbitrary: fc.constantFrom(65, 66) }, { weight: 3, arbitrary: fc.constantFrom(34, 92) }, { weight: 1, arbitrary: fc.constantFrom(10, 9) }), 600);
const logText = fc.oneof(dense, sparse);
const stamp = fc.integer({ min: 1_000_000_000_000, max: 9_999_999_999_999 });

test('the WebAssembly kernel cuts and encodes byte for byte like the JavaScript one', () => {
  assert.notEqual(wasm.kernel.constructor, ScriptKernel, 'WebAssembly must be in use for this test to mean anything');
  fc.assert(fc.property(logText, fc.boolean(), fc.boolean(), fc.array(stamp, { minLength: 1, maxLength: 3 }), fc.integer({ min: 0, max: 2000 }), (text, join, flush, times, room) => {
    assert.deepEqual(index(wasm, text, join, flush), index(script, text, join, flush));
    assert.deepEqual(encode(wasm, times, room), encode(script, times, room));
  }), { numRuns: 500 });
});

test('encoded events parse back to the messages and times they were made of', () => {
  fc.assert(fc.property(logText, stamp, (text, time) => {
    const lines = index(wasm, text, false, false) as { from: number[]; to: number[] };
    const { text: events } = encode(wasm, [time], 1e9) as { text: string };
    const parsed = JSON.parse(`[${events.slice(1)}]`) as { timestamp: number; message: string }[];
    assert.deepEqual(parsed, lines.from.map((from, i) => ({ timestamp: time, message: Buffer.from(text.subarray(from, lines.to[i])).toString('latin1') })));
  }));
});

test('a chunk of more lines than the columns hold is cut at their end and the rest is left for the next round', () => {
  const text = new Uint8Array(2 * MAX_FRAMES + 100).fill(65);
  for (let i = 1; i < text.length; i += 2) text[i] = 10;
  for (const r of [wasm, script]) {
    const { consumed } = index(r, text, false, false) as { consumed: number };
    assert.equal(r.arena.count, MAX_FRAMES);
    assert.equal(consumed, 2 * MAX_FRAMES);
  }
});
