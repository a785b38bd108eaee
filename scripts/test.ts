// npm test [-- part|path …]: runs test/unit, then test/integration, then test/conformance, and ends with the line
// `N passed, N failed`. Exit 1 when a test failed, or a part that was asked for ran none.
import { run } from 'node:test';
import type { TestEvent } from 'node:test/reporters';
import { readdirSync } from 'node:fs';
import { inspect } from 'node:util';
import { join, relative } from 'node:path';

const PARTS = ['unit', 'integration', 'conformance'] as const;
/** Test files at a time. Integration tests measure latencies; more of them than cores would measure each other. */
const CONCURRENCY = 2;
const TEST_TIMEOUT_MS = 120_000;

const root = join(import.meta.dirname, '..');
const filters = process.argv.slice(2).map((word) => relative(root, join(process.cwd(), word)));

interface Tally { passed: number; failed: number; skipped: number }

/** The test files of a part, as paths from the project's root; all of them, or those a filter names or leads to. */
function filesOf(part: string): readonly string[] {
  let names: readonly string[] = [];
  try {
    names = readdirSync(join(root, 'test', part), { recursive: true, encoding: 'utf8' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  const files = names.filter((name) => name.endsWith('.test.ts')).map((name) => join('test', part, name)).toSorted();
  if (filters.length === 0) return files;
  return files.filter((file) => filters.some((filter) => filter === part || file === filter || file.startsWith(`${filter}/`) || (!filter.includes('/') && file.includes(filter))));
}

/** A failure as a person reads it: where, which test, what; the stack only as far as the project's own lines. */
function describeFailure(event: Extract<TestEvent, { type: 'test:fail' }>): string {
  const { name, file, line, details } = event.data;
  const cause = details.error.cause ?? details.error;
  const text = cause instanceof Error ? (cause.stack ?? cause.message) : typeof cause === 'string' ? cause : inspect(cause);
  const lines = text.split('\n').filter((row) => !/^\s+at .*(?:node:|node_modules)/.test(row));
  return [`✖ ${relative(root, file ?? '')}:${line ?? 0} ${name}`, ...lines.map((row) => `    ${row}`)].join('\n');
}

/** Whether the event stands for a whole file, not a test: its name is the file's path. */
const standsForFile = (data: { readonly name: string; readonly file?: string | undefined }): boolean => data.file !== undefined && (data.name === data.file || join(root, data.name) === data.file);

async function runPart(part: string, files: readonly string[]): Promise<Tally> {
  const tally: Tally = { passed: 0, failed: 0, skipped: 0 };
  const failures: string[] = [];
  const stream = run({ files: files.map((file) => join(root, file)), concurrency: CONCURRENCY, timeout: TEST_TIMEOUT_MS, cwd: root });
  for await (const event of stream as AsyncIterable<TestEvent>) {
    if (event.type === 'test:stderr') process.stderr.write(event.data.message);
    else if (event.type === 'test:stdout') process.stdout.write(event.data.message);
    else if (event.type === 'test:fail') {
      // A parent fails with its subtests, which are counted themselves; a file fails when it cannot be loaded.
      if ((event.data.details.error as { failureType?: string }).failureType === 'subtestsFailed') continue;
      tally.failed++;
      const failure = describeFailure(event);
      failures.push(failure);
      console.log(failure);
    } else if (event.type === 'test:pass' && event.data.details.type !== 'suite' && !standsForFile(event.data)) {
      const skipped = (event.data.skip ?? event.data.todo) !== undefined;
      tally[skipped ? 'skipped' : 'passed']++;
    }
  }
  if (failures.length > 3) console.log(`\n${part}: all ${failures.length} failures again\n${failures.join('\n')}`);
  return tally;
}

const total: Tally = { passed: 0, failed: 0, skipped: 0 };
let missing = false;
for (const part of PARTS) {
  const files = filesOf(part);
  if (files.length === 0 && filters.length > 0) continue;
  const started = performance.now();
  const tally = files.length === 0 ? { passed: 0, failed: 0, skipped: 0 } : await runPart(part, files);
  const ran = tally.passed + tally.failed;
  console.log(`${part}: ${ran} tests of ${files.length} files in ${((performance.now() - started) / 1000).toFixed(1)} s`);
  if (ran === 0) {
    missing = true;
    console.log(`${part}: no test ran in test/${part}: each part must run, or what it guards is not shown`);
  }
  total.passed += tally.passed;
  total.failed += tally.failed;
  total.skipped += tally.skipped;
}
if (total.passed + total.failed === 0) {
  missing = true;
  console.log(`no test ran${filters.length > 0 ? `: nothing under test/{${PARTS.join(',')}} matches ${filters.join(' ')}` : ''}`);
}
if (total.failed > 0 || missing) process.exitCode = 1;
console.log(`${total.passed} passed, ${total.failed} failed${total.skipped > 0 ? `, ${total.skipped} skipped` : ''}`);
