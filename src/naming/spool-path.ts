// Where in the spool the events of a group and stream lie, and back: the path is all that is known of a file after a restart.
//
//     <spool>/g=emf:logs:default/s=i-0123456789/<file>
//
// No legal name has a colon, so it can stand for the slash, which no file name has. A name that is too long for a file's goes
// on in a folder below.

import { fitted, groupFault, legalPart } from './legal-name.ts';

/** A log group and stream, both legal names. */
export interface Spooled { readonly group: string; readonly stream: string }

/** What no path keeps as it is: the mark of broken text, and control characters. */
const NOT_IN_PATH = /[\ufffd\p{Cc}]/gu;

/** The names with what the service, or a path, does not allow made `_`. Null: no such group can be. */
export function legalSpooled(group: string, stream: string): Spooled | null {
  const names = { group: fitted(legalPart(group, 'group')), stream: fitted(legalPart(stream.toWellFormed(), 'stream').replaceAll(NOT_IN_PATH, '_')) };
  return groupFault(names.group) === null && names.stream !== '' ? names : null;
}

/** NAME_MAX of Linux is 255 bytes; the mark and a last character of four bytes leave so many. */
const MAX_PIECE_BYTES = 248;

/** The folder of a group and stream, relative to the spool. Two destinations never have the same. */
export function spoolFolder({ group, stream }: Spooled): string {
  return [...pieces(group).map((piece) => `g=${piece}`), ...pieces(stream).map((piece) => `s=${piece}`)].join('/');
}

/** The destination of the file at a path in the spool; null for a path that is of no destination. */
export function spooledIn(path: string): Spooled | null {
  const folders = path.split('/').slice(0, -1);
  const stream = takeLast(folders, 's=');
  const group = takeLast(folders, 'g=');
  return group === '' || stream === '' ? null : { group, stream };
}

function pieces(name: string): readonly string[] {
  const all = [''];
  let room = MAX_PIECE_BYTES;
  for (const character of name.replaceAll('/', ':')) {
    const bytes = Buffer.byteLength(character);
    if (bytes > room) {
      all.push('');
      room = MAX_PIECE_BYTES;
    }
    all[all.length - 1] += character;
    room -= bytes;
  }
  return all;
}

/** Takes the last folders with the mark away; gives the name they spell, or nothing. */
function takeLast(folders: string[], mark: string): string {
  let name = '';
  while (folders.at(-1)?.startsWith(mark) === true) name = folders.pop()!.slice(mark.length) + name;
  return name.replaceAll(':', '/');
}
