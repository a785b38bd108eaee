// Relabeling: https://prometheus.io/docs/prometheus/latest/configuration/configuration/#relabel_config
import { hash } from 'node:crypto';

export const RELABEL_ACTIONS = ['replace', 'keep', 'drop', 'keepequal', 'dropequal', 'hashmod', 'labelmap', 'labeldrop', 'labelkeep', 'lowercase', 'uppercase'] as const;
export type RelabelAction = (typeof RELABEL_ACTIONS)[number];

export interface RelabelRule {
  readonly action: RelabelAction;
  readonly sourceLabels: readonly string[];
  readonly separator: string;
  /** Anchored at both ends. */
  readonly pattern: RegExp;
  readonly target: string;
  readonly replacement: string;
  readonly modulus: number;
}

const LABEL_NAME = /^[a-zA-Z_][a-zA-Z0-9_]*$/;

/** Changes `labels` after the rules; false when one of them drops what has these labels. */
export function relabel(labels: Map<string, string>, rules: readonly RelabelRule[]): boolean {
  for (const rule of rules) if (!apply(labels, rule)) return false;
  return true;
}

function apply(labels: Map<string, string>, rule: RelabelRule): boolean {
  const source = rule.sourceLabels.map((name) => labels.get(name) ?? '').join(rule.separator);
  switch (rule.action) {
    case 'keep': return rule.pattern.test(source);
    case 'drop': return !rule.pattern.test(source);
    case 'keepequal': return (labels.get(rule.target) ?? '') === source;
    case 'dropequal': return (labels.get(rule.target) ?? '') !== source;
    case 'replace': {
      const match = rule.pattern.exec(source);
      if (match === null) break;
      const target = expand(rule.target, match);
      if (LABEL_NAME.test(target)) set(labels, target, expand(rule.replacement, match));
      break;
    }
    case 'lowercase': set(labels, rule.target, source.toLowerCase()); break;
    case 'uppercase': set(labels, rule.target, source.toUpperCase()); break;
    case 'hashmod': set(labels, rule.target, String(hashModulo(source, rule.modulus))); break;
    case 'labelmap':
      for (const [name, value] of [...labels]) {
        const match = rule.pattern.exec(name);
        if (match !== null) set(labels, expand(rule.replacement, match), value);
      }
      break;
    case 'labeldrop': for (const name of [...labels.keys()]) if (rule.pattern.test(name)) labels.delete(name); break;
    case 'labelkeep': for (const name of [...labels.keys()]) if (!rule.pattern.test(name)) labels.delete(name); break;
    default: rule.action satisfies never;
  }
  return true;
}

/** A label without a value is none. */
function set(labels: Map<string, string>, name: string, value: string): void {
  if (value === '') labels.delete(name);
  else labels.set(name, value);
}

/** The lower 64 bits of the MD5 sum, so that targets fall to the same shards as with Prometheus. */
function hashModulo(text: string, modulus: number): bigint {
  return hash('md5', text, 'buffer').readBigUInt64BE(8) % BigInt(modulus);
}

/** Go's Regexp.Expand: `$1`, `$name`, `${1}`, `${name}`, `$$`. A group that does not exist, or took no part, is empty; a `$` without a name stays. */
export function expand(template: string, match: RegExpExecArray): string {
  return template.replaceAll(/\$(?:\$|(\w+)|\{(\w+)\})/g, (_, bare: string | undefined, braced: string | undefined) => {
    const name = bare ?? braced;
    if (name === undefined) return '$';
    return (/^\d+$/.test(name) ? match[Number(name)] : match.groups?.[name]) ?? '';
  });
}
