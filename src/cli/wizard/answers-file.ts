import { readFileSync } from 'node:fs';
import { wholeSource } from '../../config/document.ts';
import { placeAt, plainValue } from '../../config/json-tree.ts';
import { parseJson } from '../../config/parse-json.ts';
import type { Problem } from '../../config/problem.ts';

/** The answers of a file, each with the place it stands at. */
export interface AnswersRead {
  /** Null when there is no object of answers to read. */
  readonly members: readonly { readonly key: string; readonly value: unknown; readonly place: string }[] | null;
  readonly problems: readonly Problem[];
  /** The file cannot be read at all. */
  readonly unreadable: boolean;
}

/** Reads `{ "id": answer, … }`. */
export function answersIn(file: string): AnswersRead {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return { members: null, unreadable: true, problems: [wholeSource(file, code === 'ENOENT' ? 'there is no such file' : `the file cannot be read (${code ?? 'unknown reason'})`, 'a file of answers, such as { "level": "Standard" }')] };
  }
  const { root, problems } = parseJson(file, text);
  if (root === null) return { members: null, problems, unreadable: false };
  if (root.kind !== 'object') return { members: null, unreadable: false, problems: [...problems, wholeSource(file, 'this is no object of answers', '{ "id": answer, … }')] };
  const members = [...root.members].map(([key, { source, start, node }]) => {
    const { file: name, line, column } = placeAt(source, start);
    return { key, value: plainValue(node), place: `${name}:${line}:${column}` };
  });
  return { members, problems, unreadable: false };
}
