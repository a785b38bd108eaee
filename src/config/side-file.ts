import type { Problem } from './problem.ts';

/**
 * What a file beside the config adds to the environment of the agent. The values may be secrets (the password of a proxy):
 * no problem names one.
 */
export interface SideFile {
  readonly variables: Readonly<Record<string, string>>;
  readonly problems: readonly Problem[];
}

/** A problem without a pointer: these files are no part of the document. */
export function sideProblem(severity: Problem['severity'], file: string, at: { readonly line: number; readonly column: number } | null, message: string, expected: string | null = null): Problem {
  return { severity, file, line: at?.line ?? null, column: at?.column ?? null, pointer: '', message, expected, didYouMean: null };
}
