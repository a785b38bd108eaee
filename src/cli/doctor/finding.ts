/** What one look of the doctor found. */
export interface Finding {
  /** What was looked at, in one or two words. */
  readonly about: string;
  readonly verdict: 'ok' | 'note' | 'warning' | 'failed';
  readonly what: string;
  /** The next step: a sentence, a command, or a policy statement. Null where nothing is to be done. */
  readonly next: string | null;
}

const MARKS = { ok: 'ok', note: 'note', warning: 'warning', failed: 'FAILED' } as const satisfies Record<Finding['verdict'], string>;
const MARK_WIDTH = 9;
const ABOUT_WIDTH = 15;

export const ok = (about: string, what: string): Finding => ({ about, verdict: 'ok', what, next: null });
export const note = (about: string, what: string, next: string | null = null): Finding => ({ about, verdict: 'note', what, next });
export const warning = (about: string, what: string, next: string): Finding => ({ about, verdict: 'warning', what, next });
export const failed = (about: string, what: string, next: string): Finding => ({ about, verdict: 'failed', what, next });

/** One line a finding, and its next step below it. */
export function findingText({ about, verdict, what, next }: Finding): string {
  const indent = ' '.repeat(MARK_WIDTH + ABOUT_WIDTH);
  const step = next === null ? '' : next.split('\n').map((line, index) => `${indent}${index === 0 ? '→ ' : '  '}${line}\n`).join('');
  return `${MARKS[verdict].padEnd(MARK_WIDTH)}${about.padEnd(ABOUT_WIDTH)}${what}\n${step}`;
}
