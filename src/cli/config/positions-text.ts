import type { Anew, ImportedPosition } from '../../agent/import/import-positions.ts';
import type { NoPosition } from '../../agent/import/position.ts';
import { printable } from '../text-table.ts';
import { countText } from '../units.ts';

/** Stretches named for one position; the rest is counted. */
const LISTED = 5;

const count = (value: number): string => value.toLocaleString('en-US');

/** One line for each position, then how many there are of each kind. @param dryRun nothing was written */
export function positionsText(imported: readonly ImportedPosition[], without: readonly NoPosition[], { stateDirectory, dryRun }: { readonly stateDirectory: string; readonly dryRun: boolean }): string {
  const lines = [
    ...imported.map((one) => `${printable(one.position.path)}: ${standingText(one)}\n`),
    ...without.map(({ source, reason }) => `${printable(source)}: ${reason}; no position is taken from it\n`),
  ];
  const of = (kind: ImportedPosition['standing']['kind']): number => imported.filter(({ standing }) => standing.kind === kind).length;
  const counts = [
    `${countText(of('imported'), 'position')} ${dryRun ? 'would be imported' : 'imported'} into ${stateDirectory}`,
    ...([['anew', 'begin anew'], ['known', 'known already'], ['unmatched', 'without an entry'], ['absent', 'without a file'], ['unreadable', 'with a file that cannot be read']] as const)
      .flatMap(([kind, words]) => (of(kind) === 0 ? [] : `${of(kind)} ${words}`)),
  ];
  return `${lines.join('')}${counts.join(', ')}\n`;
}

function standingText({ position, standing }: ImportedPosition): string {
  const { offset, again } = position;
  switch (standing.kind) {
    case 'imported': return `goes on at byte ${count(offset)} of ${count(standing.size)}${againText(again)}`;
    case 'anew': return `begins at its start: ${ANEW[standing.why](offset, standing.size)}`;
    case 'known': return `the state has it at byte ${count(standing.offset)} already; --force takes ${count(offset)} instead`;
    case 'unmatched': return `no entry of the config follows it (byte ${count(offset)})`;
    case 'absent': return `there is no such file any more (byte ${count(offset)})`;
    case 'unreadable': return `cannot be read (${standing.code}), so its position ${count(offset)} is not imported, and it will be sent from its start: import as a user who may read it`;
    default: return standing satisfies never;
  }
}

const ANEW: Readonly<Record<Anew, (offset: number, size: number) => string>> = {
  shorter: (offset, size) => `it has ${count(size)} bytes, less than the position ${count(offset)}: it was truncated or replaced`,
  'born-later': (offset) => `the file was created after the position ${count(offset)} was written: it is another one`,
  'inside-a-line': (offset) => `no line ends at the position ${count(offset)}: the file was replaced`,
};

function againText(again: ImportedPosition['position']['again']): string {
  if (again.length === 0) return '';
  const named = again.slice(0, LISTED).map(({ from, to }) => `${count(from)} to ${count(to)}`).join(', ');
  return `; sent already beyond that, and sent again: bytes ${named}${again.length > LISTED ? ` and ${again.length - LISTED} more stretches` : ''}`;
}
