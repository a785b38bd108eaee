// Which names do rotators give? Only a name's shape is judged here; what a file is, its content tells. Pure.

import { basename } from 'node:path';

const PACKED = /\.(?:gz|zst)$/i;
/** logrotate, log4j, newsyslog: `.1`, `-20261121`, `-20261121-1700000000`, `.2026-11-21_10`, `.old`. */
const AFTER_NAME = /^(?:[.\-_]\d[\d.\-_T:]*|\.old|\.bak)$/;
/** Between stem and extension a bare number may be another writer's (`worker-1.log`): only dates count. */
const DATE_BEFORE_EXTENSION = /^[.\-_]?\d{4}-?\d{2}-?\d{2}[\d.\-_T:]*$/;

/** True if the archive can be continued in: gzip and Zstandard. */
export function isArchive(name: string): boolean { return PACKED.test(name); }

/** The name that an archive's file had before it was packed. */
export function plainName(name: string): string { return name.replace(PACKED, ''); }

/** True if `name` looks like an older life of `base` (`app.log` has `app.log.1`, `app.log-20261121.gz`, `app-2026-11-21.log`). */
export function isRotationOf(base: string, name: string): boolean {
  const plain = plainName(name);
  if (plain === base) return plain !== name;
  if (plain.startsWith(base)) return AFTER_NAME.test(plain.slice(base.length));
  const dot = base.lastIndexOf('.');
  if (dot <= 0) return false;
  const stem = base.slice(0, dot);
  const extension = base.slice(dot);
  if (!plain.startsWith(stem) || !plain.endsWith(extension) || plain.length <= base.length) return false;
  return DATE_BEFORE_EXTENSION.test(plain.slice(stem.length, plain.length - extension.length));
}

/** Length of the common beginning of two names. */
export function sharedPrefix(a: string, b: string): number {
  let length = 0;
  while (length < a.length && length < b.length && a[length] === b[length]) length++;
  return length;
}

interface Aged { readonly path: string; readonly mtimeMs: number }

/**
 * Orders the lives of one file oldest first: by the time of the last write; at the same time by name, where the higher number is the
 * older (`.2` before `.1`) and dates are in their own order.
 */
export function byAge(a: Aged, b: Aged): number {
  if (a.mtimeMs !== b.mtimeMs) return a.mtimeMs - b.mtimeMs;
  const [left, right] = [rotationNumber(a.path), rotationNumber(b.path)];
  if (left !== null && right !== null && left !== right) return right - left;
  return a.path < b.path ? -1 : 1;
}

/** A date that sorts as text: `-20261121`, `.2026-11-21_10`, `-20261121-1700000000`. */
const SORTABLE_DATE = /(?:19|20)\d\d-?(?:0[1-9]|1[0-2])/;

/** True if both names have dates in the same places and that of `a` is the earlier one. Numbers say nothing: some writers count upwards. */
export function isDatedBefore(a: string, b: string): boolean {
  const [left, right] = [plainName(basename(a)), plainName(basename(b))];
  return SORTABLE_DATE.test(left) && SORTABLE_DATE.test(right) && left.replace(/\d/g, '0') === right.replace(/\d/g, '0') && left < right;
}

function rotationNumber(path: string): number | null {
  const digits = /\.(\d{1,4})(?:\.(?:gz|zst))?$/i.exec(path)?.[1];
  return digits === undefined ? null : Number(digits);
}
