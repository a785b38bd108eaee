import type { Dimensions, StatsdPlan } from '../../metrics-plan.ts';
import type { Kind, Line } from './line.ts';

/** What CloudWatch takes of one metric (PutMetricData). */
const MAX_DIMENSIONS = 30;
const MAX_NAME = 255;
const MAX_DIMENSION_VALUE = 1_024;
const TYPE_DIMENSION = 'metric_type';
/** Stands for the value that a tag does not have: CloudWatch knows no dimension without one. */
const NO_VALUE = '<empty>';

export interface Naming {
  readonly name: string;
  readonly dimensions: Dimensions;
  /** Tags that found no place, or whose name CloudWatch does not take. */
  readonly leftOut: number;
}

/** Name and dimensions of a line's samples of one kind; null: no name that CloudWatch takes. */
export function namingOf({ bytes, nameFrom, nameTo, tagsFrom, tagsTo }: Line, kind: Kind, { separator, typeDimension }: Pick<StatsdPlan, 'separator' | 'typeDimension'>): Naming | null {
  const [bare, ...inName] = bytes.toString('utf8', nameFrom, nameTo).split(',');
  const name = bare!.replaceAll('.', separator);
  if (name.trim() === '' || name.length > MAX_NAME) return null;
  const dimensions = new Map<string, string>();
  for (const tag of inName) {
    const [key, value] = parted(tag, '=');
    if (value.trim() !== '') put(dimensions, key, value);
  }
  if (tagsTo > tagsFrom) {
    for (const tag of bytes.toString('utf8', tagsFrom, tagsTo).split(',')) {
      const [key, value] = parted(tag, ':');
      put(dimensions, key, value.trim() === '' ? NO_VALUE : value);
    }
  }
  // The type is what the agent says of the metric: a tag of that name yields.
  dimensions.delete(TYPE_DIMENSION);
  const given = dimensions.size;
  for (const key of dimensions.keys()) if (key.length > MAX_NAME) dimensions.delete(key);
  const most = typeDimension ? MAX_DIMENSIONS - 1 : MAX_DIMENSIONS;
  const kept = [...dimensions].sort(byName).slice(0, most);
  const typed: readonly (readonly [string, string])[] = typeDimension ? [...kept, [TYPE_DIMENSION, kind] as const].sort(byName) : kept;
  return { name, dimensions: typed, leftOut: given - kept.length };
}

const byName = ([a]: readonly [string, string], [b]: readonly [string, string]): number => (a < b ? -1 : 1);

function parted(tag: string, mark: string): readonly [string, string] {
  const at = tag.indexOf(mark);
  return at < 0 ? [tag, ''] : [tag.slice(0, at), tag.slice(at + 1)];
}

/** The last of several tags of one name is the one that counts. */
function put(dimensions: Map<string, string>, key: string, value: string): void {
  if (key.trim() !== '') dimensions.set(key, value.slice(0, MAX_DIMENSION_VALUE));
}
