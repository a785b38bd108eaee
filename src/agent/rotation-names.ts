// What rotation does to names. Pure.

import { basename, dirname, join } from 'node:path';

const INSERTED = /^(.+?)[.\-_]\d[\d_T\-.]*(\.[A-Za-z]\w*)$/;
const CUT = /[.\-_~]/g;
/** Names with more parts are cut at the last ones only. */
const MAX_ORIGINALS = 16;

/**
 * The names a rotated file may have had: `app.log.1`, `app.log-20261121`, `app.log.2.old` and `app-20261121.log` were
 * `app.log`. Nearest first; every part that could be a suffix is tried, so a caller must know the name for a file.
 */
export function originalsOf(path: string): readonly string[] {
  const name = basename(path);
  const names: string[] = [];
  const inserted = INSERTED.exec(name);
  if (inserted !== null) names.push(`${inserted[1]}${inserted[2]}`);
  const cuts = [...name.matchAll(CUT)].map((m) => m.index).filter((at) => at > 0).toReversed().slice(0, MAX_ORIGINALS);
  for (const at of cuts) names.push(name.slice(0, at));
  return names.map((one) => join(dirname(path), one));
}
