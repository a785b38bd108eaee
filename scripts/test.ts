// npm test [-- part|path …]: runs test/unit, test/integration, test/integration again with moto's server as the endpoint
// (the part `moto`), then test/conformance and test/browser, and, when it is named, test/packaging; ends with the line `N passed, N failed`. Exit 1 when a test failed, or a
// part that was asked for ran none. Words and paths choose files; the part `moto` runs when no filter or `moto` is given.
import { run } from 'node:test';
import type { TestEvent } from 'node:test/reporters';
import { readFileSync, readdirSync } from 'node:fs';
import { inspect } from 'node:util';
import { join, relative } from 'node:path';
import { leftOutText, motoFiles } from './moto-part.ts';
import type { LeftOut } from './moto-part.ts';
import { runShared } from './unit-shares.ts';

const PARTS = ['unit', 'integration', 'moto', 'conformance', 'browser', 'packaging'] as const;
type Part = (typeof PARTS)[number];
/** Needs root and Debian's tools for packages, so it runs only when it is asked for. */
const ON_REQUEST: Part = 'packaging';
/** Test files at a time. Integration tests measure latencies; more of them than cores would measure each other. */
const CONCURRENCY = 2;
/** The tests that measure latencies closely are left out with moto; the others mostly wait. */
const MOTO_CONCURRENCY = 3;
/** A browser is many processes already. */
const BROWSER_CONCURRENCY = 1;
const TEST_TIMEOUT_MS = 120_000;
/** Begins the message of test/support/quick.ts. */
const TOO_SLOW = 'too slow: ';

const root = join(import.meta.dirname, '..');
const filters = process.argv.slice(2).map((word) => relative(root, join(process.cwd(), word)));

interface Tally { passed: number; failed: number; skipped: number; readonly leftOut: LeftOut[] }
interface PartRun { readonly tally: Tally; readonly failures: readonly string[] }

/** The test files of a part, as paths from the project's root; all of them, or those a filter names or leads to. */
function filesOf(part: Part): readonly string[] {
  const folder = part === 'moto' ? 'integration' : part;
  let names: readonly string[] = [];
  try {
    names = readdirSync(join(root, 'test', folder), { recursive: true, encoding: 'utf8' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  const files = names.filter((name) => name.endsWith('.test.ts')).map((name) => join('test', folder, name)).toSorted();
  const isPart = (filter: string): boolean => (PARTS as readonly string[]).includes(filter);
  if (filters.length === 0 && part === ON_REQUEST) return [];
  if (filters.length === 0 || filters.includes(part) && filters.every(isPart)) return files;
  // Words and paths narrow the second run too, but do not ask for it.
  if (part === 'moto' && !filters.includes(part)) return [];
  return files.filter((file) => filters.some((filter) => !isPart(filter) && (file === filter || file.startsWith(`${filter}/`) || (!filter.includes('/') && file.includes(filter)))));
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

/**
 * Runs a part, then once more, alone, each file in which nothing failed but times: beside other tests a test of time measures
 * those too. What fails alone has failed. Nothing else gets a second chance: a race in the product looks like bad luck.
 */
async function runPart(part: Part, files: readonly string[]): Promise<PartRun> {
  const first = await runFiles(part, files, part === 'moto' ? MOTO_CONCURRENCY : part === 'browser' ? BROWSER_CONCURRENCY : CONCURRENCY);
  const slow = [...first.failedIn].filter(([, failures]) => failures.every(({ message }) => message.startsWith(TOO_SLOW))).map(([file]) => file);
  if (slow.length === 0) return first;
  console.log(`${part}: too slow beside other tests, measured again alone: ${slow.join(', ')}`);
  const second = await runFiles(part, slow, 1);
  const sum = (count: (file: string) => number): number => slow.reduce((total, file) => total + count(file), 0);
  return {
    tally: {
      ...first.tally,
      passed: first.tally.passed - sum((file) => first.passedIn.get(file) ?? 0) + second.tally.passed,
      failed: first.tally.failed - sum((file) => first.failedIn.get(file)!.length) + second.tally.failed,
    },
    failures: [...[...first.failedIn].filter(([file]) => !slow.includes(file)).flatMap(([, failures]) => failures.map(({ text }) => text)), ...second.failures],
  };
}

/** Of one test: its message, and all of it as it is shown. */
interface Failure { readonly message: string; readonly text: string }
interface FilesRun extends PartRun { readonly failedIn: ReadonlyMap<string, readonly Failure[]>; readonly passedIn: ReadonlyMap<string, number> }

async function runFiles(part: Part, files: readonly string[], concurrency: number): Promise<FilesRun> {
  const tally: Tally = { passed: 0, failed: 0, skipped: 0, leftOut: [] };
  const failedIn = new Map<string, Failure[]>();
  const passedIn = new Map<string, number>();
  // The test processes inherit it; test/support/endpoint-choice.ts reads it.
  delete process.env['TEST_ENDPOINT'];
  if (part === 'moto') process.env['TEST_ENDPOINT'] = 'moto';
  const paths = files.map((file) => join(root, file));
  const stream = part === 'unit' ? runShared(paths, { concurrency, timeout: TEST_TIMEOUT_MS }) : run({ files: paths, concurrency, timeout: TEST_TIMEOUT_MS, cwd: root });
  for await (const event of stream as AsyncIterable<TestEvent>) {
    if (event.type === 'test:stderr') process.stderr.write(event.data.message);
    else if (event.type === 'test:stdout') process.stdout.write(event.data.message);
    else if (event.type === 'test:fail') {
      // A parent fails with its subtests, which are counted themselves; a file fails when it cannot be loaded.
      if ((event.data.details.error as { failureType?: string }).failureType === 'subtestsFailed') continue;
      tally.failed++;
      const file = relative(root, event.data.file ?? '');
      const { cause } = event.data.details.error;
      const failure: Failure = { message: cause instanceof Error ? cause.message : String(cause), text: describeFailure(event) };
      failedIn.set(file, [...(failedIn.get(file) ?? []), failure]);
      console.log(failure.text);
    } else if (event.type === 'test:pass' && event.data.details.type !== 'suite' && !standsForFile(event.data)) {
      const skipped = (event.data.skip ?? event.data.todo) !== undefined;
      tally[skipped ? 'skipped' : 'passed']++;
      const file = relative(root, event.data.file ?? '');
      if (!skipped) passedIn.set(file, (passedIn.get(file) ?? 0) + 1);
      if (part === 'moto' && skipped) tally.leftOut.push({ file, title: event.data.name, reason: String(event.data.skip ?? event.data.todo) });
    }
  }
  return { tally, failures: [...failedIn.values()].flat().map(({ text }) => text), failedIn, passedIn };
}

const total = { passed: 0, failed: 0, skipped: 0 };
const failures: string[] = [];
let missing = false;
for (const part of PARTS) {
  const candidates = filesOf(part);
  const { files, leftOut, strays } = part === 'moto' ? motoFiles(candidates.map((file) => [file, readFileSync(join(root, file), 'utf8')] as const)) : { files: candidates, leftOut: [], strays: [] };
  if (files.length === 0 && (filters.length > 0 || part === ON_REQUEST)) continue;
  const started = performance.now();
  const { tally, failures: ofPart }: PartRun = files.length === 0 ? { tally: { passed: 0, failed: 0, skipped: 0, leftOut: [] }, failures: [] } : await runPart(part, files);
  failures.push(...ofPart.map((text) => `${part}: ${text}`));
  const ran = tally.passed + tally.failed;
  console.log(`${part}: ${ran} tests of ${files.length} files in ${((performance.now() - started) / 1000).toFixed(1)} s`);
  if (part === 'moto') console.log(`moto: left out ${tally.leftOut.length} tests and ${leftOut.length} files, by reason\n${leftOutText([...tally.leftOut, ...leftOut])}`);
  for (const file of strays) {
    missing = true;
    console.log(`moto: ${file} starts the local endpoint itself, so moto never sees its tests: let it use the rig (test/support/rig.ts)`);
  }
  if (ran === 0) {
    missing = true;
    console.log(`${part}: no test ran in test/${part === 'moto' ? 'integration with moto' : part}: each part must run, or what it guards is not shown`);
  }
  total.passed += tally.passed;
  total.failed += tally.failed;
  // What moto leaves out is counted where it ran.
  total.skipped += part === 'moto' ? 0 : tally.skipped;
}
if (total.passed + total.failed === 0) {
  missing = true;
  console.log(`no test ran${filters.length > 0 ? `: nothing under test/{${PARTS.join(',')}} matches ${filters.join(' ')}` : ''}`);
}
// Again at the end: they happened many minutes of output ago, and of a long log only the end may be kept.
if (failures.length > 0) console.log(`what failed:\n${failures.join('\n')}`);
if (total.failed > 0 || missing) process.exitCode = 1;
console.log(`${total.passed} passed, ${total.failed} failed${total.skipped > 0 ? `, ${total.skipped} skipped` : ''}`);
