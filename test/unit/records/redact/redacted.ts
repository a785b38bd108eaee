import type { RedactRulePlan } from '../../../../src/plan.ts';
import { compilePattern, isProblem } from '../../../../src/records/pattern.ts';
import { redactText } from '../../../../src/records/redact/redact-text.ts';
import { Redaction } from '../../../../src/records/redact/redaction.ts';

export const BUILT_IN = ['secrets', 'card_numbers', 'email_addresses', 'ip_addresses'] as const;
export const MOST = 262_118;

/** A rule of a person's own. */
export function own(source: string, replacement = '***'): RedactRulePlan {
  const pattern = compilePattern(source);
  if (isProblem(pattern)) throw new Error(pattern.problem);
  return { kind: 'pattern', pattern, replacement };
}

/** A text as the rules leave it. */
export function redacted(rules: readonly (RedactRulePlan | (typeof BUILT_IN)[number])[], text: string, most = MOST): string {
  return redactText(new Redaction(rules.map((rule) => (typeof rule === 'string' ? { kind: rule } : rule)), most), text).text;
}
