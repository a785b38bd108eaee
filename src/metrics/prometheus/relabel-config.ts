import type { PatternPlan } from '../../plan.ts';
import { RELABEL_ACTIONS } from './relabel.ts';
import type { RelabelAction, RelabelRule } from './relabel.ts';
import type { Section } from './yaml-section.ts';

/** Translates RE2 syntax, or says why not: `compilePattern` of records/. */
export type CompilePattern = (source: string) => PatternPlan | { readonly problem: string };

const LABEL_NAME = /^[a-zA-Z_][a-zA-Z0-9_]*$/;
/** Actions that write to, or look at, `target_label`. */
const WITH_TARGET: ReadonlySet<RelabelAction> = new Set(['replace', 'hashmod', 'lowercase', 'uppercase', 'keepequal', 'dropequal']);
const isAction = (text: string): text is RelabelAction => (RELABEL_ACTIONS as readonly string[]).includes(text);

/** The list of rules of that name; throws ConfigFault. */
export function readRules(job: Section, name: string, compile: CompilePattern): readonly RelabelRule[] {
  return job.sections(name).map((section) => readRule(section, compile));
}

function readRule(section: Section, compile: CompilePattern): RelabelRule {
  const action = section.text('action')?.toLowerCase() || 'replace';
  if (!isAction(action)) throw section.fault('action', `"${action}" is none of ${RELABEL_ACTIONS.join(', ')}`);
  const source = section.text('regex') ?? '(.*)';
  const target = section.text('target_label') ?? '';
  const modulus = section.whole('modulus', 0);
  const rule = {
    action, target, modulus, sourceLabels: section.texts('source_labels'), separator: section.text('separator') ?? ';',
    replacement: section.text('replacement') ?? '$1', pattern: anchored(source, section, compile),
  };
  if (WITH_TARGET.has(action) && target === '') throw section.fault('target_label', `is missing: "${action}" needs it`);
  if (WITH_TARGET.has(action) && action !== 'replace' && !LABEL_NAME.test(target)) throw section.fault('target_label', `"${target}" is no label name`);
  if (action === 'hashmod' && modulus === 0) throw section.fault('modulus', 'should be above 0 for hashmod');
  const unknown = section.unread()[0];
  if (unknown !== undefined) throw section.fault(unknown, 'is no setting of a relabel rule');
  return rule;
}

/** The pattern for a whole text; `.` is any character, as with Prometheus. */
function anchored(source: string, section: Section, compile: CompilePattern): RegExp {
  // Alone first: around "a)|(b" the anchors would close what it leaves open.
  const alone = compile(source);
  const whole = 'problem' in alone ? alone : compile(`^(?s:${source})$`);
  if ('problem' in whole) throw section.fault('regex', `is not taken: ${whole.problem}`);
  return new RegExp(whole.js, whole.flags);
}
