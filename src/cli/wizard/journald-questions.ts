import type { Host } from './agent-questions.ts';
import { listIn, numberIn, partAt, textIn, withPart, type ConfigPart } from './config-part.ts';
import type { Conversation } from './conversation.ts';
import type { Machine } from './machine.ts';

const COLLECT_LIST = ['logs', 'logs_collected', 'journald', 'collect_list'] as const;
const DEFAULT_GROUP = 'journald';
/** Selections of one journal: more is a mistake of whoever answers. */
const MOST_ENTRIES = 50;

/** Asks for selections of the systemd journal; gives the config with them after those it has. */
export async function askJournald(talk: Conversation, machine: Machine, host: Host, config: ConfigPart): Promise<ConfigPart> {
  const present = listIn(partAt(config, 'logs', 'logs_collected', 'journald'), 'collect_list') as readonly ConfigPart[];
  const note = [...(present.length > 0 ? ['The selections of the config stay as they are; this adds one.'] : []), ...(machine.hasJournal ? [] : ['systemd does not run here.'])].join(' ');
  if (!await talk.yesNo('journald', { usual: present.length === 0 && machine.hasJournal, ...(note !== '' && { note }) })) return config;
  const files = listIn(partAt(config, 'logs', 'logs_collected', 'files'), 'collect_list').at(-1);
  const like = (typeof files === 'object' && files !== null ? files : {}) as ConfigPart;
  const entries: ConfigPart[] = [];
  do {
    entries.push(await askEntry(talk, machine, host, like, String(entries.length + 1)));
  } while (entries.length < MOST_ENTRIES && await talk.yesNo('journald_more', { usual: false, subject: String(entries.length) }));
  return withPart(config, COLLECT_LIST, [...present, ...entries]);
}

async function askEntry(talk: Conversation, machine: Machine, host: Host, like: ConfigPart, subject: string): Promise<ConfigPart> {
  const group = await talk.text('journald_group', { subject, usual: subject === '1' ? DEFAULT_GROUP : `${DEFAULT_GROUP}-${subject}` });
  const stream = await talk.text('journald_stream', { subject, usual: textIn(like, 'log_stream_name') ?? (host.onEc2 ? '{instance_id}' : '{hostname}') });
  const running = await machine.units();
  const units = await talk.list('journald_units', { subject, usual: [], ...(running.length > 0 && { among: running.map((value) => ({ value, label: value })) }) });
  const priority = await talk.choice('journald_priority', { subject, usual: 'info' });
  const matches = await talk.list('journald_matches', { subject, usual: [] });
  const filters = await talk.list('journald_filters', { subject, usual: [] });
  const retention = await talk.choice('journald_retention', { subject, usual: String(numberIn(like, 'retention_in_days') ?? -1) });
  return {
    log_group_name: group, log_stream_name: stream, retention_in_days: Number(retention), priority,
    ...(units.length > 0 && { units }),
    ...(matches.length > 0 && { matches: matches.map((match) => Object.fromEntries([splitAt(match, '=')]) as ConfigPart) }),
    ...(filters.length > 0 && { filters: filters.map((filter) => { const [type, expression] = splitAt(filter, ':'); return { type, expression }; }) }),
  };
}

function splitAt(text: string, separator: string): readonly [string, string] {
  const at = text.indexOf(separator);
  return [text.slice(0, at), text.slice(at + 1)];
}
