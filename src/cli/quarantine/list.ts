import { resolve } from 'node:path';
import { Command } from 'commander';
import { quarantineAtRest } from '../../agent/quarantine-at-rest.ts';
import type { AtRest } from '../../agent/quarantine-at-rest.ts';
import { textTable } from '../text-table.ts';
import { bytesText, countText } from '../units.ts';
import { EXIT_NO_INPUT, unreadable, withSelection } from './selection.ts';
import type { SelectionOptions } from './selection.ts';

/** Records of one destination that have one reason. Times are of the events, epoch milliseconds. */
export interface QuarantinedKind {
  readonly group: string;
  readonly stream: string;
  readonly service: string | null;
  readonly reason: string;
  events: number;
  /** As they lie in the file. */
  bytes: number;
  oldest: number;
  newest: number;
}

export interface QuarantineList {
  readonly events: number;
  readonly bytes: number;
  /** The most first. */
  readonly kinds: readonly QuarantinedKind[];
  /** Lines that are no records. */
  readonly unreadableLines: number;
}

/** Kinds that are told apart: what is beyond is summed up in the last. */
const MOST_KINDS = 10_000;

/** `agent quarantine list`. */
export function listCommand(): Command {
  return withSelection(new Command('list').description('Say what lies in quarantine: destination, reason, how many, how much, from when to when.\nExit code: 0, 66 it cannot be read'))
    .option('--json', 'print everything as JSON')
    .action(async ({ stateDir, json, ...selection }: SelectionOptions & { readonly json?: true }) => {
      const directory = resolve(stateDir);
      try {
        const list = await listOf(quarantineAtRest(directory, selection));
        process.stdout.write(json === true ? `${JSON.stringify(list, null, 2)}\n` : listText(list));
      } catch (error) {
        process.stderr.write(`agent quarantine list: ${unreadable(directory, error)}\n`);
        process.exitCode = EXIT_NO_INPUT;
      }
    });
}

export async function listOf(lines: AsyncIterable<AtRest>): Promise<QuarantineList> {
  const kinds = new Map<string, QuarantinedKind>();
  let [events, bytes, unreadableLines] = [0, 0, 0];
  for await (const { record, bytes: size } of lines) {
    if (record === null) { unreadableLines++; continue; }
    const { group, stream, service = null, reason, timestamp } = record;
    events++;
    bytes += size;
    const key = kinds.size < MOST_KINDS ? JSON.stringify([group, stream, service, reason]) : '';
    const kind = kinds.get(key) ?? { group, stream, service, reason, events: 0, bytes: 0, oldest: timestamp, newest: timestamp };
    kinds.set(key, kind);
    kind.events++;
    kind.bytes += size;
    kind.oldest = Math.min(kind.oldest, timestamp);
    kind.newest = Math.max(kind.newest, timestamp);
  }
  return { events, bytes, kinds: [...kinds.values()].toSorted((a, b) => b.events - a.events), unreadableLines };
}

export function listText({ events, bytes, kinds, unreadableLines }: QuarantineList): string {
  const torn = unreadableLines === 0 ? '' : `${countText(unreadableLines, 'line')} of the files ${unreadableLines === 1 ? 'is no record' : 'are no records'}: a crash, or somebody else, has left ${unreadableLines === 1 ? 'it' : 'them'}\n`;
  if (events === 0) return `nothing lies in quarantine\n${torn}`;
  const rows = kinds.map((kind) => [kind.events.toLocaleString('en-US'), bytesText(kind.bytes), timeText(kind.oldest), timeText(kind.newest), kind.reason, `${kind.group} ${kind.stream}${kind.service === null ? '' : ` (${kind.service})`}`]);
  return `${countText(events, 'event')} in quarantine, ${bytesText(bytes)}\n${textTable([{ title: 'events', align: 'right' }, { title: 'bytes', align: 'right' }, { title: 'oldest' }, { title: 'newest' }, { title: 'reason' }, { title: 'log group and stream' }], rows)}${torn}`;
}

/** Times of events may be anything a log can say. */
export function timeText(time: number): string {
  const date = new Date(time);
  return Number.isNaN(date.getTime()) ? String(time) : date.toISOString();
}
