import { characterFault, groupFault, GROUP_RULE, legalPart, streamFault, STREAM_RULE } from '../naming/legal-name.ts';
import type { NameKind } from '../naming/legal-name.ts';
import { joined, nameOf } from '../naming/template.ts';
import type { NamePart, NameTemplate, PatternPlan } from '../plan.ts';
import { expanded } from './compile-service.ts';
import { nearest } from './nearest.ts';
import { ALL_PLACEHOLDERS, meaningOf, type Environment, type HostFacts } from './placeholders.ts';
import type { Reporter } from './reporter.ts';
import { tokensOf, type Placeholder } from './template-text.ts';

/** What names are filled in with. */
export interface FillContext {
  readonly facts: HostFacts;
  readonly region: string;
  readonly env: Environment;
  readonly report: Reporter;
}

/** Where a name is written, and of what it is one. */
export interface NamePlace { readonly kind: NameKind; readonly pointer: string }

const ruleOf = (kind: NameKind): string => (kind === 'group' ? GROUP_RULE : STREAM_RULE);
const text = (value: string): NamePart => ({ kind: 'text', text: value });

/**
 * A name as written, with its environment variables and all placeholders of the host filled in; what depends on the file
 * or the event stays open. Null when something is wrong with it, which is reported.
 */
export function compileName(written: string, place: NamePlace, context: FillContext): NameTemplate | null {
  const { kind, pointer } = place;
  const { report } = context;
  const source = expanded(written, context.env, pointer, report);
  if (source === null) return null;
  const parts: NamePart[] = [];
  let wrong = false;
  for (const token of tokensOf(source)) {
    const part = token.kind === 'text' ? text(token.text) : token.kind === 'brace' ? strayBrace(token.column, pointer, report) : filled(token, place, context);
    if (part === null) wrong = true; else parts.push(part);
  }
  if (wrong) return null;
  const template = joined(parts);
  const fault = templateFault(template, kind);
  if (fault !== null) report.error(pointer, fault, { expected: ruleOf(kind) });
  return fault === null ? template : null;
}

/** A name as it is, which is an error if the service would refuse it. */
export function isLegalName(name: string, { kind, pointer }: NamePlace, report: Reporter): boolean {
  const fault = (kind === 'group' ? groupFault : streamFault)(name);
  if (fault !== null) report.error(pointer, fault, { expected: ruleOf(kind) });
  return fault === null;
}

function templateFault(template: NameTemplate, kind: NameKind): string | null {
  if (template.every((part) => part.kind === 'text')) return (kind === 'group' ? groupFault : streamFault)(template.map((part) => part.text).join(''));
  for (const part of template) {
    const literal = part.kind === 'text' ? part.text : part.kind === 'capture' ? part.fallback : null;
    const fault = literal === null ? null : characterFault(literal, kind);
    if (fault !== null) return fault;
  }
  const [first] = template;
  return kind === 'group' && first?.kind === 'text' && first.text.startsWith('aws/') ? groupFault(first.text) : null;
}

function strayBrace(column: number, pointer: string, report: Reporter): null {
  report.error(pointer, `the brace at character ${column} belongs to no placeholder`, { expected: 'placeholders such as {hostname} or {tag:Name|plain text}, and no other braces' });
  return null;
}

/** What stands in the place of a placeholder; null when nothing can, which is reported. */
function filled(token: Placeholder, { kind, pointer }: NamePlace, { facts, region, env, report }: FillContext): NamePart | null {
  const { written, fallback } = token;
  if (fallback === '') {
    report.error(pointer, `${written} has an empty fallback`, { expected: 'some text behind the |, or no |' });
    return null;
  }
  const meaning = meaningOf(token, facts, region, env);
  switch (meaning.kind) {
    case 'value': return text(legalPart(meaning.value, kind));
    case 'path': case 'capture': return meaning;
    case 'date':
      if (kind === 'stream') return meaning;
      if (meaning.field === 'date') {
        report.note(pointer, 'in the name of a group {date} is the day on which the config is loaded; in the name of a stream it is the day of each event');
        return text(facts.date);
      }
      report.error(pointer, `${written} is known of each event, and the events of a file have one group`, { expected: `${written} in log_stream_name` });
      return null;
    case 'unknown':
      if (fallback !== null) return text(fallback);
      if (meaning.standIn !== null) {
        report.warning(pointer, `${written} ${meaning.why}; "${meaning.standIn}" is used`);
        return text(meaning.standIn);
      }
      report.error(pointer, `${written}: ${meaning.why}`, { expected: [meaning.remedy, `a text to use instead: ${written.slice(0, -1)}|TEXT}`].filter((way) => way !== null).join(', or ') });
      return null;
    case 'no placeholder':
      report.error(pointer, `${written} is no placeholder`, { didYouMean: meaning.didYouMean, expected: meaning.didYouMean === null ? `one of ${ALL_PLACEHOLDERS}` : null });
      return null;
    default: return meaning satisfies never;
  }
}

/**
 * Holds the captures of a template against the entry's path_pattern. What the pattern has no group for becomes its
 * fallback; without one it is an error at `pointer`, and null.
 */
export function withCaptures(template: NameTemplate, pattern: PatternPlan | null, place: NamePlace, report: Reporter): NameTemplate | null {
  const groups = pattern === null ? [] : groupsOf(pattern);
  const parts: NamePart[] = [];
  let wrong = false;
  for (const part of template) {
    if (part.kind !== 'capture') { parts.push(part); continue; }
    const group = scriptName(part.group);
    if (groups.includes(group)) { parts.push({ ...part, group }); continue; }
    if (part.fallback === null) {
      wrong = true;
      reportMissing(part.group, pattern, groups, place, report);
      continue;
    }
    if (pattern !== null) report.warning(place.pointer, `path_pattern has no group ${part.group}, so {path:${part.group}} is always "${part.fallback}"`, { didYouMean: nearest(part.group, groups) });
    parts.push(text(part.fallback));
  }
  return wrong ? null : joined(parts);
}

function reportMissing(group: string, pattern: PatternPlan | null, groups: readonly string[], { pointer }: NamePlace, report: Reporter): void {
  const other = `{path:${group}|TEXT}`;
  if (pattern === null) report.error(pointer, `{path:${group}} is what path_pattern finds in the path, and the entry has none`, { expected: `"path_pattern" with a group (?P<${/^\d/.test(group) ? 'NAME' : group}>…), or ${other}` });
  else report.error(pointer, `path_pattern ${pattern.source} has no group ${group}`, { expected: `a group (?P<NAME>…) of it, or ${other}`, didYouMean: nearest(group, groups) });
}

/** A group name may begin with a digit in RE2, not in the translation. */
const scriptName = (group: string): string => (/^\d+[^\d]/.test(group) ? `_${group}` : group);

/** Numbers and names of a pattern's groups; 0 is all that it finds. */
function groupsOf({ js, flags }: PatternPlan): readonly string[] {
  // An alternative that is empty matches anything, and says which groups there are.
  const found = new RegExp(`${js}|`, flags).exec('')!;
  return [...found.keys().map(String), ...Object.keys(found.groups ?? {})];
}

/** The name, if the template is one already. */
export const fixedName = (template: NameTemplate): string | null => (template.every(({ kind }) => kind === 'text') ? nameOf(template, null) : null);
