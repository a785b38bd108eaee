import { STATUS_VERSION } from '../control/status-document.ts';
import type { ConfigStatus, CountersStatus, DestinationStatus, EntryStatus, FileStatus, JournalStatus, Listed, MetricsStatus, SkippedStatus, StatusDocument } from '../control/status-document.ts';
import type { Lane } from '../delivery/lane.ts';
import type { Agent } from './agent.ts';
import { timeOf } from '../journald/cursor.ts';
import type { Generation } from './generation.ts';
import type { JournalPipeline } from './journald/journal-pipeline.ts';
import type { LogPipeline } from './log-pipeline.ts';

/** Items of each list at most: with 10,000 the document stays below 5 MB and is made in some 30 ms. */
const MOST_LISTED = 10_000;
const MOST_SKIPPED = 1_000;

/**
 * What the agent does now, as plain JSON; problems and the largest lags come first in the lists. One look at each file
 * listed, nothing else of the disk. `version` is the agent's own; `config` is what its keeper says.
 */
export function statusOf(agent: Agent, version: string, config: ConfigStatus): StatusDocument {
  const now = Date.now();
  const { report, plan, quarantine } = agent;
  return {
    statusVersion: STATUS_VERSION,
    at: now,
    agent: {
      version,
      pid: process.pid,
      startedAt: agent.startedAt,
      uptimeMs: now - agent.startedAt,
      stateDirectory: agent.stateDirectory,
      rssBytes: process.memoryUsage.rss(),
      budgetUsedBytes: agent.budget?.used ?? 0,
      budgetLimitBytes: plan.delivery.budgetBytes,
      openFiles: agent.openFiles,
    },
    config,
    entries: agent.pipelines.map(entryStatus),
    disabled: plan.disabled.map(({ pointer, pattern, reason }) => ({ pointer, pattern, reason })),
    files: filesOf(agent.pipelines, now),
    journals: agent.journals.map((journal) => journalStatus(journal, now)),
    skipped: skippedOf(agent.pipelines),
    destinations: destinationsOf(agent.lanes),
    counters: countersOf(agent),
    metrics: metricsOf(agent),
    listeners: agent.metrics?.listeners ?? [],
    emf: agent.emf?.status ?? null,
    quarantine: quarantine === null ? null : (({ events, bytes, rotatedEvents, lostEvents, replayedEvents }) => ({ events, bytes, rotatedEvents, lostEvents, replayedEvents }))(quarantine.counters),
    troubles: report.troubles.toSorted((a, b) => b.since - a.since),
    stalls: agent.stalls,
    checkpointTrouble: agent.store?.trouble ?? null,
  };
}

function metricsOf({ metrics, plan }: Agent): MetricsStatus | null {
  const delivery = metrics?.delivery ?? null;
  if (metrics === null || delivery === null || plan.metrics === null) return null;
  const { status: { state, lastError, held, distinct }, counters } = delivery;
  return {
    state, lastError, namespace: plan.metrics.namespace, heldDatums: held.datums, heldBytes: held.bytes,
    deliveredDatums: counters.delivered, requests: counters.requests,
    dropped: [...counters.dropped].map(([reason, { datums }]) => ({ reason, datums })),
    skippedSamples: metrics.skippedSamples, distinctMetrics: distinct,
  };
}

function entryStatus(pipeline: LogPipeline): EntryStatus {
  const { key, pointer, pattern } = pipeline.entry;
  return { key, pointer, pattern, files: [...pipeline.generations].length, skipped: skippedPaths(pipeline).size };
}

/** By name and by content; a path that is skipped for both is one. */
function skippedPaths(pipeline: LogPipeline): ReadonlyMap<string, string> {
  return new Map([...pipeline.skippedByName, ...pipeline.skipped]);
}

function skippedOf(pipelines: readonly LogPipeline[]): Listed<SkippedStatus> {
  const all = pipelines.flatMap((pipeline) => [...skippedPaths(pipeline)].map(([path, reason]) => ({ path, entry: pipeline.entry.key, reason })));
  all.sort((a, b) => (a.path < b.path ? -1 : 1));
  return { total: all.length, list: all.slice(0, MOST_SKIPPED) };
}

function filesOf(pipelines: readonly LogPipeline[], now: number): Listed<FileStatus> {
  const lag = (g: Generation): number => g.contentEnd(g.file.size) - g.safe.offset;
  const all = pipelines.flatMap((pipeline) => [...pipeline.generations].map((generation) => ({ generation, entry: pipeline.entry.key })));
  all.sort(({ generation: a }, { generation: b }) => rank(a.file.fault) - rank(b.file.fault) || lag(b) - lag(a) || (a.path < b.path ? -1 : 1));
  return { total: all.length, list: all.slice(0, MOST_LISTED).map(({ generation, entry }) => fileStatus(generation, entry, now)) };
}

const rank = (fault: string | null): number => (fault === null ? 1 : 0);

function fileStatus(g: Generation, entry: string, now: number): FileStatus {
  const { offset, safe, path, lastAckAt } = g;
  const { attachment, fault: lastError } = g.file;
  const size = Math.max(g.file.sizeNow(), offset);
  const { group, stream } = g.outlet.destinationAt(now);
  return { path, entry, size, offset, safeOffset: safe.offset, lagBytes: g.contentEnd(size) - safe.offset, pendingBytes: Math.min(g.pending, size - offset), lastAckAt, attachment, lastError, group, stream };
}

function destinationsOf(lanes: Iterable<Lane>): Listed<DestinationStatus> {
  const troubled = (state: Lane['state']): number => ['paused', 'retrying', 'sending', 'idle'].indexOf(state);
  const all = [...lanes].sort((a, b) => troubled(a.state) - troubled(b.state) || b.held - a.held || (a.name < b.name ? -1 : 1));
  const list = all.slice(0, MOST_LISTED).map(({ destination: { group, stream, service }, state, held, lastError, lastAckAt, events, messageBytes, requests }) =>
    ({ group, stream, service: service.label, state, heldBytes: held, lastError, lastAckAt, events, messageBytes, requests }));
  return { total: all.length, list };
}

function journalStatus({ entry, source, follower }: JournalPipeline, now: number): JournalStatus {
  const time = timeOf(source.safe.cursor);
  const cursorTime = Number.isNaN(time) ? null : time;
  return {
    key: entry.key, pointer: entry.pointer, directory: entry.directory, cursorTime,
    lagMs: follower.caughtUp || cursorTime === null ? 0 : Math.max(0, now - cursorTime),
    heldBytes: source.heldBytes, gaps: follower.gaps, lastAckAt: source.lastAckAt, lastError: follower.lastError,
  };
}

function countersOf({ report, pipelines, journals }: Agent): CountersStatus {
  let heldBytes = 0;
  for (const pipeline of pipelines) for (const g of pipeline.generations) heldBytes += g.offset - g.safe.offset;
  for (const { source } of journals) heldBytes += source.heldBytes;
  const { readBytes, settledBytes, deliveredEvents, deliveredMessageBytes, requestsRetried, ambiguousAttempts } = report;
  const dropped = [...report.drops].map(([reason, { events, bytes }]) => ({ reason, events, bytes }));
  const redacted = [...report.redactions].map(([kind, replacements]) => ({ kind, replacements }));
  return { readBytes, settledBytes, heldBytes, deliveredEvents, deliveredMessageBytes, dropped, redacted, requestsRetried, ambiguousAttempts };
}
