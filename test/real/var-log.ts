// node test/real/var-log.ts [--root /var/log] [--agent FILE]
// The built agent reads this machine's real log files once (`run --until-caught-up`). Each regular file below the root must
// either have been delivered, as it is, or be named by `check` with the reason why not. Exit 1 otherwise.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, realpathSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { sanitisePath } from '../../src/agent/destination.ts';
import { startEndpoint } from '../../src/local-endpoint/server.ts';
import { AgentProcess, builtAgent } from './agent-process.ts';
import { TEST_ENV } from '../support/rig.ts';

/** sysexits.h EX_USAGE. */
const EXIT_USAGE = 64;
const GROUP = 'var-log';
/** Bytes of messages the endpoint holds at most; more than that cannot be compared. */
const STORED_BYTES = 2 * 1024 ** 3;
const PIECE_END = '[Truncated...]';
const PIECE_START = '[...Continued]';

interface Checked { readonly matches: readonly { readonly matches: readonly { readonly path: string }[]; readonly skipped: readonly { readonly path: string; readonly reason: string }[] }[] }

/** Regular files below a directory, links followed, each real path once. */
function filesBelow(root: string): readonly string[] {
  const found: string[] = [];
  const entered = new Set<string>();
  const enter = (folder: string): void => {
    const real = realpathSync(folder);
    if (entered.has(real)) return;
    entered.add(real);
    for (const name of readdirSync(folder)) {
      const path = join(folder, name);
      const stats = statSync(path, { throwIfNoEntry: false });
      if (stats?.isFile() === true) found.push(path);
      else if (stats?.isDirectory() === true) enter(path);
    }
  };
  enter(root);
  return found.toSorted();
}

/** A text as far as a log service can hold it: no carriage return before a newline, no NULs, no blank lines at the ends of messages. */
function lines(text: string): readonly string[] {
  return text.replaceAll('\0', '').split('\n').map((line) => line.replace(/\r$/, '')).filter((line) => line.trim() !== '');
}

/** The messages as one text, cut ones put together again. */
function joined(messages: readonly string[]): string {
  let text = '';
  for (const message of messages) {
    if (text.endsWith(PIECE_END) && message.startsWith(PIECE_START)) text = text.slice(0, -PIECE_END.length) + message.slice(PIECE_START.length);
    else text += `${text === '' ? '' : '\n'}${message}`;
  }
  return text;
}

/** How the delivered text differs from the file, of which the first `size` bytes were there before; null if it does not. */
function difference(path: string, size: number, messages: readonly string[]): string | null {
  const text = joined(messages);
  const bytes = readFileSync(path);
  // Written since: whatever arrived of it must be what the file says, and no more.
  const [all, due] = [bytes.toString(), bytes.subarray(0, size).toString()];
  if (text === all || `${text}\n` === all) return null;
  const [file, stored, least] = [lines(all), lines(text), lines(due).length];
  const at = stored.findIndex((line, i) => line !== file[i]);
  if (at >= 0) return `delivered line ${at + 1} is ${JSON.stringify(stored[at]!.slice(0, 80))} for ${JSON.stringify(file[at]?.slice(0, 80) ?? 'nothing')}`;
  return stored.length < least ? `${stored.length} of ${least} lines arrived` : null;
}

async function compareRoot(root: string, bundle: string, folder: string): Promise<boolean> {
  await using endpoint = await startEndpoint({ maxStoredBytes: STORED_BYTES });
  const sizes = new Map(filesBelow(root).map((path) => [path, statSync(path).size]));
  const entry = { file_path: `${root}/**`, log_group_name: GROUP, log_stream_name: 'host', publish_multi_logs: true };
  const agent = new AgentProcess({ bundle, folder, url: endpoint.url, entries: [entry], args: ['--until-caught-up'] });
  const began = performance.now();
  const exit = await agent.exited;
  const seconds = (performance.now() - began) / 1_000;
  const check = spawnSync(process.execPath, [bundle, 'check', '--json', '--config', join(folder, 'agent.json')], { encoding: 'utf8', maxBuffer: 1 << 28, env: { PATH: process.env['PATH'] ?? '', HOME: folder, ...TEST_ENV } });
  const [listing] = (JSON.parse(check.stdout) as Checked).matches;
  const skipped = new Map(listing?.skipped.map(({ path, reason }) => [path, reason]));
  const followed = new Set(listing?.matches.map(({ path }) => path));

  let [wrong, same, bytes, empty, messages] = [0, 0, 0, 0, 0];
  const real = new Set<string>();
  for (const [path, size] of sizes) {
    const stored = endpoint.store.messages(GROUP, `host_${sanitisePath(path).replaceAll('/', '_')}`);
    const reason = skipped.get(path);
    const target = realpathSync(path);
    if (reason !== undefined) { console.log(`skipped  ${path}: ${reason}`); continue; }
    if (real.has(target)) { console.log(`skipped  ${path}: another name of a file that is compared`); continue; }
    real.add(target);
    if (!followed.has(path)) { wrong++; console.log(`FAIL     ${path}: neither followed nor named as skipped`); continue; }
    const fault = difference(path, size, stored);
    if (fault !== null) { wrong++; console.log(`FAIL     ${path}: ${fault}`); continue; }
    if (size === 0) empty++;
    same++;
    bytes += size;
    messages += stored.length;
    console.log(`same     ${path}: ${size} bytes, ${stored.length} messages`);
  }
  const { events } = endpoint.store.evicted;
  if (events > 0) { wrong++; console.log(`FAIL     ${events} events are more than the endpoint holds: compare a smaller root`); }
  if (exit !== 0) { wrong++; console.log(`FAIL     the agent ended with ${exit}:\n${agent.said()}`); }
  if (same === empty) { wrong++; console.log('FAIL     nothing with content was compared'); }
  console.log(`${same} files (${empty} empty) delivered as they are, ${bytes} bytes in ${messages} messages, ${seconds.toFixed(1)} s; ${sizes.size - same} files not compared or wrong, ${wrong} faults`);
  return wrong === 0;
}

let options: { readonly root: string; readonly agent: string | undefined };
try {
  const { values } = parseArgs({ options: { root: { type: 'string', default: '/var/log' }, agent: { type: 'string' } } });
  options = { root: resolve(values.root), agent: values.agent };
  if (!statSync(options.root).isDirectory()) throw new Error(`--root ${values.root}: is no directory`);
} catch (error) {
  process.stderr.write(`var-log: ${(error as Error).message}\nusage: node test/real/var-log.ts [--root DIR] [--agent FILE]\n`);
  process.exit(EXIT_USAGE);
}
const folder = mkdtempSync(join(tmpdir(), 'real-var-log-'));
try {
  if (!(await compareRoot(options.root, options.agent ?? await builtAgent(), folder))) process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
