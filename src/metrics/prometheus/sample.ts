/** What a metric family is, after its TYPE line. `untyped`: it has none, or says `unknown`. */
export type FamilyKind = 'counter' | 'gauge' | 'summary' | 'histogram' | 'gaugehistogram' | 'info' | 'stateset' | 'untyped';

/** What a sample is in its family. `value`: the family's own; `created`: epoch seconds at which a series began. */
export type SampleRole = 'value' | 'bucket' | 'sum' | 'count' | 'created';

/** One line of an exposition. */
export interface Sample {
  readonly name: string;
  /** Without `__name__`. */
  readonly labels: ReadonlyMap<string, string>;
  readonly value: number;
  /** Epoch milliseconds as the target gives them, or null. */
  readonly time: number | null;
  readonly kind: FamilyKind;
  readonly role: SampleRole;
}

/** A text that is the same for the same labels, and for no others. `without` is left out. */
export function signature(labels: ReadonlyMap<string, string>, without?: string): string {
  const names = [...labels.keys()].sort();
  let text = '';
  for (const name of names) {
    const value = labels.get(name)!;
    if (name !== without) text += `${name.length}:${name}${value.length}:${value}`;
  }
  return text;
}
