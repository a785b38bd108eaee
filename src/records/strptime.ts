// Timestamp formats in strptime's language, compiled to a list of steps and to a regular expression over bytes.

/** What a step reads. `digits` is a number of min to max digits, with one blank allowed before it if `blank`. */
export type Step =
  | { readonly kind: 'literal'; readonly bytes: string }
  | { readonly kind: 'digits'; readonly field: DigitField; readonly min: number; readonly max: number; readonly blank: boolean }
  | { readonly kind: 'monthName' | 'dayName'; readonly full: boolean }
  | { readonly kind: 'fraction' | 'half' | 'offset' | 'zone' | 'epoch' };

/** What a number can be; the order is that of `StampFields.values`. */
export const DIGIT_FIELDS = ['year', 'shortYear', 'month', 'day', 'dayOfYear', 'hour', 'hour12', 'minute', 'second'] as const;
export type DigitField = (typeof DIGIT_FIELDS)[number];

/** A compiled format. Each step but the literals is a group of the pattern, in order. */
export interface Layout {
  readonly steps: readonly Step[];
  /** Over latin1, without flags. */
  readonly pattern: string;
  /** Reading greedily from left to right finds what the pattern finds: no step can take a character the next one needs. */
  readonly deterministic: boolean;
}

const digits = (field: DigitField, min: number, max: number, blank = false): Step => ({ kind: 'digits', field, min, max, blank });

/** Widths and the blank before %m and %d are the CloudWatch agent's; %e %k %l %j %s %T %F %D %R %r %h %P %n %t %% are ours. */
const DIRECTIVES: Readonly<Record<string, Step>> = {
  Y: digits('year', 4, 4), y: digits('shortYear', 2, 2), m: digits('month', 1, 2, true), d: digits('day', 1, 2, true), e: digits('day', 1, 2, true),
  j: digits('dayOfYear', 1, 3), H: digits('hour', 2, 2), k: digits('hour', 1, 2, true), I: digits('hour12', 2, 2), l: digits('hour12', 1, 2, true),
  M: digits('minute', 2, 2), S: digits('second', 2, 2), f: { kind: 'fraction' }, p: { kind: 'half' }, P: { kind: 'half' },
  b: { kind: 'monthName', full: false }, h: { kind: 'monthName', full: false }, B: { kind: 'monthName', full: true },
  a: { kind: 'dayName', full: false }, A: { kind: 'dayName', full: true }, z: { kind: 'offset' }, Z: { kind: 'zone' }, s: { kind: 'epoch' },
  n: { kind: 'literal', bytes: '\n' }, t: { kind: 'literal', bytes: '\t' }, '%': { kind: 'literal', bytes: '%' },
};
const COMPOUND: Readonly<Record<string, string>> = { T: '%H:%M:%S', F: '%Y-%m-%d', D: '%m/%d/%y', R: '%H:%M', r: '%I:%M:%S %p' };
/** `%-d` and the like: no padding. */
const UNPADDED: Readonly<Record<string, Step>> = {
  m: digits('month', 1, 2, true), d: digits('day', 1, 2, true), e: digits('day', 1, 2), j: digits('dayOfYear', 1, 3), y: digits('shortYear', 1, 2), Y: digits('year', 4, 4),
  H: digits('hour', 1, 2), k: digits('hour', 1, 2), I: digits('hour12', 1, 2), l: digits('hour12', 1, 2), M: digits('minute', 1, 2), S: digits('second', 1, 2),
};
/** Directives of other tools, and what to write for them. */
const MEANT: Readonly<Record<string, string>> = {
  L: '%f', N: '%f', Q: '%s', c: '%a %b %e %H:%M:%S %Y', C: '%Y', G: '%Y', g: '%y', x: '%m/%d/%y', X: '%H:%M:%S', v: '%e-%b-%Y', E: 'the directive without the E', O: 'the directive without the O',
  i: '%M', u: '%a', w: '%a', U: '%j', V: '%j', W: '%j',
};

export const MONTHS = ['january', 'february', 'march', 'april', 'may', 'june', 'july', 'august', 'september', 'october', 'november', 'december'] as const;
export const WEEKDAYS = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'] as const;

/** Compiles a format, or says what is wrong with it. */
export function compileLayout(format: string): Layout | { readonly problem: string } {
  const steps: Step[] = [];
  const problem = collect(format, steps);
  if (problem !== null) return { problem };
  const first = steps[0];
  // The CloudWatch agent drops the blank before a leading %m or %d, so that it is not part of what is trimmed.
  if (first?.kind === 'digits' && first.blank) steps[0] = { ...first, blank: false };
  if (steps.every((step) => step.kind === 'literal')) return { problem: 'the format has no directive such as %Y or %H, so no time can be read' };
  const seen = new Set(steps.map((step) => (step.kind === 'digits' ? step.field : step.kind)));
  if (!['hour', 'hour12', 'epoch', 'year', 'month', 'monthName', 'day', 'dayOfYear', 'shortYear'].some((key) => seen.has(key as DigitField))) {
    return { problem: 'the format has neither a date nor an hour, so no time can be read' };
  }
  return { steps, pattern: steps.map((step, i) => source(step, steps[i + 1])).join(''), deterministic: steps.every((step, i) => !canOverreach(step, steps[i + 1])) };
}

/** Appends the steps of `format`, literal text in one piece; answers a problem or null. */
function collect(format: string, steps: Step[]): string | null {
  for (const [text, flag, letter] of format.matchAll(/%([-_0^#]?)(.?)|[^%]+/gsu)) {
    if (letter === undefined) {
      literal(steps, Buffer.from(text, 'utf8').toString('latin1'));
      continue;
    }
    if (letter === '') return `the format ends in a lone "${text}"; write %% for a percent sign`;
    const compound = flag === '' ? COMPOUND[letter] : undefined;
    if (compound !== undefined) {
      collect(compound, steps);
      continue;
    }
    const table = flag === '' ? DIRECTIVES : flag === '-' ? UNPADDED : {};
    const step = Object.hasOwn(table, letter) ? table[letter]! : null;
    if (step === null) return `unknown directive ${text}${hint(flag ?? '', letter)}`;
    if (step.kind === 'literal') literal(steps, step.bytes);
    else steps.push(step);
  }
  return null;
}

function hint(flag: string, letter: string): string {
  if (flag !== '' && Object.hasOwn(DIRECTIVES, letter)) return `; did you mean %${letter}?`;
  if (Object.hasOwn(MEANT, letter)) return `; did you mean ${MEANT[letter]}?`;
  const other = letter === letter.toLowerCase() ? letter.toUpperCase() : letter.toLowerCase();
  return Object.hasOwn(DIRECTIVES, other) ? `; did you mean %${other}? Write %% for a percent sign` : '; write %% for a percent sign';
}

function literal(steps: Step[], bytes: string): void {
  const last = steps.at(-1);
  if (last?.kind === 'literal') steps[steps.length - 1] = { kind: 'literal', bytes: last.bytes + bytes };
  else steps.push({ kind: 'literal', bytes });
}

function source(step: Step, next: Step | undefined): string {
  switch (step.kind) {
    case 'literal': return step.bytes.replaceAll(/[\^$\\.*+?()[\]{}|/]/g, String.raw`\$&`);
    case 'digits': return `${step.blank ? '[\\t\\n\\f\\r ]?' : ''}(\\d${step.min === step.max ? (step.min === 1 ? '' : `{${step.min}}`) : `{${step.min},${step.max}}`})`;
    case 'monthName': case 'dayName': {
      const names = step.kind === 'monthName' ? MONTHS : WEEKDAYS;
      const short = names.map((name) => name.slice(0, 3));
      return `((?i:${[...(step.full ? names : []), ...short].join('|')}))`;
    }
    case 'fraction': return '(\\d{1,9})';
    case 'half': return '([AaPp][Mm])';
    case 'offset': return '([+-]\\d{2}:?\\d{2}|[+-]\\d{2}|[Zz])';
    case 'zone': return `([A-Za-z]{2,5}|[Zz]|[+-]\\d{4}|[+-]\\d{2})${next !== undefined && startsWith(next, /[A-Za-z]/) ? '' : '(?![A-Za-z])'}`;
    // Seconds, milliseconds, microseconds or nanoseconds, told apart by their length.
    case 'epoch': return next !== undefined && startsWith(next, /\d/) ? '(?<!\\d)(\\d{10})' : '(?<!\\d)(\\d{19}|\\d{16}|\\d{13}|\\d{10})(?!\\d)';
    default: return step satisfies never;
  }
}

/** Whether `step`, reading as much as it can, may take what `next` needs. */
function canOverreach(step: Step, next: Step | undefined): boolean {
  if (next === undefined) return false;
  switch (step.kind) {
    case 'literal': case 'half': return false;
    case 'digits': return step.min !== step.max && startsWith(next, /\d/);
    case 'fraction': case 'epoch': return startsWith(next, /\d/);
    case 'monthName': case 'dayName': return step.full && startsWith(next, /[A-Za-z]/);
    case 'offset': return startsWith(next, /[\d:]/);
    case 'zone': return startsWith(next, /[A-Za-z\d]/);
    default: return step satisfies never;
  }
}

const FIRST: Readonly<Record<Exclude<Step['kind'], 'literal'>, string>> = {
  digits: '0', fraction: '0', epoch: '0', monthName: 'A', dayName: 'A', half: 'A', offset: '+Z', zone: '+AZ',
};

/** Whether a text that `step` reads may begin with a character of the class. */
function startsWith(step: Step, characters: RegExp): boolean {
  return characters.test(step.kind === 'literal' ? step.bytes[0]! : FIRST[step.kind]);
}
