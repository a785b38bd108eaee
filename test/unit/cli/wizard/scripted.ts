// A person whose answers are written down, and a machine that is made up.
import { inferLineForm } from '../../../../src/config/line-form.ts';
import { Answers } from '../../../../src/cli/wizard/answers.ts';
import { Conversation, type Posed, type Voice } from '../../../../src/cli/wizard/conversation.ts';
import { askConfig, type Proposed } from '../../../../src/cli/wizard/flow.ts';
import type { ConfigPart } from '../../../../src/cli/wizard/config-part.ts';
import { KNOWN_LOGS } from '../../../../src/cli/wizard/known-logs.ts';
import type { FoundLog } from '../../../../src/cli/wizard/log-proposals.ts';
import type { Machine } from '../../../../src/cli/wizard/machine.ts';

export const NOW = Date.UTC(2026, 10, 21, 12);
const LINES: readonly string[] = Array.from({ length: 20 }, (_, i) => `${new Date(NOW - (20 - i) * 60_000).toISOString()} INFO line ${i}`);

/** A host on premises with two logs: one of nginx, one of a program nobody knows. */
export function madeUp(more: Partial<Machine> = {}): Machine {
  const form = inferLineForm({ lines: LINES, writtenAt: NOW, localZone: 'UTC' });
  const found: readonly FoundLog[] = [
    { path: '/var/log/nginx/access.log', size: 1000, mtimeMs: NOW, writer: 'nginx', known: KNOWN_LOGS[0]!, form },
    { path: '/srv/app/app.log', size: 1000, mtimeMs: NOW, writer: 'java', known: null, form },
  ];
  return {
    instance: null, region: null, hasCollectd: false, hasCollectdUsers: false, hasJournal: false, hasAwslogs: false, localZone: 'UTC', now: () => NOW,
    awslogs: async (path) => (path === '/etc/awslogs.conf' ? { logs: { force_flush_interval: 7, logs_collected: { files: { collect_list: [{ file_path: '/old/a.log' }, { file_path: '/srv/app/app.log' }] } } }, problems: [] } : { fault: `${path} cannot be read` }),
    units: async () => ['nginx.service', 'sshd.service'],
    findLogs: async (besides) => ({ found: found.filter(({ path }) => !besides.includes(path)), unreadable: 0 }),
    filesOf: async (pattern) => (pattern.startsWith('/srv/') ? [{ path: '/srv/app/other.log', size: 10, mtimeMs: NOW }] : []),
    tail: () => ({ lines: LINES, encoding: 'utf-8', mtimeMs: NOW, bytes: 1000 }),
    growth: () => ({ bytes: 1_000_000, spanMs: 3_600_000 }),
    globFault: (pattern) => (pattern.includes('[') ? 'the [ is not closed' : null),
    problems: async () => [],
    ...more,
  };
}

export interface Heard {
  readonly proposed: Proposed;
  /** Texts of the questions, in order. */
  readonly asked: readonly string[];
  /** The defaults they were asked with. */
  readonly usual: ReadonlyMap<string, unknown>;
  /** Titles and texts that were shown. */
  readonly shown: readonly string[];
  readonly unused: readonly string[];
}

/** Answers questions by the beginning of their text, each answer once, in order; the others with their default. */
export async function converse(script: readonly (readonly [string, unknown])[], { machine = madeUp(), from = {}, answers = {} }: { readonly machine?: Machine; readonly from?: ConfigPart; readonly answers?: Readonly<Record<string, unknown>> } = {}): Promise<Heard> {
  const left = [...script];
  const asked: string[] = [];
  const usual = new Map<string, unknown>();
  const shown: string[] = [];
  const reply = <Value>(text: string, posed: Posed<Value>): Promise<Value> => {
    asked.push(text);
    usual.set(text, posed.usual);
    if (asked.length > 500) throw new Error(`asked without an end: ${text}`);
    const at = left.findIndex(([beginning]) => text.startsWith(beginning));
    return Promise.resolve(at === -1 ? posed.usual : left.splice(at, 1)[0]![1] as Value);
  };
  const voice: Voice = {
    interactive: true,
    yesNo: ({ text }, posed) => reply(text, posed), choice: ({ text }, posed) => reply(text, posed), text: ({ text }, posed) => reply(text, posed), list: ({ text }, posed) => reply(text, posed),
    show: (title, body) => { shown.push(`${title}\n${body}`); },
    during: (_, work) => work(),
  };
  const given = new Answers();
  for (const [key, value] of Object.entries(answers)) given.add(key, value, 'answers.json:1:1');
  const proposed = await askConfig(new Conversation(given, voice), machine, from);
  if (left.length > 0) throw new Error(`never asked: ${left.map(([beginning]) => beginning).join(', ')}`);
  return { proposed, asked, usual, shown, unused: given.unused };
}
