// What a writer's files hold after the run, and whether exactly that arrived.
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';

/** One life of a log: the live file, a rotated one, or a compressed one. */
export interface Written {
  readonly name: string;
  readonly lines: readonly string[];
  /** What follows the last newline: logrotate may copy half of a line that is being written. */
  readonly torn: string;
}

/** Every generation of the log called `base`, by name. */
export function writtenTo(folder: string, base: string): readonly Written[] {
  return readdirSync(folder).filter((name) => name.startsWith(base)).toSorted().map((name) => {
    const bytes = readFileSync(join(folder, name));
    const lines = (name.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString().split('\n');
    const torn = lines.pop() ?? '';
    return { name, lines, torn };
  });
}

export interface Comparison {
  readonly written: number;
  readonly delivered: number;
  readonly lost: number;
  readonly doubled: number;
  readonly outOfOrder: number;
  /** Whole lines in no file that arrived once: copytruncate cut them off after the agent had read them. */
  readonly saved: number;
  /** Messages that no writer has written so. */
  readonly foreign: number;
  /** Some of what is wrong, for a person. */
  readonly examples: readonly string[];
}

const MOST_EXAMPLES = 6;

/**
 * Compares a stream with the files. Lines must be unique over all of them.
 * @param isLine recognises a whole line of the writer. @param mayExceed files can have lost what arrived (copytruncate).
 */
export function compare(files: readonly Written[], messages: readonly string[], isLine: RegExp, mayExceed: boolean): Comparison {
  const places = new Map<string, { readonly file: Written; readonly at: number }>();
  for (const file of files) {
    for (const [at, line] of file.lines.entries()) {
      if (places.has(line)) throw new Error(`${file.name} line ${at + 1} is in ${places.get(line)!.file.name} as well: the lines of this run are not unique`);
      places.set(line, { file, at });
    }
  }
  const examples: string[] = [];
  const example = (text: string): void => { if (examples.length < MOST_EXAMPLES) examples.push(text); };
  const torn = new Set(files.map((file) => file.torn).filter((text) => text !== ''));
  const seen = new Set<string>();
  const highest = new Map<Written, number>();
  let [delivered, doubled, outOfOrder, saved, foreign] = [0, 0, 0, 0, 0];
  for (const message of messages) {
    if (seen.has(message)) { doubled++; example(`twice: ${message}`); continue; }
    seen.add(message);
    const place = places.get(message);
    if (place === undefined) {
      if (torn.has(message)) continue;
      if (mayExceed && isLine.test(message)) { saved++; continue; }
      foreign++;
      example(`never written so: ${JSON.stringify(message.slice(0, 400))}`);
      continue;
    }
    delivered++;
    if (place.at < (highest.get(place.file) ?? -1)) { outOfOrder++; example(`${place.file.name} line ${place.at + 1} after line ${highest.get(place.file)! + 1}`); }
    highest.set(place.file, Math.max(place.at, highest.get(place.file) ?? -1));
  }
  let lost = 0;
  for (const [line, { file, at }] of places) if (!seen.has(line)) { lost++; example(`lost: ${file.name} line ${at + 1} of ${file.lines.length}: ${line}`); }
  for (const text of torn) {
    const whole = messages.some((message) => message.length > text.length && message.startsWith(text));
    if (whole && seen.has(text)) { doubled++; example(`twice, whole and torn: ${text}`); }
    if (!whole && !seen.has(text)) { lost++; example(`lost: torn line ${text}`); }
  }
  return { written: places.size, delivered, lost, doubled, outOfOrder, saved, foreign, examples };
}

export const isRight = ({ lost, doubled, outOfOrder, foreign }: Comparison): boolean => lost === 0 && doubled === 0 && outOfOrder === 0 && foreign === 0;
