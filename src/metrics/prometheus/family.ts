import type { FamilyKind, SampleRole } from './sample.ts';

/** What may follow the name of a family in the name of a sample. */
const SUFFIXES: readonly { readonly suffix: string; readonly role: SampleRole; readonly kinds: readonly FamilyKind[] }[] = [
  { suffix: '_bucket', role: 'bucket', kinds: ['histogram', 'gaugehistogram'] },
  { suffix: '_sum', role: 'sum', kinds: ['histogram', 'summary'] },
  { suffix: '_count', role: 'count', kinds: ['histogram', 'summary'] },
  { suffix: '_gsum', role: 'sum', kinds: ['gaugehistogram'] },
  { suffix: '_gcount', role: 'count', kinds: ['gaugehistogram'] },
  { suffix: '_created', role: 'created', kinds: ['counter', 'histogram', 'summary'] },
  { suffix: '_total', role: 'value', kinds: ['counter'] },
  { suffix: '_info', role: 'value', kinds: ['info'] },
];
const BUCKET = '_bucket';

/** Which family a sample of this name belongs to, by the TYPE lines before it. */
export function familyOf(name: string, kinds: ReadonlyMap<string, FamilyKind>): { readonly kind: FamilyKind; readonly role: SampleRole } {
  for (const { suffix, role, kinds: allowed } of SUFFIXES) {
    if (!name.endsWith(suffix)) continue;
    const kind = kinds.get(name.slice(0, -suffix.length));
    if (kind !== undefined && allowed.includes(kind)) return { kind, role };
  }
  const kind = kinds.get(name) ?? 'untyped';
  // A histogram has no sample of its own name.
  return { kind: kind === 'histogram' || kind === 'gaugehistogram' ? 'untyped' : kind, role: 'value' };
}

/** The family of a bucket; relabeling may have taken the suffix away. */
export function bucketFamily(name: string): string {
  return name.endsWith(BUCKET) ? name.slice(0, -BUCKET.length) : name;
}
