import type { DestinationStatus, EntryStatus, FileStatus, StatusDocument } from './facts.ts';
import { destinationKey } from './rates.ts';
import type { Rates } from './rates.ts';

/** Files of one entry that go to one stream. */
export interface Flow {
  readonly key: string;
  readonly files: readonly FileStatus[];
  /** Null: nothing was sent yet, or an agent of an earlier version does not say. */
  readonly destination: DestinationStatus | null;
  /** Names of the destination, whether anything was sent to it or not. */
  readonly group: string | null;
  readonly stream: string | null;
}

export interface EntryFlows {
  readonly entry: EntryStatus;
  readonly flows: readonly Flow[];
  readonly files: number;
  readonly lagBytes: number;
}

export const ORDERS = { name: 'by name', lag: 'most behind first', rate: 'fastest first' } as const;
export type Order = keyof typeof ORDERS;

const isFailing = ({ destination, files }: Flow): boolean => destination?.state === 'retrying' || destination?.state === 'paused' || files.some(({ lastError }) => lastError !== null);
const lagOf = (files: readonly FileStatus[]): number => files.reduce((sum, { lagBytes }) => sum + lagBytes, 0);

/**
 * What goes where: for each entry its files by destination; what fails comes first, entries and within them. `words` must all be in a file's path, its group, stream
 * or the entry's pattern.
 */
export function entryFlows({ entries, files, destinations }: StatusDocument, rates: Rates, order: Order, words: readonly string[]): readonly EntryFlows[] {
  // By names alone: that two services have streams of one name is told apart by what was sent last.
  const known = new Map<string, DestinationStatus>();
  for (const one of destinations.list) {
    const key = destinationKey({ group: one.group, stream: one.stream });
    if (!known.has(key)) known.set(key, one);
  }
  const byEntry = new Map<string, Map<string, FileStatus[]>>();
  for (const file of files.list) {
    const text = `${file.path}\n${file.group ?? ''}\n${file.stream ?? ''}\n${file.entry}`.toLowerCase();
    if (!words.every((word) => text.includes(word))) continue;
    const flows = byEntry.get(file.entry) ?? new Map<string, FileStatus[]>();
    byEntry.set(file.entry, flows);
    const key = file.group === undefined ? '' : destinationKey({ group: file.group, stream: file.stream ?? '' });
    const list = flows.get(key);
    if (list === undefined) flows.set(key, [file]);
    else list.push(file);
  }
  const compare = comparison(order, rates);
  const shown = entries.flatMap((entry) => {
    const found = byEntry.get(entry.key);
    if (found === undefined && words.length > 0 && !words.every((word) => entry.pattern.toLowerCase().includes(word))) return [];
    const flows = [...found ?? []].map(([key, list]): Flow => ({ key, files: list.toSorted(compare), destination: known.get(key) ?? null, group: list[0]!.group ?? null, stream: list[0]!.stream ?? null }));
    flows.sort((a, b) => Number(isFailing(b)) - Number(isFailing(a)) || compare(a.files[0]!, b.files[0]!));
    const all = flows.flatMap((flow) => flow.files);
    return [{ entry, flows, files: all.length, lagBytes: lagOf(all) }];
  });
  return shown.toSorted((a, b) => Number(b.flows.some(isFailing)) - Number(a.flows.some(isFailing)));
}

function comparison(order: Order, rates: Rates): (a: FileStatus, b: FileStatus) => number {
  const byName = (a: FileStatus, b: FileStatus): number => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0);
  const failing = (a: FileStatus, b: FileStatus): number => Number(b.lastError !== null) - Number(a.lastError !== null);
  switch (order) {
    case 'name': return (a, b) => failing(a, b) || byName(a, b);
    case 'lag': return (a, b) => failing(a, b) || b.lagBytes - a.lagBytes || byName(a, b);
    case 'rate': return (a, b) => failing(a, b) || (rates.ofFile(b) ?? 0) - (rates.ofFile(a) ?? 0) || byName(a, b);
    default: return order satisfies never;
  }
}
