import { createHash } from 'node:crypto';
import { appendFile, mkdir, open, readFile, readdir, rename, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { LogGroup, LogStore, StoreObserver } from './logs/store.ts';
import { eventBytes } from './logs/store.ts';
import type { Block, LogStream } from './logs/stream.ts';
import type { Parameter, ParameterStore } from './parameters/store.ts';

interface StoredGroup {
  readonly name: string;
  readonly creationTime: number;
  readonly groupClass: string;
  readonly kmsKeyId: string | null;
  readonly tags: Readonly<Record<string, string>>;
  readonly deletionProtected: boolean;
  readonly retentionDays: number | null;
}

/** Events of one block when a file is loaded. */
const LOADED_BLOCK = 10_000;
/** Read from the end of a file to find its last line; the longest line is an event of 1 MiB, escaped sixfold. */
const TAIL_BYTES = 8 * 1024 * 1024;

/** A file name for any group or stream: readable as far as it is safe, unique by hash. */
export function fileNameOf(name: string): string {
  return `${name.replaceAll(/[^A-Za-z0-9_-]+/g, '_').slice(0, 80)}-${createHash('sha256').update(name).digest('hex').slice(0, 16)}`;
}

/**
 * Keeps groups, streams, events and parameters in a directory:
 *
 *     groups/<group>/group.json            written whole: temporary file, then rename
 *     groups/<group>/<stream>.jsonl        its name, then one event a line, appended as it arrives
 *     parameters.json
 *
 * Writes go one after the other, in the order of the changes. What is evicted from memory stays here.
 */
export class DiskCopy implements StoreObserver {
  readonly #directory: string;
  #last: Promise<void> = Promise.resolve();
  #temporary = 0;

  constructor(directory: string) {
    this.#directory = directory;
  }

  /** Resolves when the changes so far are written; rejects if the latest could not be. */
  written(): Promise<void> {
    return this.#last;
  }

  groupChanged(group: LogGroup): void {
    const { name, creationTime, groupClass, kmsKeyId, deletionProtected, retentionDays } = group;
    const kept: StoredGroup = { name, creationTime, groupClass, kmsKeyId, deletionProtected, retentionDays, tags: Object.fromEntries(group.tags) };
    this.#enqueue(async () => {
      await mkdir(this.#groupPath(name), { recursive: true });
      await this.#replace(join(this.#groupPath(name), 'group.json'), kept);
    });
  }

  groupDeleted(name: string): void {
    this.#enqueue(() => rm(this.#groupPath(name), { recursive: true, force: true }));
  }

  streamCreated(stream: LogStream): void {
    this.#enqueue(() => writeFile(this.#streamPath(stream), `${JSON.stringify({ stream: stream.name, creationTime: stream.creationTime })}\n`));
  }

  streamDeleted(stream: LogStream): void {
    this.#enqueue(() => rm(this.#streamPath(stream), { force: true }));
  }

  stored({ stream, timestamps, messages, ingestionTime }: Block): void {
    this.#enqueue(() => appendFile(this.#streamPath(stream), messages.map((message, i) => `${JSON.stringify({ timestamp: timestamps[i], ingestionTime, message })}\n`).join('')));
  }

  parametersChanged(parameters: readonly Parameter[]): void {
    this.#enqueue(() => this.#replace(join(this.#directory, 'parameters.json'), parameters));
  }

  /** Fills the stores from the directory, which is created if need be. Returns what could not be read, for a person. */
  async load(store: LogStore, parameters: ParameterStore): Promise<readonly string[]> {
    const notices: string[] = [];
    await mkdir(join(this.#directory, 'groups'), { recursive: true });
    const kept = await readJson<readonly Parameter[]>(join(this.#directory, 'parameters.json'), notices);
    parameters.load(kept ?? []);
    for (const entry of (await readdir(join(this.#directory, 'groups'))).sort()) {
      const path = join(this.#directory, 'groups', entry);
      const group = await readJson<StoredGroup>(join(path, 'group.json'), notices);
      if (group === null) continue;
      store.createGroup({ ...group, tags: new Map(Object.entries(group.tags)) });
      for (const file of (await readdir(path)).filter((name) => name.endsWith('.jsonl')).sort()) await loadStream(join(path, file), group.name, store, notices);
    }
    return notices;
  }

  #groupPath(name: string): string {
    return join(this.#directory, 'groups', fileNameOf(name));
  }

  #streamPath(stream: LogStream): string {
    return join(this.#groupPath(stream.group), `${fileNameOf(stream.name)}.jsonl`);
  }

  async #replace(path: string, value: unknown): Promise<void> {
    const temporary = `${path}.${++this.#temporary}.tmp`;
    await writeFile(temporary, `${JSON.stringify(value)}\n`);
    await rename(temporary, path);
  }

  #enqueue(write: () => Promise<void>): void {
    this.#last = this.#last.catch(() => undefined).then(write);
    // Whoever waits for it sees the failure; a change that nobody waits for must not end the process.
    this.#last.catch(() => undefined);
  }
}

async function readJson<T>(path: string, notices: string[]): Promise<T | null> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') notices.push(`${path} could not be read (${(error as Error).message}); it is left out`);
    return null;
  }
  try {
    return JSON.parse(text) as T;
  } catch {
    notices.push(`${path} is not valid JSON; it is left out. Restore it or delete it`);
    return null;
  }
}

/** Cuts off a last line that a crash left unfinished, so that the next event does not continue it. */
async function cutTornLine(path: string, notices: string[]): Promise<void> {
  await using file = await open(path, 'r');
  const { size } = await file.stat();
  const tail = Buffer.alloc(Math.min(size, TAIL_BYTES));
  await file.read(tail, 0, tail.length, size - tail.length);
  const kept = size - tail.length + tail.lastIndexOf(10) + 1;
  if (kept === size) return;
  await truncate(path, kept);
  notices.push(`${path} ended in the middle of an event; its last ${size - kept} bytes are cut off`);
}

async function loadStream(path: string, group: string, store: LogStore, notices: string[]): Promise<void> {
  await cutTornLine(path, notices);
  await using file = await open(path, 'r');
  let stream: LogStream | null = null;
  let timestamps: number[] = [];
  let messages: string[] = [];
  let ingestionTime = 0;
  let bytes = 0;
  let unreadable = 0;
  const flush = (): void => {
    if (stream !== null) store.append(stream, Float64Array.from(timestamps), messages, bytes, ingestionTime);
    [timestamps, messages, bytes] = [[], [], 0];
  };
  for await (const line of file.readLines()) {
    const value = parseLine(line);
    if (stream === null) {
      if (typeof value?.['stream'] !== 'string') break;
      stream = store.createStream(group, value['stream'], Number(value['creationTime']));
      continue;
    }
    const { timestamp, ingestionTime: arrived, message } = value ?? {};
    if (typeof timestamp !== 'number' || typeof arrived !== 'number' || typeof message !== 'string') {
      unreadable++;
      continue;
    }
    if (arrived !== ingestionTime || messages.length >= LOADED_BLOCK) flush();
    ingestionTime = arrived;
    timestamps.push(timestamp);
    messages.push(message);
    bytes += eventBytes(message);
  }
  flush();
  if (stream === null) notices.push(`${path} does not begin with the name of its stream; it is left out`);
  if (unreadable > 0) notices.push(`${path} has ${unreadable} lines that are not events; they are left out`);
}

function parseLine(line: string): Readonly<Record<string, unknown>> | null {
  try {
    return JSON.parse(line) as Readonly<Record<string, unknown>>;
  } catch {
    return null;
  }
}
