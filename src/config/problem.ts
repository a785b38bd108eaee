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
/** Problems that are shown at once: more than is mended in one go, and less than a terminal keeps. */
const MOST_SHOWN = 100;
/** From the worst on. */
const SEVERITIES = ['error', 'warning', 'note'] as const satisfies readonly Severity[];

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

/** One problem that is shown, and how many more say the same of other items of its list. */
interface Shown { readonly problem: Problem; readonly alike: number }

/** Of many problems those that a person is shown. */
export interface ShownProblems {
  readonly shown: readonly Shown[];
  /** How many are not, and of what kind; null: all are. */
  readonly left: string | null;
}

/**
 * All problems, in the order of the files and of the places inside them. A warning or a note that says the same
 * of many items of a list is shown for the first few of them. Of more than a hundred the worst are shown, and of these some of each file.
 */
export function shownProblems(problems: readonly Problem[]): ShownProblems {
  const all = folded(inOrder(problems));
  if (all.length <= MOST_SHOWN) return { shown: all, left: null };
  const turns = new Map<string, number>();
  const ranked = all.map((one) => {
    const { severity, file } = one.problem;
    const turn = turns.get(`${severity} ${file}`) ?? 0;
    turns.set(`${severity} ${file}`, turn + 1);
    return { one, rank: SEVERITIES.indexOf(severity), turn };
  });
  const chosen = new Set(ranked.toSorted((a, b) => a.rank - b.rank || a.turn - b.turn).slice(0, MOST_SHOWN).map(({ one }) => one));
  const left = all.filter((one) => !chosen.has(one));
  const files = new Set(left.map(({ problem }) => problem.file)).size;
  return { shown: all.filter((one) => chosen.has(one)), left: `and ${left.reduce((sum, { alike }) => sum + 1 + alike, 0)} more${files === 1 ? '' : ` in ${files} files`}: ${countShown(left)}` };
}

function folded(sorted: readonly Problem[]): readonly Shown[] {
  const alike = new Map<Problem, number>();
  const hidden = new Set<Problem>();
  for (const same of Map.groupBy(sorted, sayingOf).values()) {
    if (same[0]!.severity === 'error' || same.length <= SAME_PLACES + 1) continue;
    for (const problem of same.slice(SAME_PLACES)) hidden.add(problem);
    alike.set(same[SAME_PLACES - 1]!, same.length - SAME_PLACES);
  }
  return sorted.filter((problem) => !hidden.has(problem)).map((problem) => ({ problem, alike: alike.get(problem) ?? 0 }));
}

/** What a person is shown of all problems, one block each. @param all where the others are, in words */
export function formatProblems(problems: readonly Problem[], colour: boolean, all: string | null = null): string {
  const { shown, left } = shownProblems(problems);
  const blocks = shown.map(({ problem, alike }) => `${formatProblem(problem, colour)}\n${alike === 0 ? '' : `    and the same at ${alike} more items\n`}`);
  return `${blocks.join('')}${left === null ? '' : `${left}${all === null ? '' : `; ${all}`}\n`}`;
}

/** Equal for problems that say the same of different items of a list. */
const sayingOf = ({ severity, pointer, message, expected, didYouMean }: Problem): string =>
  [severity, pointer.replaceAll(/\/\d+(?=\/|$)/g, '/*'), message, expected, didYouMean].join('\n');

/** As the files name them: files in the order they are first mentioned, each from its top. */
export function inOrder(problems: readonly Problem[]): readonly Problem[] {
  const files = new Map([...new Set(problems.map((problem) => problem.file))].map((file, index) => [file, index]));
  return problems.toSorted((a, b) => files.get(a.file)! - files.get(b.file)! || (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0));
}

/** The problems as a strict check has them: what is ignored, probably wrong, or not run is an error; other notes stay. */
export const strictly = (problems: readonly Problem[]): readonly Problem[] =>
  problems.map((problem) => (problem.severity === 'warning' || problem.notRun === true ? { ...problem, severity: 'error' } : problem));

/** `2 errors, 1 warning`, or an empty string when there is nothing to count. */
export const countProblems = (problems: readonly Problem[]): string => countShown(problems.map((problem) => ({ problem, alike: 0 })));

function countShown(shown: readonly Shown[]): string {
  const counts = SEVERITIES.map((severity) => ({ severity, count: shown.reduce((sum, { problem, alike }) => sum + (problem.severity === severity ? 1 + alike : 0), 0) }));
  return counts.filter(({ count }) => count > 0).map(({ severity, count }) => `${count} ${severity}${count === 1 ? '' : 's'}`).join(', ');
}
