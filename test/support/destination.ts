import type { Destination } from '../../src/flow.ts';
import { serviceAt } from './plan-for.ts';

/** A stream with nothing particular about it, by default `s` of the group `g`. */
export const destinationFor = (group = 'g', stream = 's'): Destination =>
  ({ service: serviceAt(null), group, stream, groupClass: null, retentionDays: null, kmsKeyId: null, tags: {}, entity: null });
