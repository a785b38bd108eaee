import type { EmfDeclarationPlan, EmfExtractionPlan } from '../../metrics-plan.ts';

/** One element of `CloudWatchMetrics`. */
export interface Directive {
  readonly Namespace: string;
  readonly Dimensions: readonly (readonly string[])[];
  readonly Metrics: readonly { readonly Name: string; readonly Unit?: string }[];
}

/** Limits of the embedded metric format. */
const MAX_METRICS = 100;
const MAX_DIMENSIONS = 30;
const MAX_NAME = 250;
const MAX_VALUE = 1_024;

interface Declaration {
  readonly plan: EmfDeclarationPlan;
  readonly matcher: RegExp;
  readonly selectors: readonly RegExp[];
}

interface Match { readonly selectors: readonly RegExp[]; readonly dimensions: readonly (readonly string[])[] }

/** `metric_declaration`: which metrics of an event CloudWatch is to make, by which dimensions. */
export class Declarations {
  readonly #plan: EmfExtractionPlan;
  readonly #declarations: readonly Declaration[];

  constructor(plan: EmfExtractionPlan) {
    this.#plan = plan;
    this.#declarations = plan.declarations.map((declaration) => ({
      plan: declaration,
      matcher: new RegExp(declaration.matcher.js, declaration.matcher.flags),
      selectors: declaration.selectors.map(({ js, flags }) => new RegExp(js, flags)),
    }));
  }

  /** The directives of an event with these labels and metrics; none when no declaration takes any. */
  directives(labels: ReadonlyMap<string, string>, metrics: readonly string[]): readonly Directive[] {
    const matches = this.#declarations.flatMap((declaration): readonly Match[] => {
      const { sourceLabels, separator, dimensions } = declaration.plan;
      if (!declaration.matcher.test(sourceLabels.map((name) => labels.get(name) ?? '').join(separator))) return [];
      const sets = dimensions.filter((names) => names.length <= MAX_DIMENSIONS && names.every((name) => name.length <= MAX_NAME && (labels.get(name)?.length ?? Infinity) <= MAX_VALUE));
      return sets.length === 0 ? [] : [{ selectors: declaration.selectors, dimensions: sets }];
    });
    const taken = ({ selectors }: Match): readonly string[] => metrics.filter((name) => selectors.some((pattern) => pattern.test(name)));
    if (!this.#plan.dedup) return matches.flatMap((match) => this.#blocks(taken(match), unique(match.dimensions)));
    const byMatches = new Map<string, { readonly names: string[]; readonly dimensions: readonly (readonly string[])[] }>();
    for (const name of metrics) {
      const takers = matches.map(({ selectors }, index) => (selectors.some((pattern) => pattern.test(name)) ? index : -1)).filter((index) => index !== -1);
      if (takers.length === 0) continue;
      const group = byMatches.get(takers.join()) ?? { names: [], dimensions: unique(takers.flatMap((index) => matches[index]!.dimensions)) };
      byMatches.set(takers.join(), group);
      group.names.push(name);
    }
    return [...byMatches.values()].flatMap(({ names, dimensions }) => this.#blocks(names, dimensions));
  }

  #blocks(names: readonly string[], dimensions: readonly (readonly string[])[]): readonly Directive[] {
    const blocks: Directive[] = [];
    for (let from = 0; from < names.length; from += MAX_METRICS) {
      const metrics = names.slice(from, from + MAX_METRICS).map((name) => (Object.hasOwn(this.#plan.units, name) ? { Name: name, Unit: this.#plan.units[name]! } : { Name: name }));
      blocks.push({ Namespace: this.#plan.namespace, Dimensions: dimensions, Metrics: metrics });
    }
    return blocks;
  }
}

/** Each set of names once, whatever their order; as it is written first. */
function unique(sets: readonly (readonly string[])[]): readonly (readonly string[])[] {
  const first = new Map<string, readonly string[]>();
  for (const names of sets.map((set) => [...new Set(set)])) {
    const key = JSON.stringify(names.toSorted());
    if (!first.has(key)) first.set(key, names);
  }
  return [...first.values()];
}
