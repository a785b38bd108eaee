import type { Operations } from '../call.ts';
import { filterLogEvents } from './filter-log-events.ts';
import { getLogEvents } from './get-log-events.ts';
import { groupOperations } from './groups.ts';
import { putLogEvents } from './put-log-events.ts';
import type { LogStore } from './store.ts';
import { streamOperations } from './streams.ts';
import { testMetricFilter } from './test-metric-filter.ts';

/** CloudWatch Logs by operation name. `written` resolves when what was stored so far is on disk. */
export function logsOperations(store: LogStore, written: () => Promise<void>): Operations {
  return {
    ...groupOperations(store),
    ...streamOperations(store),
    PutLogEvents: putLogEvents(store, written),
    GetLogEvents: getLogEvents(store),
    FilterLogEvents: filterLogEvents(store),
    TestMetricFilter: testMetricFilter,
  };
}
