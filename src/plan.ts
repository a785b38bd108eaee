// The Plan: the validated, defaulted, compiled, immutable form of the config, and the whole contract between
// config/ and agent/. The running agent sees nothing else: no JSON, no argv, no environment.
// Every duration is in milliseconds, every size in bytes.

import type { EmfPlan, MetricsPlan, PrometheusPlan, SpoolPlan } from './metrics-plan.ts';

/** Where a service of AWS is reached, and as whom. */
export interface Reach {
  readonly region: string;
  /** Full URL, or null for the SDK's own endpoint of the region. */
  readonly endpoint: string | null;
  /** Role assumed for every call, or null for the ambient credentials. */
  readonly roleArn: string | null;
  /** What the trust policy of the role asks for, or null for nothing. Null without a role. */
  readonly externalId: string | null;
  /** Whether the FIPS endpoints are used; null where neither config nor environment says so: the SDK's config file may. */
  readonly fips: boolean | null;
  /** Whether the endpoints that speak IPv6 too are used; null as for `fips`. */
  readonly dualStack: boolean | null;
}

/** Equal for what one client can serve, also of two plans. */
export function serviceKey({ region, endpoint, roleArn, externalId, fips, dualStack }: Reach): string {
  return JSON.stringify([region, endpoint, roleArn, externalId, fips, dualStack]);
}

/** Where PutLogEvents goes and as whom. Equal services of a plan are one object. */
export interface ServicePlan extends Reach {
  /** What sets it apart from the plan's own service, in a few words without secrets; null for that one. */
  readonly label: string | null;
}

export type Compression = 'auto' | 'on' | 'off';

/** What becomes of an event that can never be delivered (too old, too new, refused alone). */
export type UndeliverablePolicy = 'quarantine' | 'clamp' | 'drop';

export interface DeliveryPlan {
  /** Longest time an event waits in an open batch, counted from its last byte. */
  readonly flushMs: number;
  /** Batches of one lane that may be in flight at once; 1 keeps the order within a stream. */
  readonly window: number;
  /** Requests in flight over all lanes. */
  readonly maxRequests: number;
  readonly maxBatchBytes: number;
  readonly compression: Compression;
  /** Bytes the agent may hold in memory, shared by all lanes. */
  readonly budgetBytes: number;
  readonly undeliverable: UndeliverablePolicy;
  readonly connectTimeoutMs: number;
  readonly requestTimeoutMs: number;
}

export interface ReadingPlan {
  /** Bytes of deleted but unread files that may be held open; beyond it the oldest is released and its loss counted. */
  readonly maxDeletedBytes: number;
  readonly maxDeletedAgeMs: number;
}

export type LogGroupClass = 'STANDARD' | 'INFREQUENT_ACCESS';

/** The CloudWatch entity sent with each request of a destination, or null for none. */
export interface Entity {
  readonly keyAttributes: Readonly<Record<string, string>>;
  readonly attributes: Readonly<Record<string, string>>;
}

/** What of an event's local date a name has: `date` is YYYY-MM-DD. */
export type DateField = 'date' | 'year' | 'month' | 'day' | 'hour';

/**
 * A part of the name of a group or stream. What is known of the host is text by now; the others are known of a file, or of
 * an event. `flat`: the path with `_` for `/`.
 */
export type NamePart =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'path'; readonly form: 'whole' | 'flat' | 'file_name' | 'directory' }
  /** What a group of `NamingPlan.pathPattern`, by its number or name, found in the path. Null: without it a file has no name. */
  | { readonly kind: 'capture'; readonly group: string; readonly fallback: string | null }
  | { readonly kind: 'date'; readonly field: DateField }
  /** What the path of a file in the spool says: see naming/spool-path.ts. */
  | { readonly kind: 'spooled'; readonly of: 'group' | 'stream' };

export type NameTemplate = readonly NamePart[];

/** How a path, and the time of an event, become a log group and stream. */
export interface NamingPlan {
  readonly group: NameTemplate;
  /** Alone may have parts of the kind `date`. */
  readonly stream: NameTemplate;
  readonly pathPattern: PatternPlan | null;
  /** `UTC`, `Local`, or an IANA zone name: whose dates those of the stream are. */
  readonly dateZone: string;
  readonly groupClass: LogGroupClass | null;
  /** Days, or null: never touch the group's retention. */
  readonly retentionDays: number | null;
  /** Key with which the group is encrypted if the agent creates it, or null for the service's own. */
  readonly kmsKeyId: string | null;
  /** Tags of the group if the agent creates it. */
  readonly tags: Readonly<Record<string, string>>;
  readonly entity: Entity | null;
  /** Each request says that its events are in the embedded metric format: those of its version 0 are known by nothing else. */
  readonly emf?: true;
}

/**
 * A compiled regular expression of the operator. `source` is as written (RE2 syntax), for messages;
 * `js` is its translation to a JavaScript pattern (flags apart).
 */
export interface PatternPlan {
  readonly source: string;
  readonly js: string;
  readonly flags: string;
}

/** What begins an event. `nonspace` is the CloudWatch agent's implied `^[\S]`: a test of one byte. */
export type StartPlan =
  | { readonly kind: 'nonspace' }
  | { readonly kind: 'line' }
  | { readonly kind: 'pattern'; readonly pattern: PatternPlan }
  | { readonly kind: 'timestamp' };

/** Counted by the service for each event on top of its message (API reference of PutLogEvents). */
export const EVENT_OVERHEAD_BYTES = 26;

/** Canonical decoder label (WHATWG, or iconv-lite's name), or `utf-8` for bytes passed through. */
export interface FramingPlan {
  readonly encoding: string;
  readonly start: StartPlan;
  /** Idle time since the message's last byte after which a held multi-line event is sent. */
  readonly multilineTimeoutMs: number;
  /** Idle time after which a line without newline is sent, marked. */
  readonly partialLineTimeoutMs: number;
  /** Largest event: UTF-8 bytes of the message plus EVENT_OVERHEAD_BYTES. */
  readonly maxEventBytes: number;
}

export interface TimestampPlan {
  /** As written in the config: strptime directives, or `epoch_ms` and the like. Null: of a field, any usual one. */
  readonly format: string | null;
  /** Path of the JSON field that holds it, or null: it stands in the event's text. */
  readonly field: string | null;
  /** Another, for events without the first. */
  readonly orField?: string;
  /** `UTC`, `Local`, or an IANA zone name: used for timestamps without a zone of their own. */
  readonly zone: string;
  readonly trim: boolean;
}

export interface FilterPlan {
  readonly type: 'include' | 'exclude';
  readonly pattern: PatternPlan;
}

/** What a redaction rule is for; `pattern`: an own one. */
export type RedactKind = 'secrets' | 'card_numbers' | 'email_addresses' | 'ip_addresses' | 'pattern';

/** What is made unreadable in an event, and what takes its place. */
export type RedactRulePlan =
  | { readonly kind: Exclude<RedactKind, 'pattern'> }
  | { readonly kind: 'pattern'; readonly pattern: PatternPlan; readonly replacement: string };

/** One entry of `logs.logs_collected.files.collect_list`. */
export interface FileEntryPlan {
  /** Stable name of the entry in checkpoints: its file_path, with `#2`, `#3`… for later entries of the same path. */
  readonly key: string;
  /** JSON pointer of the entry, for messages and `status`. */
  readonly pointer: string;
  /** Absolute path or glob. */
  readonly pattern: string;
  /** `blacklist`: matched, unanchored, against the base name. */
  readonly exclude: PatternPlan | null;
  readonly follow: 'newest' | 'all';
  readonly startAt: 'start' | 'end';
  readonly service: ServicePlan;
  readonly naming: NamingPlan;
  readonly framing: FramingPlan;
  readonly timestamp: TimestampPlan | null;
  readonly filters: readonly FilterPlan[];
  /** Applied to what passes the filters; empty: events are sent as they are. */
  readonly redact: readonly RedactRulePlan[];
  /** Delete a file once a newer one matches and every byte of it is acknowledged. */
  readonly autoRemoval: boolean;
}

/** One entry of `logs.logs_collected.journald.collect_list`. */
export interface JournalEntryPlan {
  /** Stable name of the entry in checkpoints: `journald ` and its log group as written, with `#2`, `#3`… for later entries of the same. */
  readonly key: string;
  readonly pointer: string;
  /** Folder of the journal's files; null: the journal of this machine. */
  readonly directory: string | null;
  readonly units: readonly string[];
  /** 0 (emerg) to 7 (debug): this one and what is more urgent. */
  readonly priority: number;
  /** An entry must match all of one of these, each `FIELD=value`; none: every entry does. */
  readonly matches: readonly (readonly string[])[];
  readonly startAt: 'start' | 'end';
  readonly service: ServicePlan;
  readonly naming: NamingPlan;
  /** Of the message: one of those that include must match it, and none of those that exclude. */
  readonly filters: readonly FilterPlan[];
  readonly redact: readonly RedactRulePlan[];
  /** As FramingPlan.maxEventBytes. */
  readonly maxEventBytes: number;
}

/** An entry that does not run, and why: said by `check` and `status`. */
export interface DisabledEntry {
  readonly pointer: string;
  readonly pattern: string;
  readonly reason: string;
}

/** How a new version of the config reaches this host; percent of hosts, the rest in milliseconds. */
export interface RolloutPlan {
  /** Hosts that take a new version at once. */
  readonly percent: number;
  /** How long after its publication the other hosts take it. */
  readonly waitMs: number;
  /** How long after a change delivery is watched, to go back if it got worse; 0: not at all. */
  readonly watchMs: number;
}

/** Where the config itself is looked after. */
export interface ConfigPlan {
  /** Between two looks at the versions of remote sources. */
  readonly pollMs: number;
  readonly rollout: RolloutPlan;
}

/** What the agent says of itself, and how. `off`: nothing. */
export interface LogPlan {
  readonly level: 'debug' | 'info' | 'warn' | 'error' | 'off';
  readonly format: 'text' | 'json';
}

export interface Plan {
  /** That of all entries without settings of their own. */
  readonly service: ServicePlan;
  readonly delivery: DeliveryPlan;
  readonly reading: ReadingPlan;
  readonly entries: readonly FileEntryPlan[];
  readonly journald: readonly JournalEntryPlan[];
  readonly disabled: readonly DisabledEntry[];
  readonly log: LogPlan;
  /** What became of each file's bytes is kept for `agent audit`. */
  readonly audit: boolean;
  /** Paths of the agent's own log files: never followed. */
  readonly ownLogs: readonly string[];
  readonly config: ConfigPlan;
  /** Null: none are collected. */
  readonly metrics: MetricsPlan | null;
  /** Prometheus targets whose metrics become events; null: none. */
  readonly prometheus: PrometheusPlan | null;
  /** Null: no events in the embedded metric format are listened for. */
  readonly emf: EmfPlan | null;
  readonly spool: SpoolPlan;
}

/** How many of something stay, change, come and go. */
export interface ChangeCounts {
  readonly kept: number;
  readonly changed: number;
  readonly added: number;
  readonly removed: number;
}

/** What a plan changes against the one before it: its entries, and what else it collects, if either does. */
export interface PlanDifference extends ChangeCounts {
  /** Samplers, listeners and scrapes. `publishing`: destination, dimensions or another setting of all metrics is another. */
  readonly collectors?: ChangeCounts & { readonly publishing: boolean };
}
