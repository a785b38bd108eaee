// Writes the list of tests per row of the fault matrix into docs/guarantees.md, from the titles of the tests. A row without a
// test is said; the list is checked by a test, so that the page cannot promise what nothing shows.
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
const page = join(root, 'docs/guarantees.md');
const BEGIN = '<!-- tests: written by scripts/guarantee-rows.ts -->';
const END = '<!-- end of tests -->';
/** A title that begins with a row, or several: `L01 …`, `L15: …`, `L11, L12: …`. */
const TITLE = /^[ \t]*(?:await t\.)?test\(\s*(['"`])((?:L\d+b?(?:\s*[,/]\s*)?)+)[: ]\s*((?:\\.|(?!\1).)*)\1/gms;

export interface RowTest { readonly row: string; readonly title: string; readonly file: string }

/** The tests of one source file whose titles name rows. What a template fills in is shown as `…`. */
export function rowTests(file: string, source: string): readonly RowTest[] {
  return [...source.matchAll(TITLE)].flatMap(([, , rows, title]) => {
    const plain = title!.replaceAll(/\$\{(?:[^{}]|\{[^}]*\})*\}/g, '…').replaceAll(/\\(.)/g, '$1').replaceAll(/\s+/g, ' ');
    return rows!.match(/L\d+b?/g)!.map((row) => ({ row, title: plain, file }));
  });
}

/** Rows in their order: L3 before L03b before L11. */
export function compareRows(a: string, b: string): number {
  return Number.parseInt(a.slice(1), 10) - Number.parseInt(b.slice(1), 10) || (a < b ? -1 : a > b ? 1 : 0);
}

/** The rows the page's own tables promise something about. */
export function promisedRows(text: string): readonly string[] {
  return [...new Set([...text.slice(0, text.indexOf(BEGIN)).matchAll(/^\| (L\d+b?) /gm)].map(([, row]) => row!))].toSorted(compareRows);
}

/** The list as it belongs into the page: each promised row with its tests. */
export function rowList(promised: readonly string[], tests: readonly RowTest[]): string {
  return promised.map((row) => {
    const own = tests.filter((test) => test.row === row);
    const lines = own.map(({ title, file }) => `  - ${title} (\`${file}\`)\n`);
    return `- **${row}**${own.length === 0 ? ': no test yet\n' : `\n${lines.join('')}`}`;
  }).join('');
}

/** The page as it should be; `missing` are promised rows without a test, `unknown` tested rows the page does not mention. */
export function guaranteesPage(): { readonly path: string; readonly present: string; readonly wanted: string; readonly missing: readonly string[]; readonly unknown: readonly string[] } {
  const folder = join(root, 'test');
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.test.ts')).toSorted();
  const tests = files.flatMap((name) => rowTests(`test/${name}`, readFileSync(join(folder, name), 'utf8')));
  const present = readFileSync(page, 'utf8');
  const promised = promisedRows(present);
  const wanted = `${present.slice(0, present.indexOf(BEGIN))}${BEGIN}\n${rowList(promised, tests)}${present.slice(present.indexOf(END))}`;
  const tested = new Set(tests.map(({ row }) => row));
  return { path: page, present, wanted, missing: promised.filter((row) => !tested.has(row)), unknown: [...tested].filter((row) => !promised.includes(row)).toSorted(compareRows) };
}

if (import.meta.main) {
  const { path, present, wanted, missing, unknown } = guaranteesPage();
  if (present !== wanted) writeFileSync(path, wanted);
  console.log(`docs/guarantees.md ${present === wanted ? 'is up to date' : 'written'}${missing.length > 0 ? `; no test names ${missing.join(' ')}` : ''}${unknown.length > 0 ? `; the page does not mention ${unknown.join(' ')}` : ''}`);
}
