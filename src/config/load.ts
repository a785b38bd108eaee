import { isUtf8 } from 'node:buffer';
import type { Dirent } from 'node:fs';
import { open, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { wholeSource, type ConfigText } from './document.ts';
import { MAX_CONFIG_BYTES } from './packed.ts';
import type { Problem } from './problem.ts';

/** More files than this below one folder are no configs; nor is what lies deeper. */
const MAX_FILES = 1024;
const MAX_DEPTH = 32;

/** The texts of a source, and what became of the rest of it. */
export interface TextsRead {
  readonly texts: readonly ConfigText[];
  readonly problems: readonly Problem[];
  /** Something could not be read at all. */
  readonly unreadable: boolean;
}

const refused = (file: string, message: string, expected: string): TextsRead => ({ texts: [], problems: [wholeSource(file, message, expected)], unreadable: true });

/** Reads a file; of a folder every file below it, sorted by path, as the CloudWatch agent reads its own. */
export async function readPlace(path: string): Promise<TextsRead> {
  const isFolder = await stat(path).then((stats) => stats.isDirectory(), () => false);
  return isFolder ? readFolder(path) : readFile(path);
}

/** Whether anything of a folder would be read; true where it cannot be listed: reading it says why. */
export async function holdsConfigs(folder: string): Promise<boolean> {
  const isAbsent = await stat(folder).then(() => false, (error: NodeJS.ErrnoException) => error.code === 'ENOENT' || error.code === 'ENOTDIR');
  if (isAbsent) return false;
  const walk: Walk = { files: [], problems: [] };
  try {
    await listFiles(folder, 0, walk);
  } catch (error) {
    if (!(error instanceof TooMuch)) throw error;
    return true;
  }
  return walk.files.length > 0 || walk.problems.some(({ severity }) => severity === 'error');
}

/** The text of one file, or why there is none. */
export async function readText(file: string): Promise<string | Problem> {
  const { texts, problems } = await readFile(file);
  return texts[0]?.text ?? problems[0]!;
}

/** Reads standard input to its end, which can be done once. */
export async function readStdin(): Promise<TextsRead> {
  if (process.stdin.readableEnded) return refused('stdin', 'standard input has been read already and cannot be read again', 'a file, for a config that is to be read again');
  try {
    return textOf('stdin', await bounded(process.stdin));
  } catch (error) {
    return refused('stdin', `standard input cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown reason'})`, 'a config on standard input, or a file');
  }
}

/** Why a name in a folder of configs is passed over, or null. What these programs leave behind is an older version of a file that is there. */
export function passedOver(name: string): string | null {
  if (/\.ya?ml$/i.test(name)) return 'a config of the OpenTelemetry collector is not run by this agent';
  if (/\.tmp$/i.test(name)) return 'a file that is still being written';
  if (/~$|^#.*#$|\.(?:swp|swo|bak|orig)(?:[-.]?\d+)?$/i.test(name)) return 'a backup';
  if (/\.dpkg-[a-z]+$|\.rpm(?:save|new|orig)$/.test(name)) return 'left behind by the package manager';
  return name.startsWith('.') ? 'the name begins with a dot' : null;
}

async function readFolder(folder: string): Promise<TextsRead> {
  const walk: Walk = { files: [], problems: [] };
  try {
    await listFiles(folder, 0, walk);
  } catch (error) {
    if (error instanceof TooMuch) return refused(folder, error.message, 'a folder of configs alone');
    throw error;
  }
  const unlisted = walk.problems.some(({ severity }) => severity === 'error');
  const parts: TextsRead[] = [];
  let bytes = 0;
  for (const file of walk.files.toSorted()) {
    const part = await readFile(file);
    parts.push(part);
    bytes += part.texts.reduce((sum, { text }) => sum + Buffer.byteLength(text), 0);
    if (bytes > MAX_CONFIG_BYTES) return refused(folder, 'the files in this folder are too large together', `configs of at most ${MAX_CONFIG_BYTES} bytes`);
  }
  const none: readonly Problem[] = walk.files.length > 0 || unlisted ? [] : [{ ...wholeSource(folder, 'there is no config in this folder', null), severity: 'note' }];
  return {
    texts: parts.flatMap(({ texts }) => texts),
    problems: [...walk.problems, ...none, ...parts.flatMap(({ problems }) => problems)],
    unreadable: unlisted || parts.some(({ unreadable }) => unreadable),
  };
}

/** The files of a folder that `readPlace` would read, sorted; none where there is no such folder. Throws the system's error, or one that says that there are too many. */
export async function configFilesIn(folder: string): Promise<readonly string[]> {
  const walk: Walk = { files: [], problems: [] };
  if (await stat(folder).then((stats) => stats.isDirectory(), () => false)) await listFiles(folder, 0, walk);
  return walk.files.toSorted();
}

interface Walk { readonly files: string[]; readonly problems: Problem[] }

class TooMuch extends Error {}

async function listFiles(folder: string, depth: number, { files, problems }: Walk): Promise<void> {
  if (depth > MAX_DEPTH) throw new TooMuch(`folders lie deeper than ${MAX_DEPTH} levels below it`);
  let members: readonly Dirent[];
  try {
    members = await readdir(folder, { withFileTypes: true });
  } catch (error) {
    problems.push(wholeSource(folder, `the folder cannot be listed (${(error as NodeJS.ErrnoException).code ?? 'unknown reason'})`, 'a folder this user may read'));
    return;
  }
  for (const member of members) {
    // Kubernetes keeps the files of a mounted ConfigMap in such folders, and links to them from beside.
    if (member.name.startsWith('..')) continue;
    const path = join(folder, member.name);
    const reason = passedOver(member.name) ?? (await noFile(path, member));
    if (reason === FOLDER) await listFiles(path, depth + 1, { files, problems });
    else if (reason === null) files.push(path);
    else problems.push({ ...wholeSource(path, `not read: ${reason}`, null), severity: 'note' });
    if (files.length + problems.length > MAX_FILES) throw new TooMuch(`more than ${MAX_FILES} files lie below it`);
  }
}

const FOLDER = 'a folder';

/** FOLDER, null for a file (also one that cannot be looked at: reading it says why), or why it is neither. Links lead to files, never to folders. */
async function noFile(path: string, member: Dirent): Promise<string | null> {
  if (member.isDirectory()) return FOLDER;
  if (member.isFile()) return null;
  const stats = await stat(path).catch(() => null);
  if (stats === null || stats.isFile()) return null;
  return stats.isDirectory() ? 'a link to a folder is not followed' : 'this is no file';
}

/** The file's text (of at most one byte more than allowed: it may be a pipe without an end), or why there is none. */
async function readFile(file: string): Promise<TextsRead> {
  try {
    await using handle = await open(file);
    return textOf(file, await bounded(handle.createReadStream({ autoClose: false, end: MAX_CONFIG_BYTES })));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return refused(file, 'there is no such file', 'the path of a config file');
    if (code === 'EACCES') return refused(file, 'this user may not read the file', 'a file this user may read, or another user');
    return refused(file, `the file cannot be read (${code ?? 'unknown reason'})`, 'a file that can be read');
  }
}

async function bounded(stream: AsyncIterable<unknown>): Promise<Buffer> {
  const parts: Buffer[] = [];
  let length = 0;
  for await (const part of stream) {
    parts.push(part as Buffer);
    length += (part as Buffer).length;
    if (length > MAX_CONFIG_BYTES) break;
  }
  return Buffer.concat(parts);
}

function textOf(name: string, bytes: Buffer): TextsRead {
  const broken = (message: string, expected: string): TextsRead => ({ texts: [], problems: [wholeSource(name, message, expected)], unreadable: false });
  if (bytes.length > MAX_CONFIG_BYTES) return broken('the file is too large', `a config of at most ${MAX_CONFIG_BYTES} bytes`);
  return isUtf8(bytes) ? { texts: [{ name, text: bytes.toString() }], problems: [], unreadable: false } : broken('the file is not UTF-8', 'JSON in UTF-8');
}
