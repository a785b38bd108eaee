import { setTimeout as delay } from 'node:timers/promises';
import type { Environment } from '../aws/connection.ts';
import type { Network } from '../aws/network.ts';
import type { NotReplayed, ReplayReceipt, ReplayRequest } from '../control/replay-document.ts';
import type { ByteRange } from '../delivery/line-removal.ts';
import type { Quarantine } from '../delivery/quarantine.ts';
import { isSelected, quarantined } from '../delivery/quarantined.ts';
import { replayTo } from '../delivery/replay.ts';
import type { Replayed } from '../delivery/replay.ts';
import type { Destination } from '../flow.ts';
import type { Plan, ServicePlan } from '../plan.ts';
import type { Report } from '../report/report.ts';
import { Services } from './services.ts';

export interface ReplayingContext {
  readonly plan: Plan;
  /** Where events go at present: with the class, key and tags of their groups. */
  readonly destinations: Iterable<Destination>;
  readonly quarantine: Quarantine;
  readonly env: Environment;
  readonly network: Network;
  readonly report: Report;
  /** Lets go of the request under way. */
  readonly abandon: AbortSignal;
}

/** Messages held at a time, bytes as they lie in the file. */
const ROUND_BYTES = 8 << 20;
/** Kinds of refusal that are told apart. */
const MOST_KINDS = 1_000;

/**
 * Sends what lies in quarantine again. A line is removed only after the service has taken it; a crash before that sends it twice.
 * What is not taken stays where it is. Throws the system's error where the files cannot be read.
 */
export async function replayQuarantine(c: ReplayingContext, request: ReplayRequest): Promise<ReplayReceipt> {
  const until = performance.now() + request.deadlineMs;
  const left = new Map<string, NotReplayed>();
  const accepted = new Map<string, { readonly path: string; readonly mark: string; readonly lines: ByteRange[] }>();
  let [matched, sent] = [0, 0];
  const note = ({ record: { group, stream } }: Replayed, reason: string): void => {
    const key = left.size < MOST_KINDS ? JSON.stringify([group, stream, reason]) : 'others';
    const kind = left.get(key) ?? { group, stream, reason, events: 0 };
    left.set(key, { ...kind, events: kind.events + 1 });
  };
  using ways = new Ways(c);
  const sendAll = async (lines: readonly Replayed[]): Promise<void> => {
    for (const some of Map.groupBy(lines, ({ record: { group, stream, service } }) => JSON.stringify([group, stream, service ?? null])).values()) {
      const way = ways.of(some[0]!.record);
      if (way === null) { for (const line of some) note(line, `no entry of the config delivers to ${some[0]!.record.service}`); continue; }
      await replayTo(way.destination, some, {
        endpoint: way.endpoint, clamp: request.clamp, now: Date.now, random: Math.random,
        pause: async (ms) => {
          const time = Math.min(ms, until - performance.now());
          if (time > 0) await delay(time, undefined, { signal: c.abandon }).catch(() => undefined);
          return performance.now() < until && !c.abandon.aborted;
        },
      }, (line, refusal) => {
        if (refusal !== null) { note(line, refusal); return; }
        sent++;
        const { path, mark, from, to } = line;
        const key = `${path} ${mark}`;
        const file = accepted.get(key) ?? { path, mark, lines: [] };
        accepted.set(key, file);
        file.lines.push({ from, to });
      });
    }
  };
  c.quarantine.flush();
  let [round, bytes]: [Replayed[], number] = [[], 0];
  let notRemoved: string | null = null;
  try {
    for await (const line of quarantined(c.quarantine.directory)) {
      const { record } = line;
      if (record === null || !isSelected(request, record)) continue;
      matched++;
      round.push({ ...line, record });
      bytes += line.to - line.from;
      if (bytes < ROUND_BYTES) continue;
      await sendAll(round);
      [round, bytes] = [[], 0];
    }
    await sendAll(round);
  } finally {
    try {
      for (const { path, mark, lines } of accepted.values()) c.quarantine.remove(path, mark, lines);
    } catch (error) {
      notRemoved = (error as Error).message;
    }
  }
  return { matched, sent, left: [...left.values()].toSorted((a, b) => b.events - a.events), notRemoved };
}

/** Clients of its own: what is sent again takes no request slot of what is sent first. */
class Ways implements Disposable {
  readonly #c: ReplayingContext;
  readonly #known: readonly Destination[];
  readonly #services: Services;

  constructor(c: ReplayingContext) {
    const { plan: { delivery }, env, network, report, abandon } = c;
    this.#c = c;
    this.#known = [...c.destinations];
    this.#services = new Services([], { delivery, env, network, report, abandon, random: Math.random });
  }

  /** Null: the service it was for is in no entry any more. */
  of({ group, stream, service: label = null }: { readonly group: string; readonly stream: string; readonly service?: string | null }): { readonly destination: Destination; readonly endpoint: ReturnType<Services['of']>['endpoint'] } | null {
    const destination = this.#known.find((known) => known.group === group && known.stream === stream && known.service.label === label) ?? this.#bare(group, stream, label);
    return destination === null ? null : { destination, endpoint: this.#services.of(destination.service).endpoint };
  }

  [Symbol.dispose](): void { this.#services.destroy(); }

  #bare(group: string, stream: string, label: string | null): Destination | null {
    const { plan } = this.#c;
    const service: ServicePlan | undefined = label === null ? plan.service : plan.entries.find((entry) => entry.service.label === label)?.service;
    return service === undefined ? null : { service, group, stream, groupClass: null, retentionDays: null, kmsKeyId: null, tags: {}, entity: null };
  }
}
