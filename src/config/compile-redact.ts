import type { RedactRulePlan } from '../plan.ts';
import { PatternCompiler } from './compile-framing.ts';
import type { Logs } from './generated/document.generated.ts';
import type { Reporter } from './reporter.ts';

const DEFAULT_REPLACEMENT = '***';

/** The rules under `logs`; null if one is wrong (and reported): without it, nothing that it is for may be sent. */
export function compileSharedRedact({ redact = [] }: Logs, report: Reporter): readonly RedactRulePlan[] | null {
  const rules = compileRedact(redact, '/logs/redact', new PatternCompiler(report), report);
  return rules.length === redact.length ? rules : null;
}

/** The rules of one list, in its order; a wrong pattern is reported, and whatever the list is for must not run without it. */
export function compileRedact(list: NonNullable<Logs['redact']>, pointer: string, patterns: PatternCompiler, report: Reporter): readonly RedactRulePlan[] {
  return list.flatMap((rule, index): RedactRulePlan[] => {
    if (typeof rule === 'string') return [{ kind: rule }];
    const here = `${pointer}/${index}/pattern`;
    const pattern = patterns.compile(rule.pattern, here);
    if (pattern === null) return [];
    if (new RegExp(pattern.js, pattern.flags).test('')) report.warning(here, 'the pattern matches an empty text too, of which nothing is replaced');
    return [{ kind: 'pattern', pattern, replacement: rule.replacement ?? DEFAULT_REPLACEMENT }];
  });
}
