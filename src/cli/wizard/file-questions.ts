import type { Host } from './agent-questions.ts';
import { chooseLogs } from './choose-logs.ts';
import { listIn, numberIn, partAt, textIn, withPart, type ConfigPart } from './config-part.ts';
import type { Conversation } from './conversation.ts';
import { EntryQuestions, type LogEstimate, type Shared } from './entry-questions.ts';
import type { Machine } from './machine.ts';

const COLLECT_LIST = ['logs', 'logs_collected', 'files', 'collect_list'] as const;
/** Asks for log files: what is found here, then patterns; gives the config with their entries after those it has. */
export async function askFiles(talk: Conversation, machine: Machine, host: Host, config: ConfigPart): Promise<{ readonly config: ConfigPart; readonly estimates: readonly LogEstimate[] }> {
  const present = listIn(partAt(config, 'logs', 'logs_collected', 'files'), 'collect_list') as readonly ConfigPart[];
  if (!await talk.yesNo('logs', { usual: true })) return { config, estimates: [] };
  const collected = present.flatMap((entry) => textIn(entry, 'file_path') ?? []);
  const chosen = await chooseLogs(talk, machine, collected);
  const estimates: LogEstimate[] = [];
  const entries: ConfigPart[] = [];
  const shared = chosen.length === 0 ? null : await askShared(talk, host, present);
  const groups = new Set(present.flatMap((entry) => textIn(entry, 'log_group_name') ?? []));
  for (const proposal of chosen) {
    const asked = await new EntryQuestions(talk, machine, host, proposal, shared!, groups).ask();
    if (asked === null) continue;
    entries.push(asked.entry);
    estimates.push(asked.estimate);
    groups.add(asked.estimate.group);
  }
  if (entries.length === 0) return { config, estimates };
  return { config: withPart(config, COLLECT_LIST, [...present, ...entries]), estimates };
}

async function askShared(talk: Conversation, host: Host, present: readonly ConfigPart[]): Promise<Shared> {
  const last = present.at(-1) ?? {};
  const stream = await talk.text('stream', { usual: textIn(last, 'log_stream_name') ?? (host.onEc2 ? '{instance_id}' : '{hostname}'), note: '(for all; each can be changed below)' });
  const groupClass = await talk.choice('class', { usual: (textIn(last, 'log_group_class') ?? 'STANDARD').toUpperCase() });
  const retention = await talk.choice('retention', { usual: String(numberIn(last, 'retention_in_days') ?? -1) });
  return { stream, groupClass, retention };
}
