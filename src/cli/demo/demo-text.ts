import { textTable } from '../text-table.ts';
import { bytesText, countText } from '../units.ts';
import { isProven } from './proof.ts';
import type { Verdict } from './proof.ts';

/** One file of the demo and what became of it. */
export interface DemoRow {
  readonly name: string;
  readonly bytes: number;
  readonly rotations: number;
  readonly outcome: { readonly kind: 'compared'; readonly verdict: Verdict } | { readonly kind: 'left out'; readonly reason: string };
}

/** The counters of one moment. */
export interface Progress {
  readonly seconds: number;
  readonly events: number;
  readonly bytes: number;
  readonly files: number;
  readonly rotations: number;
  readonly lagBytes: number;
}

const exact = (value: number): string => value.toLocaleString('en-US');

export function progressText({ seconds, events, bytes, files, rotations, lagBytes }: Progress): string {
  return `  ${String(Math.round(seconds)).padStart(4)} s   ${exact(events).padStart(9)} events   ${bytesText(bytes).padStart(6)}   ${countText(files, 'file')}   ${countText(rotations, 'rotation')}   ${bytesText(lagBytes).padStart(6)} not acknowledged\n`;
}

/** The table of all files, what is wrong with any of them, and the closing line; `proven` only if nothing is. */
export function demoText(rows: readonly DemoRow[]): { readonly text: string; readonly proven: boolean } {
  const verdicts = rows.flatMap(({ outcome }) => (outcome.kind === 'compared' ? [outcome.verdict] : []));
  const sum = (of: (verdict: Verdict) => number): number => verdicts.reduce((total, verdict) => total + of(verdict), 0);
  const table = textTable(
    [{ title: 'lines', align: 'right' }, { title: 'delivered', align: 'right' }, { title: 'lost', align: 'right' }, { title: 'twice', align: 'right' }, { title: 'out of order', align: 'right' }, { title: 'rotations', align: 'right' }, { title: 'size', align: 'right' }, { title: 'file' }],
    rows.map(({ name, bytes, rotations, outcome }) => outcome.kind === 'compared'
      ? [exact(outcome.verdict.expected), exact(outcome.verdict.delivered), exact(outcome.verdict.lost), exact(outcome.verdict.twice), exact(outcome.verdict.outOfOrder), exact(rotations), bytesText(bytes), name]
      : ['-', '-', '-', '-', '-', exact(rotations), bytesText(bytes), `${name} (not compared: it ${outcome.reason})`]),
  );
  const wrong = rows.flatMap(({ name, outcome }) => (outcome.kind === 'compared' ? outcome.verdict.examples.map((example) => `  ${name}: ${example}\n`) : []));
  const [lost, twice, late] = [sum((v) => v.lost), sum((v) => v.twice), sum((v) => v.outOfOrder)];
  const closing = `demo: ${exact(sum((v) => v.expected))} lines written, ${exact(sum((v) => v.delivered))} delivered, ${exact(lost)} lost, ${exact(twice)} twice${late > 0 ? `, ${exact(late)} out of order` : ''}\n`;
  return { text: `${table}${wrong.join('')}\n${closing}`, proven: verdicts.length > 0 && verdicts.every(isProven) };
}
