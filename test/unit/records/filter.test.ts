import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ChunkText } from '../../../src/records/chunk-text.ts';
import { compileFilters } from '../../../src/records/filter.ts';
import { compilePattern, isProblem } from '../../../src/records/pattern.ts';
import type { FilterPlan } from '../../../src/plan.ts';
import { framesOf } from './frames.ts';

function filter(type: FilterPlan['type'], source: string): FilterPlan {
  const pattern = compilePattern(source);
  if (isProblem(pattern)) throw new Error(pattern.problem);
  return { type, pattern };
}

function kept(filters: readonly FilterPlan[], frames: readonly string[], keep = new Uint8Array(frames.length).fill(1)): string[] {
  const text = new ChunkText();
  text.reset(framesOf(frames));
  compileFilters(filters).narrow(text, keep);
  return frames.filter((_, i) => keep[i] === 1);
}

const FRAMES = ['GET /a 200', 'GET /healthz 200', 'POST /b 500', 'ERROR x\n  at y', 'é GET'];

test('every include must match and no exclude may, in any order', () => {
  assert.deepEqual(kept([], FRAMES), FRAMES);
  assert.deepEqual(kept([filter('include', 'GET')], FRAMES), ['GET /a 200', 'GET /healthz 200', 'é GET']);
  assert.deepEqual(kept([filter('exclude', 'healthz')], FRAMES), ['GET /a 200', 'POST /b 500', 'ERROR x\n  at y', 'é GET']);
  for (const filters of [[filter('include', 'GET|POST'), filter('exclude', 'healthz')], [filter('exclude', 'healthz'), filter('include', 'GET|POST')]]) {
    assert.deepEqual(kept(filters, FRAMES), ['GET /a 200', 'POST /b 500', 'é GET']);
  }
  assert.deepEqual(kept([filter('include', 'GET'), filter('include', '200')], FRAMES), ['GET /a 200', 'GET /healthz 200']);
});

test('a filter sees the whole joined event, and its dot stops at line breaks', () => {
  assert.deepEqual(kept([filter('include', 'at y$')], FRAMES), ['ERROR x\n  at y']);
  assert.deepEqual(kept([filter('include', 'ERROR.*at')], FRAMES), []);
  assert.deepEqual(kept([filter('include', '(?s)ERROR.*at')], FRAMES), ['ERROR x\n  at y']);
});

test('a frame that is out already is not looked at and not brought back', () => {
  assert.deepEqual(kept([filter('exclude', 'nothing')], FRAMES, Uint8Array.of(0, 1, 1, 0, 1)), ['GET /healthz 200', 'POST /b 500', 'é GET']);
});

test('the budget is counted per filter', () => {
  let now = 0;
  const filters = compileFilters([filter('include', 'GET'), filter('exclude', 'x')], () => (now += 100));
  const text = new ChunkText();
  text.reset(framesOf(FRAMES));
  filters.narrow(text, new Uint8Array(FRAMES.length).fill(1));
  assert.deepEqual(filters.overBudget, [1, 1]);
});
