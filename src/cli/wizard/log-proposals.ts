// Which entries to propose for the log files that were found. Pure: what is there comes in as values.
import { posix } from 'node:path';
import type { LineForm } from '../../config/line-form.ts';
import type { KnownLog } from './known-logs.ts';

/** A log file of this machine. */
export interface FoundLog {
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  /** Last write, epoch milliseconds. */
  readonly mtimeMs: number;
  /** Program that has it open for writing, or null. */
  readonly writer: string | null;
  /** Null where it is of no program we know. */
  readonly known: KnownLog | null;
  readonly form: LineForm;
}

/** An entry that may be put into the config. */
export interface LogProposal {
  readonly pattern: string;
  /** The files it is of now, the newest first; at least one. */
  readonly files: readonly FoundLog[];
  readonly group: string;
  /** Whether each file is to have its own stream; else of several only the newest is followed. */
  readonly perFile: boolean;
  /** Chosen unless the person says otherwise: the log of a program we know. */
  readonly recommended: boolean;
}

/** Files in one folder, alike, from which on a glob for all of them is less to read than each of them. */
const MANY = 3;
/** Too many different logs lie here for one glob. */
const SHARED_FOLDER = '/var/log';
const DATE = /\d{4}-?\d{2}-?\d{2}(?:[-_T.]?\d+)*/g;

/** One entry for each log; one for several that are alike. The recommended ones first, then those last written first. */
export function proposalsFor(found: readonly FoundLog[]): readonly LogProposal[] {
  const proposals = [
    ...Map.groupBy(found.filter(({ known }) => known !== null), ({ known }) => known!.pattern).values().map((files) => {
      const { pattern, group } = files[0]!.known!;
      return proposal(files.length === 1 ? shapeOf(files[0]!.path) : { pattern, dated: shapeOf(files[0]!.path).dated }, files, group);
    }),
    ...alike(found.filter(({ known }) => known === null)).map(({ shape, files }) => proposal(shape, files, null)),
  ];
  return proposals.toSorted((a, b) => Number(b.recommended) - Number(a.recommended) || b.files[0]!.mtimeMs - a.files[0]!.mtimeMs);
}

/** A path with `*` for what may be different in the next file's name. */
interface Shape {
  readonly pattern: string;
  /** It stands for a date: of such files the newest is the one that is written. */
  readonly dated: boolean;
}

function proposal({ pattern, dated }: Shape, files: readonly FoundLog[], group: string | null): LogProposal {
  const newest = files.toSorted((a, b) => b.mtimeMs - a.mtimeMs);
  const path = files.length === 1 && !dated ? files[0]!.path : pattern;
  return { pattern: path, files: newest, group: group ?? groupFor(path), perFile: !dated && path !== newest[0]!.path, recommended: group !== null };
}

/** app-2026-11-21.log becomes app-*.log; without a date worker-1.log becomes worker-*.log. */
function shapeOf(path: string): Shape {
  const name = posix.basename(path);
  const undated = name.replaceAll(DATE, '*');
  return { pattern: posix.join(posix.dirname(path), undated === name ? name.replaceAll(/\d+/g, '*') : undated), dated: undated !== name };
}

interface Alike { readonly shape: Shape; readonly files: readonly FoundLog[] }

/** Files whose names differ in numbers only, then files of one folder and extension: where their lines have one form. */
function alike(files: readonly FoundLog[]): readonly Alike[] {
  const result: Alike[] = [];
  const single: FoundLog[] = [];
  for (const group of Map.groupBy(files, (file) => likeness(shapeOf(file.path).pattern, file)).values()) {
    const shape = shapeOf(group[0]!.path);
    if (group.length > 1 || shape.dated) result.push({ shape, files: group });
    else single.push(...group);
  }
  for (const group of Map.groupBy(single, (file) => likeness(everyOf(file.path), file)).values()) {
    const pattern = everyOf(group[0]!.path);
    const same = group.length >= MANY && posix.dirname(pattern) !== SHARED_FOLDER && posix.extname(pattern) !== '';
    const covers = same && files.every((file) => group.includes(file) || everyOf(file.path) !== pattern);
    if (covers) result.push({ shape: { pattern, dated: false }, files: group });
    else result.push(...group.map((file) => ({ shape: { pattern: file.path, dated: false }, files: [file] })));
  }
  return result;
}

const likeness = (pattern: string, { form }: FoundLog): string => JSON.stringify([pattern, form.format, form.field, form.start]);
const everyOf = (path: string): string => `${posix.dirname(path)}/*${posix.extname(path)}`;

/** The group that the CloudWatch agent's wizard proposes for a path: its name. For a glob it is the folder. */
export function groupFor(pattern: string): string {
  const name = /[*?[{]/.test(pattern) ? posix.dirname(pattern.split(/[*?[{]/)[0]! + '-').slice(1) : posix.basename(pattern);
  return name.replaceAll(/[^.\-_/#A-Za-z0-9]/g, '_') || 'logs';
}
