import { chosenLineForm, entryKeys, eventsOf, saysZone, type ChosenForm, type LineForm } from '../../config/line-form.ts';
import type { LogGroupClass } from '../../plan.ts';
import { countText } from '../units.ts';
import type { Host } from './agent-questions.ts';
import { emptySample, formOf, sampleOf, type EncodedSample } from './choose-logs.ts';
import type { ConfigPart } from './config-part.ts';
import type { Conversation } from './conversation.ts';
import { flowOf, growthOfLines, type LogFlow } from './log-flow.ts';
import type { LogProposal } from './log-proposals.ts';
import { flowText, formText } from './log-text.ts';
import type { Machine } from './machine.ts';

/** What one log adds, for the estimate at the end. */
export interface LogEstimate {
  readonly pattern: string;
  readonly group: string;
  readonly groupClass: LogGroupClass;
  readonly flow: LogFlow | null;
}

/** What the entries have in common unless one is changed. */
export interface Shared { readonly stream: string; readonly groupClass: string; readonly retention: string }

/** Files of a glob whose growth is looked at. */
const MOST_MEASURED = 50;

interface Draft { readonly group: string; readonly stream: string; readonly groupClass: string; readonly retention: string; readonly form: LineForm }

/** The questions for one log. */
export class EntryQuestions {
  readonly #talk: Conversation;
  readonly #machine: Machine;
  readonly #host: Host;
  readonly #log: LogProposal;
  readonly #sample: EncodedSample;
  #draft: Draft;

  constructor(talk: Conversation, machine: Machine, host: Host, log: LogProposal, shared: Shared, groups: ReadonlySet<string>) {
    this.#talk = talk;
    this.#machine = machine;
    this.#host = host;
    this.#log = log;
    const newest = log.files[0]?.path;
    this.#sample = (newest === undefined ? null : sampleOf(newest, machine)) ?? emptySample(machine);
    // Two logs of one name would be mixed in one stream.
    const group = groups.has(log.group) ? log.pattern.replaceAll(/[*?[\]{},!]+/g, '-').replaceAll(/[^.\-_/#A-Za-z0-9]/g, '_') : log.group;
    this.#draft = { ...shared, group, form: formOf(this.#sample, log.files[0]?.known ?? null) };
  }

  /** The entry, or null when it is left out. */
  async ask(): Promise<{ readonly entry: ConfigPart; readonly estimate: LogEstimate } | null> {
    const { pattern: subject } = this.#log;
    const named = (['group', 'stream', 'class', 'retention', 'timestamp_field', 'timestamp_format', 'timezone', 'event_start'] as const).some((id) => this.#talk.isGiven(id, subject));
    if (named) await this.#change(true);
    for (let again = false; ; again = true) {
      this.#show();
      const verdict = await this.#talk.choice('entry', { subject, again, usual: 'yes' });
      if (verdict === 'no') return null;
      if (verdict === 'yes') break;
      await this.#change(false);
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
  async #change(quiet: boolean): Promise<void> {
    const talk = this.#talk;
    const posed = { subject: this.#log.pattern, quiet, again: !quiet };
    const group = await talk.text('group', { ...posed, usual: this.#draft.group });
    const stream = await talk.text('stream', { ...posed, usual: this.#draft.stream });
    const groupClass = await talk.choice('class', { ...posed, usual: this.#draft.groupClass });
    const retention = await talk.choice('retention', { ...posed, usual: this.#draft.retention });
    this.#draft = { group, stream, groupClass, retention, form: await this.#askForm(posed) };
  }

  async #askForm(posed: { readonly subject: string; readonly quiet: boolean; readonly again: boolean }): Promise<LineForm> {
    const talk = this.#talk;
    const { form } = this.#draft;
    const isJson = form.field !== null || this.#sample.lines.at(-1)?.startsWith('{') === true;
    const field = given(await talk.text('timestamp_field', { ...posed, quiet: posed.quiet || !isJson, usual: form.field ?? '', fault: (value) => this.#fault({ field: given(value) }) }));
    const format = given(await talk.text('timestamp_format', { ...posed, usual: field === form.field ? form.format ?? '' : '', fault: (value) => this.#fault({ field, format: given(value) }) }));
    if (field === null && format === null) return this.#chosen({});
    const zone = saysZone(this.#chosen({ field, format })) ? null : await talk.text('timezone', { ...posed, usual: form.timezone ?? 'Local', fault: (value) => this.#fault({ field, format, timezone: value }) });
    const timezone = zone === 'Local' ? null : zone;
    if (field !== null) return this.#chosen({ field, format, timezone });
    const start = await talk.choice('event_start', { ...posed, usual: form.start === 'timestamp' ? 'timestamp' : 'line' });
    return this.#chosen({ format, timezone, start: start === 'timestamp' ? 'timestamp' : 'line without leading white space' });
  }

  #fault(form: Partial<ChosenForm>): string | null {
    const chosen = chosenLineForm(this.#sample, { ...NOTHING, ...form });
    return 'problem' in chosen ? chosen.problem : null;
  }

  /** Of answers that have no fault. */
  #chosen(form: Partial<ChosenForm>): LineForm {
    const chosen = chosenLineForm(this.#sample, { ...NOTHING, ...form });
    return 'problem' in chosen ? this.#draft.form : chosen;
  }

  #flow(): LogFlow | null {
    const followed = this.#log.perFile ? this.#log.files.slice(0, MOST_MEASURED) : this.#log.files.slice(0, 1);
    const events = eventsOf(this.#sample, this.#draft.form, Infinity);
    const bytes = events.reduce((sum, { lines }) => sum + lines.reduce((length, line) => length + Buffer.byteLength(line) + 1, 0), 0);
    const growths = followed.map(({ path }) => this.#machine.growth(path));
    // Where the file system does not say how old a file is, its lines may.
    const known = growths.every((growth) => growth === null) ? [growthOfLines(this.#sample.lines, this.#draft.form.times, this.#machine.now())] : growths;
    return flowOf(known, bytes / Math.max(1, events.length));
  }

  #entry(): ConfigPart {
    const { group, stream, retention, form } = this.#draft;
    return {
      file_path: this.#log.pattern, log_group_name: group, log_group_class: this.#groupClass, log_stream_name: stream, retention_in_days: Number(retention),
      ...(this.#log.perFile && { publish_multi_logs: true }),
      ...(this.#sample.encoding !== 'utf-8' && { encoding: this.#sample.encoding }),
      ...entryKeys(form),
    };
  }
}

const NOTHING: ChosenForm = { format: null, field: null, timezone: null, start: 'line without leading white space' };
/** An answer, or null where it says that there is none. */
const given = (answer: string): string | null => (answer.trim() === '' || answer.trim().toLowerCase() === 'none' ? null : answer);
