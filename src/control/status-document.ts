// What the running agent says about itself: the answer of `GET /status`, and what `agent status` prints. Types only but
// for the version. Times are epoch milliseconds, sizes and offsets bytes.
import type { PlanDifference } from '../plan.ts';

/** Grows when a field changes its meaning or goes; new fields do not change it. */
export const STATUS_VERSION = 1;

export interface StatusDocument {
  readonly statusVersion: typeof STATUS_VERSION;
  readonly at: number;
  readonly agent: AgentStatus;
  readonly config: ConfigStatus;
  readonly entries: readonly EntryStatus[];
  readonly disabled: readonly DisabledStatus[];
  readonly files: Listed<FileStatus>;
  /** An agent of an earlier version says nothing of them. */
  readonly journals?: readonly JournalStatus[];
  readonly skipped: Listed<SkippedStatus>;
  readonly destinations: Listed<DestinationStatus>;
  readonly counters: CountersStatus;
  /** Null: none are collected, or not published by PutMetricData. An agent of an earlier version says nothing of it. */
  readonly metrics?: MetricsStatus | null;
  /** Metrics of other programs. An agent of an earlier version says nothing of them. */
  readonly listeners?: readonly ListenerStatus[];
  /** Null: none are listened for. An agent of an earlier version says nothing of it. */
  readonly emf?: EmfStatus | null;
  /** Null while the state directory is not open yet. */
  readonly quarantine: QuarantineStatus | null;
  readonly troubles: readonly TroubleStatus[];
  /** Stages that stand still, and events that wait, although nothing fails: alarms. An agent of an earlier version says nothing of it. */
  readonly stalls?: readonly string[];
  /** Of the control group. An agent of an earlier version says nothing of it. */
  readonly limits?: LimitsStatus;
  /** What of its environment was changed since the start, and counts after a restart alone; or null. An agent of an earlier version says nothing of it. */
  readonly restart?: string | null;
  /** Why the CloudWatch agent and this one send the same, or null. An agent of an earlier version says nothing of it. */
  readonly neighbour?: string | null;
  /** Why positions do not reach the disk at present, or null. */
  readonly checkpointTrouble: string | null;
}

/** A bounded list: what matters most comes first, and `total` counts what is left out as well. */
export interface Listed<T> {
  readonly total: number;
  readonly list: readonly T[];
}

export interface AgentStatus {
  readonly version: string;
  readonly pid: number;
  readonly startedAt: number;
  readonly uptimeMs: number;
  readonly stateDirectory: string;
  /** Resident memory of the process. */
  readonly rssBytes: number;
  /** Memory held for chunks and batches, of the budget shared by all destinations. */
  readonly budgetUsedBytes: number;
  readonly budgetLimitBytes: number;
  readonly openFiles: number;
}

/** What the host lets the agent have; null: no limit. */
export interface LimitsStatus {
  readonly memoryMaxBytes: number | null;
  readonly memoryHighBytes: number | null;
  /** Processors' worth of time. */
  readonly cpus: number | null;
  /** Why the budget of the config does not fit below it, or null. */
  readonly problem: string | null;
}

/** Which version of the config runs, as its keeper knows it. */
export interface ConfigState {
  /** Of what came from Parameter Store; empty when nothing did. */
  readonly version: string;
  readonly appliedAt: number;
  /** Until then delivery is watched, to go back if it got worse; null: it is not. */
  readonly watchedUntil: number | null;
  /** A newer version that this host takes later (agent.rollout). */
  readonly waiting: { readonly version: string; readonly until: number } | null;
  /** The newest version that was not taken, or was taken back, and why. */
  readonly refused: { readonly version: string; readonly reason: string; readonly at: number } | null;
  /** Versions not taken, and versions taken back, since the start. */
  readonly refusals: number;
  readonly rollbacks: number;
  /** When the version was last asked for. */
  readonly lookedAt: number | null;
  /** Why it cannot be asked, or null. */
  readonly unreachable: string | null;
}

/** Where the config comes from, and which version of it runs. */
export interface ConfigStatus extends ConfigState {
  /** As named at the start; for `usual` what was read. */
  readonly sources: readonly string[];
  /** Entries whose latest version does not run yet: what was read for the one before is not acknowledged. */
  readonly changing: number;
}

export interface EntryStatus {
  readonly key: string;
  /** JSON pointer into the config. */
  readonly pointer: string;
  readonly pattern: string;
  readonly files: number;
  readonly skipped: number;
}

export interface DisabledStatus {
  readonly pointer: string;
  readonly pattern: string;
  readonly reason: string;
}

export interface FileStatus {
  readonly path: string;
  /** Key of its entry. */
  readonly entry: string;
  readonly size: number;
  /** How far it was read and handed on. */
  readonly offset: number;
  /** Every byte before it is acknowledged, or dropped for a counted reason: where a restart goes on. */
  readonly safeOffset: number;
  /** What of the file is not acknowledged. */
  readonly lagBytes: number;
  /** Of the lag: the end of the file, which is no complete message yet. */
  readonly pendingBytes: number;
  readonly lastAckAt: number | null;
  /** `renamed` and `deleted` files are read on until they are quiet and acknowledged. */
  readonly attachment: 'attached' | 'renamed' | 'deleted';
  /** errno name of what the last look or read met, or null. */
  readonly lastError: string | null;
  /** Where an event of now goes. An agent of an earlier version says nothing of it. */
  readonly group?: string;
  readonly stream?: string;
}

/** A journald entry of the config. */
export interface JournalStatus {
  readonly key: string;
  /** JSON pointer into the config. */
  readonly pointer: string;
  /** Folder of another journal than that of the host. */
  readonly directory: string | null;
  /** Time of the last entry of which it and all before it is acknowledged, or that needed nothing; null: there was none yet. */
  readonly cursorTime: number | null;
  /** How long ago that was while there is more to deliver; else 0. */
  readonly lagMs: number;
  readonly heldBytes: number;
  /** How often the journal had deleted what was to be read next, since the start; events dropped as `journal-gap`. */
  readonly gaps: number;
  readonly lastAckAt: number | null;
  /** Why it cannot be read at present, or null. */
  readonly lastError: string | null;
}

/** What came in of StatsD, collectd or Prometheus targets, since it is listened for, or scraped, as the present config says. */
export interface ListenerStatus {
  readonly name: 'statsd' | 'collectd' | 'prometheus';
  readonly taken: number;
  readonly unit: 'line' | 'value' | 'sample';
  /** What is not published, by reason: lines, values, packets, connections, samples or scrapes. */
  readonly lost: readonly { readonly reason: string; readonly count: number }[];
}

/** Metrics on their way to CloudWatch; since the start where they are counted. */
export interface MetricsStatus {
  readonly state: string;
  readonly lastError: string | null;
  readonly namespace: string;
  readonly heldDatums: number;
  readonly heldBytes: number;
  readonly deliveredDatums: number;
  readonly requests: number;
  readonly dropped: readonly { readonly reason: string; readonly datums: number }[];
  /** Samples that were due while the one before was under way. */
  readonly skippedSamples: number;
  /** Different metrics in an hour, which CloudWatch charges for. An agent of an earlier version says nothing of them. */
  readonly distinctMetrics?: number;
}

export interface SkippedStatus {
  readonly path: string;
  readonly entry: string;
  readonly reason: string;
}

export interface DestinationStatus {
  readonly group: string;
  readonly stream: string;
  /** Region, endpoint and role where they are not those of most entries, in words; null where they are. */
  readonly service: string | null;
  readonly state: 'idle' | 'sending' | 'retrying' | 'paused';
  /** Memory held for it. */
  readonly heldBytes: number;
  readonly lastError: string | null;
  readonly lastAckAt: number | null;
  readonly events: number;
  /** UTF-8 bytes of the messages accepted. */
  readonly messageBytes: number;
  readonly requests: number;
}

export interface DroppedStatus {
  readonly reason: string;
  readonly events: number;
  /** Message bytes of events; bytes of the file where whole ranges are concerned. */
  readonly bytes: number;
}

/** What `redact` replaced: how often, never what. */
export interface RedactedStatus {
  /** As in the config; `pattern`: an own one. */
  readonly kind: string;
  readonly replacements: number;
}

/**
 * Since the start, in bytes of the files and of what journalctl printed, each range once: `readBytes` = `settledBytes` + `heldBytes`. Settled means
 * accepted by the service, or dropped on purpose and counted in `dropped`.
 */
export interface CountersStatus {
  readonly readBytes: number;
  readonly settledBytes: number;
  readonly heldBytes: number;
  readonly deliveredEvents: number;
  readonly deliveredMessageBytes: number;
  readonly dropped: readonly DroppedStatus[];
  readonly redacted: readonly RedactedStatus[];
  readonly requestsRetried: number;
  /** Attempts whose answer never came: what they held may have been stored, and was sent again. */
  readonly ambiguousAttempts: number;
}

/** Events in the embedded metric format that came in over the network, since the start. */
export interface EmfStatus {
  /** Addresses, as in `service_address`. */
  readonly listening: readonly string[];
  readonly events: number;
  /** Of the events: delivered, but CloudWatch makes no metrics of them, or not all; by reason. */
  readonly faults: readonly { readonly reason: string; readonly events: number }[];
  /** Senders that came when as many were connected as may be. */
  readonly refusedConnections?: number;
  /** What waits for its delivery in files of the state directory. */
  readonly spoolBytes: number;
  readonly spoolFiles: number;
}

/** Since the start. */
export interface QuarantineStatus {
  readonly events: number;
  readonly bytes: number;
  /** Pushed out of the bounded file by younger ones. */
  readonly rotatedEvents: number;
  /** Never written, because the disk failed. */
  readonly lostEvents: number;
  /** Sent again and removed. An agent of an earlier version says nothing of it. */
  readonly replayedEvents?: number;
}

export interface TroubleStatus {
  readonly subject: string;
  readonly message: string;
  readonly since: number;
  readonly times: number;
}

/** What became of a reload. */
export type ReloadAnswer =
  | { readonly outcome: 'applied'; readonly version: string; readonly difference: PlanDifference }
  | { readonly outcome: 'unchanged' }
  | { readonly outcome: 'refused'; readonly reason: string }
  | { readonly outcome: 'unreadable'; readonly reason: string };

/** The answer of `POST /reload`: with what is to be said of the config that was read. */
export type ReloadDocument = { readonly problems: string } & ReloadAnswer;
