import { posix } from 'node:path';
import { isDated } from '../naming/template.ts';
import type { DeliveryPlan, FileEntryPlan, ReadingPlan, RedactRulePlan, TimestampPlan } from '../plan.ts';
import { PatternCompiler, compileFilters, compileFraming, compileTimestampPlan } from './compile-framing.ts';
import { compileRedact } from './compile-redact.ts';
import { compileNaming, type NamingContext } from './compile-naming.ts';
import { compileGroupSettings, limitTags, warnOfForeignKey, withDefaults, type GroupSettings } from './compile-group.ts';
import { expanded, type EntryServices } from './compile-service.ts';
import type { FileEntry, Logs } from './generated/document.generated.ts';
import { isGlob } from './names.ts';
import { nearest } from './nearest.ts';

/** What is wrong with an absolute path or glob, or null: known to whoever reads files. */
export type GlobFault = (pattern: string) => string | null;

/** JSON pointer of the list of file entries. */
export const ENTRIES = '/logs/logs_collected/files/collect_list';

const DEFAULT_FLUSH_S = 5;
const DEFAULT_REQUESTS = 16;
/** What the schema allows for max_requests. */
const MOST_REQUESTS = 256;
/** PutLogEvents: largest sum of UTF-8 bytes + 26 per event. */
const DEFAULT_BATCH_BYTES = 1_048_576;
const DEFAULT_BUDGET_BYTES = 33_554_432;
const DEFAULT_DELETED_BYTES = 1_073_741_824;
const DEFAULT_DELETED_AGE_S = 86_400;
/** A connection that is not there after this is tried again; the SDK's own default is to wait for ever. */
const CONNECT_TIMEOUT_MS = 5000;
/** A request that is not answered after this is an unknown outcome; the service answers in well under a second. */
const REQUEST_TIMEOUT_MS = 30_000;

/** How batches are made and sent. */
export function compileDelivery(logs: Logs): DeliveryPlan {
  const window = logs.concurrency ?? 1;
  return {
    flushMs: Math.round((logs.force_flush_interval ?? DEFAULT_FLUSH_S) * 1000),
    window,
    maxRequests: logs.max_requests ?? Math.min(MOST_REQUESTS, Math.max(DEFAULT_REQUESTS, window)),
    maxBatchBytes: logs.max_batch_size ?? DEFAULT_BATCH_BYTES,
    compression: logs.gzip ?? 'auto',
    budgetBytes: logs.memory_budget ?? DEFAULT_BUDGET_BYTES,
    undeliverable: logs.undeliverable ?? 'quarantine',
    connectTimeoutMs: CONNECT_TIMEOUT_MS,
    requestTimeoutMs: REQUEST_TIMEOUT_MS,
  };
}

/** What is kept of deleted files. */
export function compileReading(logs: Logs): ReadingPlan {
  return { maxDeletedBytes: logs.max_deleted_bytes ?? DEFAULT_DELETED_BYTES, maxDeletedAgeMs: Math.round((logs.max_deleted_age ?? DEFAULT_DELETED_AGE_S) * 1000) };
}

/** What all entries are compiled with, besides what their names are made of. */
export interface SharedSettings {
  readonly delivery: DeliveryPlan;
  readonly services: EntryServices;
  /** Those under `logs`. */
  readonly group: GroupSettings;
  readonly ownLogs: readonly string[];
  readonly globFault: GlobFault;
  /** Of `logs`: for entries without a list of their own. */
  readonly redact: readonly RedactRulePlan[];
}

/** Compiles one entry after the other. What is wrong is reported; the caller leaves out entries with errors. */
export class EntryCompiler {
  readonly #context: NamingContext;
  readonly #shared: SharedSettings;
  readonly #patterns: PatternCompiler;
  /** Fleets of entries share a few formats and zones: what was right once is not looked at again. */
  readonly #timestamps = new Map<string, TimestampPlan | null>();

  constructor(context: Omit<NamingContext, 'patterns'>, shared: SharedSettings) {
    this.#patterns = new PatternCompiler(context.report);
    this.#context = { ...context, patterns: this.#patterns };
    this.#shared = shared;
  }

  /** Key and tags of the groups are the entry's own alone: see ConflictCheck.agreed. */
  compile(entry: FileEntry, pointer: string, key: string): FileEntryPlan {
    const { report, facts, env } = this.#context;
    const { delivery, services, group } = this.#shared;
    const pattern = this.#pathOf(entry, pointer);
    const limits = { maxBatchBytes: delivery.maxBatchBytes, localZone: facts.localZone };
    const service = services.of(entry, pointer);
    const own = compileGroupSettings(entry, pointer, env, report);
    limitTags(own, group, pointer, report);
    warnOfForeignKey(withDefaults(own, group), service.region, own.kmsKeyId === null ? `${pointer}/region` : `${pointer}/kms_key_id`, report);
    this.#remarks(entry, pattern, pointer);
    const naming = compileNaming(entry, pattern, pointer, { ...this.#context, region: service.region });
    return {
      key,
      pointer,
      pattern,
      exclude: entry.blacklist === undefined ? null : this.#patterns.compile(entry.blacklist, `${pointer}/blacklist`),
      follow: entry.follow ?? (entry.publish_multi_logs === true ? 'all' : 'newest'),
      startAt: entry.initial_position ?? 'start',
      service,
      naming: { ...naming, ...own },
      framing: compileFraming(entry, pointer, limits, this.#patterns, report),
      timestamp: this.#timestampOf(entry, pointer, isDated(naming.stream)),
      filters: compileFilters(entry, pointer, this.#patterns),
      redact: entry.redact === undefined ? this.#shared.redact : compileRedact(entry.redact, `${pointer}/redact`, this.#patterns, report),
      autoRemoval: entry.auto_removal ?? false,
    };
  }

  #timestampOf(entry: FileEntry, pointer: string, dated: boolean): TimestampPlan | null {
    const { report } = this.#context;
    const key = JSON.stringify([entry.timestamp_format, entry.timestamp_field, entry.timezone, entry.trim_timestamp, dated]);
    const known = this.#timestamps.get(key);
    if (known !== undefined) return known;
    const before = report.problems.length;
    const plan = compileTimestampPlan(entry, pointer, report, dated);
    if (report.problems.length === before) this.#timestamps.set(key, plan);
    return plan;
  }

  #pathOf(entry: FileEntry, pointer: string): string {
    const { env, report } = this.#context;
    const path = expanded(entry.file_path, env, `${pointer}/file_path`, report);
    if (path === null) return entry.file_path;
    if (!path.startsWith('/')) {
      report.error(`${pointer}/file_path`, 'the path is relative, and the folder the agent is started in is not a place to rely on', { expected: `an absolute path such as ${JSON.stringify(`/var/log/${path.replace(/^(?:\.{1,2}\/)+/, '')}`)}` });
      return path;
    }
    const fault = path.includes('\0') ? 'a NUL character cannot stand in a path' : this.#shared.globFault(path);
    if (fault !== null) report.error(`${pointer}/file_path`, fault, { expected: 'a path or a pattern such as /var/log/nginx/*.log' });
    return path;
  }

  #remarks(entry: FileEntry, pattern: string, pointer: string): void {
    const { report } = this.#context;
    if (this.#shared.ownLogs.includes(posix.normalize(pattern))) report.warning(`${pointer}/file_path`, 'this is the agent\'s own log file (agent.logfile), which is never followed');
    if (isGlob(pattern) && entry.follow === undefined && entry.publish_multi_logs === undefined) {
      report.note(`${pointer}/file_path`, 'of the files that match, only the one changed last is followed; "follow": "all" or "publish_multi_logs": true follows each');
    }
    if (entry.backpressure_mode === 'fd_release') report.note(`${pointer}/backpressure_mode`, 'changes nothing here: open descriptors are bounded in any case');
    else if (entry.backpressure_mode !== undefined) {
      report.warning(`${pointer}/backpressure_mode`, `${JSON.stringify(entry.backpressure_mode)} is no mode, ignored`, { didYouMean: nearest(entry.backpressure_mode, ['fd_release']) });
    }
  }
}
