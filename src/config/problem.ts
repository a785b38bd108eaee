/** How bad it is: an error keeps something from running, a warning is ignored input, a note is worth knowing. */
export type Severity = 'error' | 'warning' | 'note';

/** A person's mistake in the config, as data. */
export interface Problem {
  readonly severity: Severity;
  readonly file: string;
  /** 1-based, or null when the file as a whole is meant. */
  readonly line: number | null;
  /** 1-based, in characters, or null when the file as a whole is meant. */
  readonly column: number | null;
  /** JSON pointer of the value or key; empty for the document. */
  readonly pointer: string;
  /** What is the matter. */
  readonly message: string;
  /** What would be right, or null where the message says it all. */
  readonly expected: string | null;
  readonly didYouMean: string | null;
  /** A note that something accepted is not run; `agent check --strict` takes it for an error. */
  readonly notRun?: true;
}

/** Where a problem is. */
export type Place = Pick<Problem, 'file' | 'line' | 'column'>;

/** What is added to a problem's message. */
export interface Advice {
  readonly expected?: string | null;
  readonly didYouMean?: string | null;
}

/** Items of a list a warning or a note is printed for, of all of which it says the same. */
const SAME_PLACES = 5;

const COLOUR: Readonly<Record<Severity, string>> = { error: '\x1b[31m', warning: '\x1b[33m', note: '\x1b[36m' };
const BOLD = '\x1b[1m';
const PLAIN = '\x1b[0m';

/** One problem as text without a final newline: place, severity, pointer and message on a line, the expectation on a second. */
export function formatProblem(problem: Problem, colour: boolean): string {
  const paint = (code: string, text: string): string => (colour ? `${code}${text}${PLAIN}` : text);
  const place = problem.line === null ? problem.file : `${problem.file}:${problem.line}:${problem.column}`;
  const pointer = problem.pointer === '' ? '' : ` ${problem.pointer}`;
  const suggestion = problem.didYouMean === null ? '' : `; did you mean "${problem.didYouMean}"?`;
  const expected = problem.expected === null ? '' : `\n    expected ${problem.expected}`;
  return `${paint(BOLD, place)} ${paint(COLOUR[problem.severity], problem.severity)}${pointer}: ${problem.message}${suggestion}${expected}`;
}

/**
 * All problems, one block each, in the order of the files and of the places inside them. A warning or a note that says the same
 * of many items of a list is printed for the first few of them; an error for each.
 */
export function formatProblems(problems: readonly Problem[], colour: boolean): string {
  const sorted = inOrder(problems);
  const followers = new Map<Problem, number>();
  const hidden = new Set<Problem>();
  for (const same of Map.groupBy(sorted, sayingOf).values()) {
    if (same[0]!.severity === 'error' || same.length <= SAME_PLACES + 1) continue;
    for (const problem of same.slice(SAME_PLACES)) hidden.add(problem);
    followers.set(same[SAME_PLACES - 1]!, same.length - SAME_PLACES);
  }
  return sorted.filter((problem) => !hidden.has(problem)).map((problem) => {
    const more = followers.get(problem);
    return `${formatProblem(problem, colour)}\n${more === undefined ? '' : `    and the same at ${more} more items\n`}`;
  }).join('');
}

/** Equal for problems that say the same of different items of a list. */
const sayingOf = ({ severity, pointer, message, expected, didYouMean }: Problem): string =>
  [severity, pointer.replaceAll(/\/\d+(?=\/|$)/g, '/*'), message, expected, didYouMean].join('\n');

/** As the files name them: files in the order they are first mentioned, each from its top. */
export function inOrder(problems: readonly Problem[]): readonly Problem[] {
  const files = [...new Set(problems.map((problem) => problem.file))];
  return problems.toSorted((a, b) => files.indexOf(a.file) - files.indexOf(b.file) || (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0));
}

/** The problems as a strict check has them: what is ignored, probably wrong, or not run is an error; other notes stay. */
export const strictly = (problems: readonly Problem[]): readonly Problem[] =>
  problems.map((problem) => (problem.severity === 'warning' || problem.notRun === true ? { ...problem, severity: 'error' } : problem));

/** `2 errors, 1 warning`, or an empty string when there is nothing to count. */
export function countProblems(problems: readonly Problem[]): string {
  const counts = (['error', 'warning', 'note'] as const).map((severity) => ({ severity, count: problems.filter((problem) => problem.severity === severity).length }));
  return counts.filter(({ count }) => count > 0).map(({ severity, count }) => `${count} ${severity}${count === 1 ? '' : 's'}`).join(', ');
}
