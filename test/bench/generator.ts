// A process that writes the benchmark's lines, apart from what is measured. Arguments: one JSON object, see Workload.
// Prints one JSON line when done: { lines, bytes, lateMs }.
import { appendFileSync, closeSync, futimesSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { LineWriter } from './line.ts';

/**
 * `file`: one file of `megabytes`, at once. `steady`: appended to one file at `megabytesPerSecond`. `many`: `files` files,
 * each with `linesPerSecond`, spread evenly; with seconds 0, `linesPerSecond` lines at once.
 */
export type Workload =
  | { readonly kind: 'file'; readonly path: string; readonly megabytes: number }
  | { readonly kind: 'steady'; readonly path: string; readonly megabytesPerSecond: number; readonly seconds: number }
  | { readonly kind: 'many'; readonly folder: string; readonly files: number; readonly linesPerSecond: number; readonly seconds: number; readonly firstSequence: number };

/** `bytes` are of the lines without their newlines; `lateMs` is how far the writer fell behind its schedule at most. */
export interface Written { readonly lines: number; readonly bytes: number; readonly lateMs: number }

const BUFFER_BYTES = 1 << 20;
const TICK_MS = 10;
const MEGA = 1_000_000;

const manyName = (file: number): string => `${String(file).padStart(5, '0')}.log`;

function writeAll(fd: number, bytes: Buffer): void {
  for (let at = 0; at < bytes.length;) at += writeSync(fd, bytes, at);
}

function writeFile(path: string, megabytes: number): Written {
  const writer = new LineWriter(BUFFER_BYTES);
  const fd = openSync(path, 'w');
  let lines = 0;
  let total = 0;
  const now = Date.now();
  while (total < megabytes * MEGA) {
    if (writer.add(0, lines, now)) { lines++; if (total + writer.length < megabytes * MEGA) continue; }
    writeAll(fd, writer.bytes);
    total += writer.length;
    writer.clear();
  }
  // As of an hour ago: the end of a file that was just written is waited for, which is not what is measured.
  futimesSync(fd, Date.now() / 1000 - 3600, Date.now() / 1000 - 3600);
  closeSync(fd);
  return { lines, bytes: total - lines, lateMs: 0 };
}

/** Calls `write` each TICK_MS with the seconds passed since the start; returns the greatest delay of a call. */
async function onSchedule(seconds: number, write: (elapsed: number) => void): Promise<number> {
  const started = performance.now();
  let late = 0;
  for (let tick = 1; ; tick++) {
    const due = Math.min(tick * TICK_MS, seconds * 1000);
    const wait = due - (performance.now() - started);
    if (wait > 0) await delay(wait);
    late = Math.max(late, performance.now() - started - due);
    write(due / 1000);
    if (due >= seconds * 1000) return Math.round(late);
  }
}

async function writeSteadily(path: string, megabytesPerSecond: number, seconds: number): Promise<Written> {
  const writer = new LineWriter(BUFFER_BYTES);
  const fd = openSync(path, 'a');
  let lines = 0;
  let total = 0;
  const flush = (): void => { writeAll(fd, writer.bytes); total += writer.length; writer.clear(); };
  const lateMs = await onSchedule(seconds, (elapsed) => {
    const now = Date.now();
    const target = elapsed * megabytesPerSecond * MEGA;
    while (total + writer.length < target) {
      if (writer.add(0, lines, now)) lines++;
      else flush();
    }
    flush();
  });
  closeSync(fd);
  return { lines, bytes: total - lines, lateMs };
}

async function writeMany({ folder, files, linesPerSecond, seconds, firstSequence }: Workload & { kind: 'many' }): Promise<Written> {
  const writer = new LineWriter(BUFFER_BYTES);
  let lines = 0;
  let total = 0;
  const writeUpTo = (target: number): void => {
    for (; lines < target; lines++) {
      writer.add(lines % files, firstSequence + Math.floor(lines / files), Date.now());
      total += writer.length;
      appendFileSync(join(folder, manyName(lines % files)), writer.bytes);
      writer.clear();
    }
  };
  let lateMs = 0;
  if (seconds === 0) writeUpTo(files * linesPerSecond);
  else lateMs = await onSchedule(seconds, (elapsed) => writeUpTo(elapsed * files * linesPerSecond));
  return { lines, bytes: total - lines, lateMs };
}

if (import.meta.main) {
  const workload = JSON.parse(process.argv[2]!) as Workload;
  const written = workload.kind === 'file' ? writeFile(workload.path, workload.megabytes)
    : workload.kind === 'steady' ? await writeSteadily(workload.path, workload.megabytesPerSecond, workload.seconds)
    : await writeMany(workload);
  console.log(JSON.stringify(written));
}
