import { SELF_FIELDS } from '../metrics-plan.ts';
import type { Reading } from '../metrics/sampler.ts';

/** Media type of the text exposition format. */
export const PAGE_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

const quoted = (value: string): string => `"${value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`;

/** What the agent says of itself in the text format of Prometheus: what grows from the start on is a counter and ends in `_total`. */
export function selfPage(readings: readonly Reading[]): string {
  const blocks: string[] = [];
  for (const [field, kind] of Object.entries(SELF_FIELDS)) {
    const counts = 'delta' in kind;
    const name = `unified_agent_${field}${counts ? '_total' : ''}`;
    const samples = readings.flatMap(({ dimensions, values }) => {
      const value = values[field];
      if (value === undefined) return [];
      const labels = dimensions.map(([label, text]) => `${label}=${quoted(text)}`).join(',');
      return `${name}${labels === '' ? '' : `{${labels}}`} ${value}`;
    });
    if (samples.length > 0) blocks.push(`# TYPE ${name} ${counts ? 'counter' : 'gauge'}\n${samples.join('\n')}\n`);
  }
  return blocks.join('');
}
