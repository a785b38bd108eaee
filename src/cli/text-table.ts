export type Align = 'left' | 'right';

export interface Column { readonly title: string; readonly align?: Align }

/** Control characters, and those that turn the direction of text: file names and error texts must not steer the terminal. */
const CONTROL = /[\p{Cc}\u202a-\u202e\u2066-\u2069]/gu;

export const printable = (text: string): string => text.replaceAll(CONTROL, '\u00b7');

/** Aligned columns under their titles, each line indented by two; the last column is not padded. */
export function textTable(columns: readonly Column[], rows: readonly (readonly string[])[]): string {
  const lines = [columns.map((column) => column.title), ...rows.map((row) => row.map(printable))];
  const widths = columns.map((_, i) => Math.max(...lines.map((line) => (line[i] ?? '').length)));
  return lines.map((line) => `  ${columns.map(({ align }, i) => {
    const cell = line[i] ?? '';
    return align === 'right' ? cell.padStart(widths[i]!) : cell.padEnd(widths[i]!);
  }).join('  ').trimEnd()}\n`).join('');
}
