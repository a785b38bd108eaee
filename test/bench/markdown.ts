/** A Markdown table that is aligned as text too; columns from `numbersFrom` on hold figures and are set to the right. */
export function markdownTable(titles: readonly string[], rows: readonly (readonly string[])[], numbersFrom: number): string {
  const widths = titles.map((title, i) => Math.max(title.length, 3, ...rows.map((row) => (row[i] ?? '').length)));
  const line = (cells: readonly string[]): string => `| ${cells.map((cell, i) => (i < numbersFrom ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))).join(' | ')} |\n`;
  return line(titles) + line(widths.map((width, i) => (i < numbersFrom ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`))) + rows.map(line).join('');
}
