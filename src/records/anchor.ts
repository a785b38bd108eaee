import type { Step } from './strptime.ts';

/**
 * Where to look for a format: at occurrences of one byte, which stands `least` to `most` bytes after the beginning and
 * cannot occur in between. So trying each place at which it stands, widest first, finds the leftmost match.
 */
export interface Anchor { readonly byte: number; readonly least: number; readonly most: number }

/** Null if no byte of the format will do. */
export function anchorOf(steps: readonly Step[]): Anchor | null {
  let [least, most] = [0, 0];
  const before: Step[] = [];
  for (const step of steps) {
    if (step.kind === 'literal') {
      const byte = step.bytes.charCodeAt(0);
      if (!before.some((earlier) => mayContain(earlier, byte))) return { byte, least, most };
    }
    const width = widthOf(step);
    if (width === null) return null;
    least += width[0];
    most += width[1];
    before.push(step);
  }
  return null;
}

function widthOf(step: Step): readonly [number, number] | null {
  switch (step.kind) {
    case 'literal': return [step.bytes.length, step.bytes.length];
    case 'digits': return [step.min, step.max + (step.blank ? 1 : 0)];
    case 'monthName': case 'dayName': return [3, step.full ? 9 : 3];
    case 'fraction': return [1, 9];
    case 'half': return [2, 2];
    case 'offset': return [1, 6];
    case 'zone': return [1, 5];
    case 'epoch': return null;
    default: return step satisfies never;
  }
}

function mayContain(step: Step, byte: number): boolean {
  const char = String.fromCharCode(byte);
  switch (step.kind) {
    case 'literal': return step.bytes.includes(char);
    case 'digits': return (step.blank ? /[\d\t\n\f\r ]/ : /\d/).test(char);
    case 'fraction': case 'epoch': return /\d/.test(char);
    case 'monthName': case 'dayName': case 'half': return /[A-Za-z]/.test(char);
    case 'offset': return /[-+:\dZz]/.test(char);
    case 'zone': return /[-+\dA-Za-z]/.test(char);
    default: return step satisfies never;
  }
}
