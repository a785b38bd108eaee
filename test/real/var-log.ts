// node test/real/var-log.ts [--root /var/log] [--agent FILE]
// The built agent reads this machine's real log files once (`run --until-caught-up`). Each regular file below the root must
// either have been delivered, as it is, or be named by `check` with the reason why not (`check` judges the content of the first
// 2,000 files). Exit 1 otherwise.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, realpathSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { builtAgent } from '../../scripts/built-agent.ts';
import { sanitisePath } from '../../src/naming/legal-name.ts';
import { startEndpoint } from '../../src/local-endpoint/server.ts';
import { AgentProcess } from './agent-process.ts';
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

const withText = (lines: readonly string[]): readonly string[] => lines.filter((line) => line.trim() !== '');

/** A file as the agent sends it: a line ends with LF or CR LF, a hole of NULs before it is no text, and blank lines may be left out. */
function fileLines(text: string): readonly string[] {
  return withText(text.split('\n').map((line) => line.replace(/\r$/, '').replace(/^\0+/, '')));
}

/** The messages as one text, cut ones put together again. */
function joined(messages: readonly string[]): string {
  const parts: string[] = [];
  let continues = false;
  for (const [i, message] of messages.entries()) {
    if (i > 0 && !continues) parts.push('\n');
    const from = continues ? PIECE_START.length : 0;
    continues = message.endsWith(PIECE_END) && messages[i + 1]?.startsWith(PIECE_START) === true;
    parts.push(message.slice(from, continues ? -PIECE_END.length : undefined));
  }
  return parts.join('');
}

type Verdict = 'byte for byte' | 'line by line' | { readonly fault: string };

/** Whether the messages are the file, of which the first `size` bytes were there before the agent began. */
function judge(path: string, size: number, messages: readonly string[]): Verdict {
  const text = joined(messages);
  const bytes = readFileSync(path);
  const all = bytes.toString();
  if (text === all || `${text}\n` === all) return 'byte for byte';
  // What was written since may have arrived or not, but nothing else may.
  const [file, stored, due] = [fileLines(all), withText(text.split('\n')), fileLines(bytes.subarray(0, size).toString()).length];
  const at = stored.findIndex((line, i) => line !== file[i]);
  if (at >= 0) return { fault: `line ${at + 1} with text ${differs(stored[at]!, file[at] ?? '')}` };
  return stored.length < due ? { fault: `${stored.length} of ${due} lines with text arrived` } : 'line by line';
}

function differs(stored: string, line: string): string {
  let at = 0;
  while (at < stored.length && stored[at] === line[at]) at++;
  const shown = (text: string): string => JSON.stringify(text.slice(Math.max(0, at - 20), at + 40));
  return `differs at character ${at}: arrived ${shown(stored)}, written ${shown(line)}`;
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
  const streamOf = (path: string): string => `host_${sanitisePath(path).replaceAll('/', '_')}`;
  // A file with several names is delivered once, under one of them.
  const names = Map.groupBy(sizes.keys(), (path) => { const { dev, ino } = statSync(path); return `${dev}:${ino}`; });
  for (const paths of names.values()) {
    const named = paths.filter((path) => followed.has(path));
    const delivered = named.filter((path) => endpoint.store.findGroup(GROUP)?.streams.has(streamOf(path)) === true);
    const path = delivered[0] ?? named[0];
    for (const other of paths) {
      if (skipped.has(other)) console.log(`skipped  ${other}: ${skipped.get(other)}`);
      else if (path === undefined) { wrong++; console.log(`FAIL     ${other}: neither followed nor named as skipped`); }
      else if (other !== path && delivered.includes(other)) { wrong++; console.log(`FAIL     ${other}: delivered again under ${path}`); }
      else if (other !== path) console.log(`skipped  ${other}: the same file as ${path}`);
    }
    if (path === undefined) continue;
    const stored = endpoint.store.messages(GROUP, streamOf(path));
    const size = sizes.get(path)!;
    const verdict = judge(path, size, stored);
    if (typeof verdict === 'object') { wrong++; console.log(`FAIL     ${path}: ${verdict.fault}`); continue; }
    if (size === 0) empty++;
    same++;
    bytes += size;
    messages += stored.length;
    console.log(`same     ${path}: ${size} bytes, ${stored.length} messages, ${verdict}`);
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
