import type { Faults } from './faults.ts';
import type { FaultSpec } from './fault-spec.ts';
import type { LogStore } from './logs/store.ts';
import type { EmfExtraction } from './metrics/emf.ts';
import type { MetricStore } from './metrics/store.ts';
import type { RequestLog } from './request-log.ts';
import { errorAnswer } from './wire/answer.ts';
import type { Answer } from './wire/answer.ts';

export interface AdminParts { readonly faults: Faults; readonly requests: RequestLog; readonly store: LogStore; readonly metrics: MetricStore; readonly emf: EmfExtraction }

function page(value: unknown): Answer {
  return { status: 200, body: `${JSON.stringify(value, null, 2)}\n`, headers: { 'content-type': 'application/json' } };
}

function requestsPage({ requests, store, metrics, emf }: AdminParts): Answer {
  const { events, wireBytes, inFlight, maxInFlight } = requests;
  return page({
    operations: requests.counts(), events, wireBytes, inFlight, maxInFlight,
    stored: { events: store.count(), bytes: store.bytes, evicted: store.evicted },
    metrics: { series: metrics.size, datums: metrics.held, evicted: metrics.evicted, emf: emf.counters },
    recent: requests.recent,
  });
}

function addFaults({ faults }: AdminParts, body: Buffer): Answer {
  let value: unknown;
  try {
    value = JSON.parse(body.toString());
  } catch {
    return { status: 400, body: '{"__type":"ValidationException","message":"POST /_faults takes one fault as JSON, or an array of them"}\n', headers: { 'content-type': 'application/json' } };
  }
  const specs = (Array.isArray(value) ? value : [value]) as FaultSpec[];
  try {
    return page({ ids: specs.map((spec) => faults.add(spec)) });
  } catch (error) {
    return errorAnswer(error, '1.1');
  }
}

/**
 * The pages of this server that AWS does not have: `GET /_requests`, `GET|POST|DELETE /_faults`, `DELETE /_faults/<id>`.
 * Null for any other path.
 */
export function adminAnswer(parts: AdminParts, method: string, path: string, body: Buffer): Answer | null {
  if (path === '/_requests' && method === 'GET') return requestsPage(parts);
  if (path === '/_requests' && method === 'DELETE') {
    parts.requests.clear();
    return page({});
  }
  if (path === '/_faults' && method === 'GET') return page(parts.faults.list());
  if (path === '/_faults' && method === 'POST') return addFaults(parts, body);
  if (path === '/_faults' && method === 'DELETE') {
    parts.faults.clear();
    return page({});
  }
  const id = /^\/_faults\/(\d+)$/.exec(path)?.[1];
  if (id !== undefined && method === 'DELETE') {
    return parts.faults.remove(Number(id)) ? page({}) : { status: 404, body: `{"message":"There is no fault ${id}; GET /_faults lists them"}\n`, headers: { 'content-type': 'application/json' } };
  }
  return null;
}
