import type { Tail } from '../../agent/log-survey.ts';
import { chosenLineForm, inferLineForm, type LineForm, type LineSample } from '../../config/line-form.ts';
import { countText } from '../units.ts';
import type { Conversation } from './conversation.ts';
import type { KnownLog } from './known-logs.ts';
import { groupFor, proposalsFor, type LogProposal } from './log-proposals.ts';
import { printable } from '../text-table.ts';
import { proposalFacts } from './log-text.ts';
import type { Machine } from './machine.ts';

/** Proposals listed: more is no list to choose from. */
const MOST_PROPOSALS = 40;

/** Lines, and the encoding they were read in. */
export interface EncodedSample extends LineSample { readonly encoding: Tail['encoding'] }

/** Which logs to collect: of those found here, and patterns beside them. `collected`: patterns that the config has already. */
export async function chooseLogs(talk: Conversation, machine: Machine, collected: readonly string[]): Promise<readonly LogProposal[]> {
  const { found, unreadable } = await talk.during('Looking for logs on this host', () => machine.findLogs(collected));
  const proposals = proposalsFor(found);
  const listed = proposals.slice(0, MOST_PROPOSALS);
  const notes = [
    ...(collected.length > 0 ? [`${countText(collected.length, 'entry', 'entries')} of the config ${collected.length === 1 ? 'stays' : 'stay'} as ${collected.length === 1 ? 'it is' : 'they are'}.`] : []),
    ...(proposals.length > listed.length ? [`${proposals.length - listed.length} more are not listed.`] : []),
    ...(unreadable > 0 ? [`${countText(unreadable, 'file')} cannot be read by this user.`] : []),
  ];
  const names = listed.length === 0 ? [] : await talk.list('files', {
    usual: listed.filter(({ recommended }) => recommended).map(({ pattern }) => pattern),
    among: listed.map((proposal) => ({ value: proposal.pattern, label: `${printable(proposal.pattern)} (${proposalFacts(proposal, machine.now())})` })),
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

/** The end of a file, or null when it cannot be read. */
export function sampleOf(path: string, machine: Pick<Machine, 'tail' | 'localZone'>): EncodedSample | null {
  const tail = machine.tail(path);
  return tail === null ? null : { lines: tail.lines, writtenAt: tail.mtimeMs, localZone: machine.localZone, encoding: tail.encoding };
}

/** What the lines say; where there are none yet, what the program is known to write. */
export function formOf(sample: LineSample, known: KnownLog | null): LineForm {
  const { format = null, field = null } = known ?? {};
  if (sample.lines.length > 0 || (format === null && field === null)) return inferLineForm(sample);
  const form = chosenLineForm(sample, { format, field, timezone: null, start: 'line without leading white space' });
  return 'problem' in form ? inferLineForm(sample) : form;
}

/** Of a log that has no lines yet. */
export const emptySample = (machine: Pick<Machine, 'now' | 'localZone'>): EncodedSample => ({ lines: [], writtenAt: machine.now(), localZone: machine.localZone, encoding: 'utf-8' });
