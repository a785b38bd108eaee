import type { Operations } from '../call.ts';
import { filterLogEvents } from './filter-log-events.ts';
import { getLogEvents } from './get-log-events.ts';
import { groupOperations } from './groups.ts';
import { putLogEvents } from './put-log-events.ts';
import type { LogStore } from './store.ts';
import { streamOperations } from './streams.ts';
import { testMetricFilter } from './test-metric-filter.ts';

/** CloudWatch Logs by operation name. */
export function logsOperations(store: LogStore): Operations {
  return {
    ...groupOperations(store),
    ...streamOperations(store),
    PutLogEvents: putLogEvents(store),
    GetLogEvents: getLogEvents(store),
    FilterLogEvents: filterLogEvents(store),
    TestMetricFilter: testMetricFilter,
  };
}
