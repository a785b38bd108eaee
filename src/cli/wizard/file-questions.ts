import { chosenLineForm, entryKeys, eventsOf, inferLineForm, saysZone, type LineForm, type LineSample } from '../../config/line-form.ts';
import type { LogGroupClass } from '../../plan.ts';
import { countText } from '../units.ts';
import type { Host } from './agent-questions.ts';
import { listIn, partAt, textIn, withPart, type ConfigPart } from './config-part.ts';
import type { Conversation } from './conversation.ts';
import { flowOf, type LogFlow } from './log-flow.ts';
import { groupFor, proposalsFor, type LogProposal } from './log-proposals.ts';
import { flowText, formText, proposalLabel } from './log-text.ts';
import type { Machine } from './machine.ts';

/** What one log adds, for the estimate at the end. */
export interface LogEstimate {
  readonly pattern: string;
  readonly group: string;
  readonly groupClass: LogGroupClass;
  readonly flow: LogFlow | null;
}

const COLLECT_LIST = ['logs', 'logs_collected', 'files', 'collect_list'] as const;
/** Proposals listed: more is no list to choose from. */
const MOST_PROPOSALS = 40;
/** Columns of a pattern in the list. */
const LABEL_WIDTH = 44;
/** Files of a glob whose growth is looked at. */
const MOST_MEASURED = 50;

/** What the entries have in common unless one is changed. */
interface Shared { readonly stream: string; readonly groupClass: string; readonly retention: string }

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

async function chooseLogs(talk: Conversation, machine: Machine, collected: readonly string[]): Promise<readonly LogProposal[]> {
  const { found, unreadable } = await talk.during('Looking for logs on this host', () => machine.findLogs(collected));
  const proposals = proposalsFor(found);
  const listed = proposals.slice(0, MOST_PROPOSALS);
  const width = Math.min(LABEL_WIDTH, Math.max(0, ...listed.map(({ pattern }) => pattern.length)));
  const notes = [
    ...(collected.length > 0 ? [`${countText(collected.length, 'entry', 'entries')} of the config ${collected.length === 1 ? 'stays' : 'stay'} as ${collected.length === 1 ? 'it is' : 'they are'}.`] : []),
    ...(proposals.length > listed.length ? [`${proposals.length - listed.length} more are not listed.`] : []),
    ...(unreadable > 0 ? [`${countText(unreadable, 'file')} cannot be read by this user.`] : []),
  ];
  const names = listed.length === 0 ? [] : await talk.list('files', {
    usual: listed.filter(({ recommended }) => recommended).map(({ pattern }) => pattern),
    among: listed.map((proposal) => ({ value: proposal.pattern, label: proposalLabel(proposal, width, machine.now()) })),
    ...(notes.length > 0 && { note: notes.join(' ') }),
    fault: machine.globFault,
  });
  // With nothing found an answer still counts: a config may be made for other hosts.
  const given = listed.length === 0 ? await talk.list('files', { usual: [], quiet: true, fault: machine.globFault }) : names;
  const more = await talk.list('more_files', { usual: [], fault: (pattern) => (collected.includes(pattern) ? 'the config has this one already' : machine.globFault(pattern)) });
  const patterns = [...new Set([...given, ...more])].filter((pattern) => !collected.includes(pattern));
  const chosen: LogProposal[] = [];
  for (const pattern of patterns) chosen.push(proposals.find((proposal) => proposal.pattern === pattern) ?? await proposalOf(pattern, machine));
  return chosen;
}

/** For a pattern that a person gave: what it matches now, if anything. */
async function proposalOf(pattern: string, machine: Machine): Promise<LogProposal> {
  const files = await machine.filesOf(pattern);
  const sample = files[0] === undefined ? null : sampleOf(files[0].path, machine);
  const form = inferLineForm(sample ?? emptySample(machine));
  return { pattern, files: files.map((file) => ({ ...file, writer: null, known: null, form })), group: groupFor(pattern), perFile: files.length > 1, recommended: false };
}

export function sampleOf(path: string, machine: Pick<Machine, 'tail' | 'localZone'>): LineSample | null {
  const tail = machine.tail(path);
  return tail === null ? null : { lines: tail.lines, writtenAt: tail.mtimeMs, localZone: machine.localZone };
}

const emptySample = (machine: Machine): LineSample => ({ lines: [], writtenAt: machine.now(), localZone: machine.localZone });

async function askShared(talk: Conversation, host: Host, present: readonly ConfigPart[]): Promise<Shared> {
  const last = present.at(-1) ?? {};
  const stream = await talk.text('stream', { usual: textIn(last, 'log_stream_name') ?? (host.onEc2 ? '{instance_id}' : '{hostname}'), note: 'For all of them; each can be changed below.' });
  const groupClass = await talk.choice('class', { usual: (textIn(last, 'log_group_class') ?? 'STANDARD').toUpperCase() });
  const retention = await talk.choice('retention', { usual: String(last['retention_in_days'] ?? -1) });
  return { stream, groupClass, retention };
}

interface Draft { readonly group: string; readonly stream: string; readonly groupClass: string; readonly retention: string; readonly form: LineForm }

/** The questions for one log. */
class EntryQuestions {
  readonly #talk: Conversation;
  readonly #machine: Machine;
  readonly #host: Host;
  readonly #log: LogProposal;
  readonly #sample: LineSample | null;
  readonly #encoding: string | null;
  #draft: Draft;

  constructor(talk: Conversation, machine: Machine, host: Host, log: LogProposal, shared: Shared, groups: ReadonlySet<string>) {
    this.#talk = talk;
    this.#machine = machine;
    this.#host = host;
    this.#log = log;
    const newest = log.files[0]?.path;
    const tail = newest === undefined ? null : machine.tail(newest);
    this.#encoding = tail === null || tail.encoding === 'utf-8' ? null : tail.encoding;
    this.#sample = newest === undefined ? null : sampleOf(newest, machine);
    const form = log.files[0]?.form ?? inferLineForm(emptySample(machine));
    // Two logs of one name would be mixed in one stream.
    const group = groups.has(log.group) ? log.pattern.replaceAll(/[*?[\]{},!]+/g, '-').replaceAll(/[^.\-_/#A-Za-z0-9]/g, '_') : log.group;
    this.#draft = { ...shared, group, form };
  }

  /** The entry, or null when it is left out. */
  async ask(): Promise<{ readonly entry: ConfigPart; readonly estimate: LogEstimate } | null> {
    const { pattern: subject } = this.#log;
    const named = (['group', 'stream', 'class', 'retention', 'timestamp_format', 'timezone', 'event_start'] as const).some((id) => this.#talk.isGiven(id, subject));
    if (named) await this.#change(true, false);
    for (let again = false; ; again = true) {
      this.#show();
      const verdict = await this.#talk.choice('entry', { subject, again, usual: 'yes' });
      if (verdict === 'no') return null;
      if (verdict === 'yes') break;
      await this.#change(false, again);
      if (!this.#talk.interactive) break;
    }
    return { entry: this.#entry(), estimate: { pattern: subject, group: this.#draft.group, groupClass: this.#groupClass, flow: this.#flow() } };
  }

  get #groupClass(): LogGroupClass { return this.#draft.groupClass === 'INFREQUENT_ACCESS' ? 'INFREQUENT_ACCESS' : 'STANDARD'; }

  #show(): void {
    const { files, pattern, perFile } = this.#log;
    const { group, stream, retention } = this.#draft;
    const now = files.length === 0 ? 'matches nothing now' : files.length === 1 ? 'one file now' : `${countText(files.length, 'file')} now, ${perFile ? 'each in its own stream' : 'of which the newest is followed'}`;
    this.#talk.show(pattern, [
      `files   ${now}; ${flowText(this.#flow(), this.#groupClass, this.#host.region)}`,
      `to      group ${group} (${this.#groupClass}${retention === '-1' ? '' : `, ${retention} days`}), stream ${stream}`,
      formText(this.#sample, this.#draft.form),
    ].join('\n'));
  }

  /** @param quiet only what was answered beforehand is changed. */
  async #change(quiet: boolean, again: boolean): Promise<void> {
    const talk = this.#talk;
    const posed = { subject: this.#log.pattern, quiet, again };
    const { form } = this.#draft;
    const group = await talk.text('group', { ...posed, usual: this.#draft.group });
    const stream = await talk.text('stream', { ...posed, usual: this.#draft.stream });
    const groupClass = await talk.choice('class', { ...posed, usual: this.#draft.groupClass });
    const retention = await talk.choice('retention', { ...posed, usual: this.#draft.retention });
    const format = await talk.text('timestamp_format', { ...posed, usual: form.format ?? (form.field === null ? '' : FIELD), fault: (value) => this.#formatFault(value) });
    this.#draft = { group, stream, groupClass, retention, form: await this.#formWith(format, posed) };
  }

  #formatFault(format: string): string | null {
    if (isNone(format) || format === FIELD) return null;
    const form = chosenLineForm(this.#sample ?? emptySample(this.#machine), format, null, 'timestamp');
    return 'problem' in form ? form.problem : null;
  }

  async #formWith(format: string, posed: { readonly subject: string; readonly quiet: boolean; readonly again: boolean }): Promise<LineForm> {
    const { form } = this.#draft;
    const sample = this.#sample ?? emptySample(this.#machine);
    if (format === FIELD) return form;
    const first = chosenLineForm(sample, isNone(format) ? null : format, form.timezone, form.start);
    if ('problem' in first || isNone(format)) return 'problem' in first ? form : first;
    const timezone = saysZone(first) ? null : await this.#talk.text('timezone', { ...posed, usual: form.timezone ?? 'Local', fault: (zone) => zoneFault(sample, format, zone) });
    const start = await this.#talk.choice('event_start', { ...posed, usual: form.start === 'timestamp' ? 'timestamp' : 'line' });
    const chosen = chosenLineForm(sample, format, timezone === 'Local' ? null : timezone, start === 'timestamp' ? 'timestamp' : 'line without leading white space');
    return 'problem' in chosen ? form : chosen;
  }

  #flow(): LogFlow | null {
    const followed = this.#log.perFile ? this.#log.files.slice(0, MOST_MEASURED) : this.#log.files.slice(0, 1);
    const events = this.#sample === null ? [] : eventsOf(this.#sample, this.#draft.form, Infinity);
    const bytes = events.reduce((sum, { lines }) => sum + lines.reduce((length, line) => length + Buffer.byteLength(line) + 1, 0), 0);
    return flowOf(followed.map(({ path }) => this.#machine.growth(path)), bytes / Math.max(1, events.length));
  }

  #entry(): ConfigPart {
    const { group, stream, retention, form } = this.#draft;
    return {
      file_path: this.#log.pattern, log_group_name: group, log_group_class: this.#groupClass, log_stream_name: stream, retention_in_days: Number(retention),
      ...(this.#log.perFile && { publish_multi_logs: true }),
      ...(this.#encoding !== null && { encoding: this.#encoding }),
      ...entryKeys(form),
    };
  }
}

/** Stands for the JSON field that was found, in the question for a format. */
const FIELD = '(the field)';
const isNone = (format: string): boolean => format.trim() === '' || format.trim().toLowerCase() === 'none';

function zoneFault(sample: LineSample, format: string, zone: string): string | null {
  const form = chosenLineForm(sample, format, zone, 'timestamp');
  return 'problem' in form ? form.problem : null;
}

