import type { ChangeCounts, PlanDifference } from '../plan.ts';

/** What a reload changed, in words. */
export function differenceText({ collectors, ...entries }: PlanDifference): string {
  const parts = [countsText(entries, 'entry', 'entries')];
  if (collectors !== undefined) parts.push(countsText(collectors, 'collector', 'collectors'), ...(collectors.publishing ? ['metrics are published in another way'] : []));
  return parts.join('; ');
}

const countsText = ({ kept, changed, added, removed }: ChangeCounts, one: string, many: string): string =>
  `${kept} ${kept === 1 ? one : many} unchanged, ${changed} changed, ${added} new, ${removed} gone`;
