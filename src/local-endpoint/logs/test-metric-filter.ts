import type { Operation } from '../call.ts';
import { parseFilterPattern } from '../pattern/filter-pattern.ts';
import { Shape } from '../wire/shape.ts';

/** TestMetricFilter: which of up to 50 messages a pattern matches. Events are numbered from 1. */
export const testMetricFilter: Operation = (input) => {
  const shape = new Shape(input);
  const pattern = shape.string('filterPattern', { required: true, max: 1024 }) ?? '';
  const messages = shape.strings('logEventMessages', { required: true, min: 1, max: 50 }, { min: 1 }) ?? [];
  shape.check();
  const compiled = parseFilterPattern(pattern);
  const matches = messages.flatMap((eventMessage, i) => (compiled.matches(eventMessage) ? [{ eventNumber: i + 1, eventMessage, extractedValues: compiled.extract(eventMessage) }] : []));
  return { matches };
};
