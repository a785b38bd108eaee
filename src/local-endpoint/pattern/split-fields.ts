/** A field of a line, without the brackets or quotation marks round it, and where it begins. */
export interface LineField { readonly text: string; readonly start: number }

/** Splits a line at spaces; `[…]` and `"…"` are one field each. What is opened and never closed is plain text. */
export function splitFields(line: string): readonly LineField[] {
  const fields: LineField[] = [];
  // Once a closing mark was looked for in vain it is not looked for again: the split stays linear.
  const missing = new Set<string>();
  let at = 0;
  while (at < line.length) {
    const c = line[at] ?? '';
    if (/\s/.test(c)) {
      at++;
      continue;
    }
    const closing = c === '[' ? ']' : '"';
    const end = (c === '[' || c === '"') && !missing.has(closing) ? line.indexOf(closing, at + 1) : -1;
    if (end >= 0) {
      fields.push({ text: line.slice(at + 1, end), start: at });
      at = end + 1;
      continue;
    }
    if (c === '[' || c === '"') missing.add(closing);
    const start = at;
    while (at < line.length && !/\s/.test(line[at] ?? '')) at++;
    fields.push({ text: line.slice(start, at), start });
  }
  return fields;
}
