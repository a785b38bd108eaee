import type { JournalNow } from '../agent/journald/journal-check.ts';
import { PRIORITIES } from '../config/compile-journald.ts';
import type { JournalEntryPlan } from '../plan.ts';
import { describeGroup, describeRedaction, describeStream, table } from './plan-text.ts';

/** A journald entry in plain words; `now` is null when the journal was not looked at. */
export function describeJournal(entry: JournalEntryPlan, now: JournalNow | null): string {
  const { naming, units, priority, matches, filters, redact, startAt, directory } = entry;
  const includes = filters.filter(({ type }) => type === 'include');
  const excludes = filters.filter(({ type }) => type === 'exclude');
  const rows: (readonly [string, string])[] = [
    ['group', describeGroup(naming)],
    ['stream', describeStream(naming)],
    ['entries', `priority ${PRIORITIES[priority]} and more urgent${units.length === 0 ? '' : `; of ${units.join(', ')}`}${matches.length === 0 ? '' : `; with ${matches.map((match) => match.join(' and ')).join(', or ')}`}`],
    ['begins', startAt === 'start' ? 'with the oldest entry' : 'at the end, where there is no position yet'],
    ['events', 'each entry is one, as JSON with all of its fields; time as the journal has it'],
    ...(includes.length === 0 ? [] : [['filter', `keeps only messages with ${includes.map(({ pattern }) => `/${pattern.source}/`).join(' or ')}`] as const]),
    ...excludes.map(({ pattern }) => ['filter', `drops messages with /${pattern.source}/`] as const),
    ...(redact.length === 0 ? [] : [['redacts', redact.map(describeRedaction).join(', ')] as const]),
    ...(now === null ? [] : [['now', now.fault ?? (now.newest === null ? 'it can be read, and has no entry' : `it can be read; its newest entry is of ${new Date(now.newest).toISOString()}`)] as const]),
  ];
  return `journal ${directory ?? 'of this host'}\n${table(rows)}`;
}
