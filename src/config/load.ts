import { isUtf8 } from 'node:buffer';
import { open } from 'node:fs/promises';
import { mergeDocuments } from './merge.ts';
import { parseJson } from './parse-json.ts';
import type { JsonNode } from './json-tree.ts';
import type { Problem } from './problem.ts';

/** No config is larger: 16,384 entries with every key take half of it. */
const MAX_FILE_BYTES = 16 * 1024 * 1024;

export interface LoadedDocument {
  /** The merged document, or null when a file cannot be read or its JSON is broken. */
  readonly root: JsonNode | null;
  readonly problems: readonly Problem[];
  /** A file could not be read at all. */
  readonly unreadable: boolean;
}

/** Reads the files, in the order given, into one document. Every file's problems are reported, not the first one's alone. */
export async function loadDocument(files: readonly string[]): Promise<LoadedDocument> {
  const contents = await Promise.all(files.map(readBytes));
  const parsed = contents.map((content, index) => {
    const text = 'severity' in content ? content : textOf(files[index]!, content);
    return typeof text === 'string' ? parseJson(files[index]!, text) : { root: null, problems: [text] };
  });
  const problems = parsed.flatMap((file) => file.problems);
  const unreadable = contents.some((content) => 'severity' in content);
  const roots = parsed.flatMap(({ root }) => root ?? []);
  if (roots.length < files.length) return { root: null, problems, unreadable };
  const merged = mergeDocuments(roots);
  return { root: merged.root, problems: [...problems, ...merged.problems], unreadable };
}

const wholeFile = (file: string, message: string, expected: string): Problem => ({ severity: 'error', file, line: null, column: null, pointer: '', message, expected, didYouMean: null });

/** The text of one file, or why there is none. */
export async function readText(file: string): Promise<string | Problem> {
  const content = await readBytes(file);
  return 'severity' in content ? content : textOf(file, content);
}

function textOf(file: string, bytes: Buffer): string | Problem {
  if (bytes.length > MAX_FILE_BYTES) return wholeFile(file, 'the file is too large', `a config of at most ${MAX_FILE_BYTES} bytes`);
  if (!isUtf8(bytes)) return wholeFile(file, 'the file is not UTF-8', 'text in UTF-8');
  return bytes.toString();
}

/** The file's bytes (at most one more than allowed: it may be a pipe without an end), or why there are none. */
async function readBytes(file: string): Promise<Buffer | Problem> {
  try {
    await using handle = await open(file);
    const parts: Buffer[] = [];
    for await (const part of handle.createReadStream({ autoClose: false, end: MAX_FILE_BYTES })) parts.push(part as Buffer);
    return Buffer.concat(parts);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return wholeFile(file, 'there is no such file', 'the path of a config file');
    if (code === 'EACCES') return wholeFile(file, 'this user may not read the file', 'a file this user may read, or another user');
    if (code === 'EISDIR') return wholeFile(file, 'this is a folder', 'the path of a config file');
    return wholeFile(file, `the file cannot be read (${code ?? 'unknown reason'})`, 'a file that can be read');
  }
}
