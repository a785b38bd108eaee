import type { Agent } from './agent.ts';
import type { SelfCounts } from './self-sampler.ts';

/** Versions of the config that were not taken, and versions taken back, since the start. */
export interface ConfigCounts { readonly refusals: number; readonly rollbacks: number }

/** What the agent says of itself in numbers. */
export function selfCounts(agent: Agent, { refusals, rollbacks }: ConfigCounts): SelfCounts {
  const { report, quarantine, metrics } = agent;
  let [held, lag] = [0, 0];
  for (const pipeline of agent.pipelines) for (const g of pipeline.generations) {
    held += g.offset - g.safe.offset;
    lag += g.unacknowledged;
  }
  for (const { source } of agent.journals) held += source.heldBytes;
  return {
    values: {
      read_bytes: report.readBytes,
      delivered_events: report.deliveredEvents,
      delivered_bytes: report.deliveredMessageBytes,
      held_bytes: held,
      lag_bytes: lag,
      failing_destinations: agent.health.failing,
      retries: report.requestsRetried,
      quarantined_events: quarantine?.counters.events ?? 0,
      refused_configs: refusals,
      rolled_back_configs: rollbacks,
      troubles: report.troubles.length,
      skipped_samples: metrics?.skippedSamples ?? 0,
      dropped_datums: metrics?.droppedDatums ?? 0,
      open_files: agent.openFiles,
    },
    dropped: [...report.drops].map(([reason, { events, bytes }]) => ({ reason, events, bytes })),
    losses: lossesOf(agent),
  };
}

/** Of EMF events those that are delivered, and of which CloudWatch makes no metrics: what is dropped of them is among the dropped events. */
function lossesOf({ metrics, emf }: Agent): SelfCounts['losses'] {
  const { faults, refusedConnections = 0 } = emf?.status ?? { faults: [] };
  return [
    ...(metrics?.listeners ?? []).flatMap(({ name, lost }) => lost.map(({ reason, count }) => ({ listener: name, reason, count }))),
    ...faults.map(({ reason, events }) => ({ listener: 'emf', reason, count: events })),
    ...(refusedConnections > 0 ? [{ listener: 'emf', reason: 'too-many-connections', count: refusedConnections }] : []),
  ];
}
