import type { Difference } from '../../config/difference.ts';
import { printable } from '../text-table.ts';

/** One line for each difference: `+`, `-` or `~`, the pointer, the entry and the values. */
export const differencesText = (found: readonly Difference[]): string => found.map((difference) => `${printable(lineOf(difference))}\n`).join('');

function lineOf(difference: Difference): string {
  const at = `${difference.pointer === '' ? 'the whole config' : difference.pointer}${difference.entry === null ? '' : ` (${difference.entry})`}`;
  switch (difference.kind) {
    case 'added': return `+ ${at}: ${JSON.stringify(difference.to)}`;
    case 'removed': return `- ${at}: ${JSON.stringify(difference.from)}`;
    case 'changed': return `~ ${at}: ${JSON.stringify(difference.from)} → ${JSON.stringify(difference.to)}`;
    default: return difference satisfies never;
  }
}
