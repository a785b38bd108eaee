// The page of `agent endpoint`.
import { Frame } from '../shared/frame.ts';
import { showFaults } from './faults.ts';
import { showLogs } from './logs.ts';
import { showMetrics } from './metrics.ts';
import { showParameters } from './parameters.ts';
import { showRequests } from './requests.ts';
import { showTail } from './tail.ts';

// A token that opened the page stays neither in the address nor in the history.
if (location.search !== '') history.replaceState(null, '', location.pathname + location.hash);

const frame = new Frame('local endpoint', [
  { name: 'logs', title: 'Logs', show: showLogs },
  { name: 'tail', title: 'Live tail', show: showTail },
  { name: 'metrics', title: 'Metrics', show: showMetrics },
  { name: 'requests', title: 'Requests', show: showRequests },
  { name: 'faults', title: 'Faults', show: showFaults },
  { name: 'parameters', title: 'Parameters', show: showParameters },
]);
frame.answers(null);
