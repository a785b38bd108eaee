// Plans for tests, without JSON: what is not said has the product's default, except the waits, which are short.
import type { DeliveryPlan, FileEntryPlan, FilterPlan, FramingPlan, JournalEntryPlan, NamePart, NameTemplate, NamingPlan, Plan, ReadingPlan, RedactRulePlan, ServicePlan, StartPlan, TimestampPlan } from '../../src/plan.ts';

/** One entry. `path` is absolute or a glob; group and stream default to `g` and `s`; a group of null: the path of each file. */
export interface EntrySpec {
  readonly path: string;
  readonly group?: string | null;
  readonly stream?: string | NameTemplate;
  /** The stream's name goes on with `_` and the path. */
  readonly streamPerFile?: boolean;
  readonly naming?: Partial<NamingPlan>;
  /** Default: that of the plan. */
  readonly service?: ServicePlan;
  readonly follow?: 'newest' | 'all';
  readonly startAt?: 'start' | 'end';
  readonly start?: StartPlan;
  readonly encoding?: string;
  /** Default 100. */
  readonly multilineTimeoutMs?: number;
  /** Default 30,000, the product's: a test that waits for a partial line sets it. */
  readonly partialLineTimeoutMs?: number;
  readonly maxEventBytes?: number;
  /** Without `field` it stands in the text. */
  readonly timestamp?: (Omit<TimestampPlan, 'field'> & Partial<TimestampPlan>) | null;
  readonly filters?: readonly FilterPlan[];
  readonly redact?: readonly RedactRulePlan[];
  readonly exclude?: FileEntryPlan['exclude'];
  readonly autoRemoval?: boolean;
}

export interface PlanSpec {
  readonly endpoint: string;
  readonly entries: readonly EntrySpec[];
  /** What is not said is the whole journal from its start, to group `g` and stream `s`. */
  readonly journald?: readonly Partial<JournalEntryPlan>[];
  /** Defaults: flushMs 50, and the product's own. */
  readonly delivery?: Partial<DeliveryPlan>;
  readonly reading?: Partial<ReadingPlan>;
  readonly ownLogs?: readonly string[];
  readonly audit?: boolean;
}

const DELIVERY: DeliveryPlan = {
  flushMs: 50, window: 1, maxRequests: 16, maxBatchBytes: 1_048_576, compression: 'off', budgetBytes: 33_554_432,
  undeliverable: 'quarantine', connectTimeoutMs: 5_000, requestTimeoutMs: 30_000,
};
const READING: ReadingPlan = { maxDeletedBytes: 1_073_741_824, maxDeletedAgeMs: 86_400_000 };

/** A service as the plan has it, with nothing of its own but the address. */
export const serviceAt = (endpoint: string | null): ServicePlan => ({ label: null, region: 'us-east-1', endpoint, roleArn: null, externalId: null, fips: null, dualStack: null });

const text = (value: string): NamePart => ({ kind: 'text', text: value });

function entryFor(spec: EntrySpec, service: ServicePlan, index: number, key: string): FileEntryPlan {
  const framing: FramingPlan = {
    encoding: spec.encoding ?? 'utf-8',
    start: spec.start ?? { kind: 'nonspace' },
    multilineTimeoutMs: spec.multilineTimeoutMs ?? 100,
    partialLineTimeoutMs: spec.partialLineTimeoutMs ?? 30_000,
    maxEventBytes: spec.maxEventBytes ?? 262_144,
  };
  return {
    key,
    pointer: `/logs/logs_collected/files/collect_list/${index}`,
    pattern: spec.path,
    exclude: spec.exclude ?? null,
    follow: spec.follow ?? 'newest',
    startAt: spec.startAt ?? 'start',
    service: spec.service ?? service,
    naming: {
      group: spec.group === null ? [{ kind: 'path', form: 'whole' }] : [text(spec.group ?? 'g')],
      stream: [...(typeof spec.stream === 'object' ? spec.stream : [text(spec.stream ?? 's')]), ...(spec.streamPerFile === true ? [text('_'), { kind: 'path', form: 'flat' } as const] : [])],
      pathPattern: null, dateZone: 'Local', groupClass: null, retentionDays: null, kmsKeyId: null, tags: {}, entity: null, ...spec.naming,
    },
    framing,
    timestamp: spec.timestamp === undefined || spec.timestamp === null ? null : { field: null, ...spec.timestamp },
    filters: spec.filters ?? [],
    redact: spec.redact ?? [],
    autoRemoval: spec.autoRemoval ?? false,
  };
}

function journalFor(spec: Partial<JournalEntryPlan>, service: ServicePlan, index: number): JournalEntryPlan {
  return {
    key: `journald ${index}`, pointer: `/logs/logs_collected/journald/collect_list/${index}`, directory: null, units: [], priority: 7, matches: [], startAt: 'start', service,
    naming: { group: [text('g')], stream: [text('s')], pathPattern: null, dateZone: 'Local', groupClass: null, retentionDays: null, kmsKeyId: null, tags: {}, entity: null },
    filters: [], redact: [], maxEventBytes: 262_144, ...spec,
  };
}

export function planFor({ endpoint, entries, journald = [], delivery, reading, ownLogs, audit }: PlanSpec): Plan {
  const uses = new Map<string, number>();
  const service = serviceAt(endpoint);
  return {
    service,
    delivery: { ...DELIVERY, ...delivery },
    reading: { ...READING, ...reading },
    journald: journald.map((spec, index) => journalFor(spec, service, index)),
    entries: entries.map((spec, index) => {
      const use = (uses.get(spec.path) ?? 0) + 1;
      uses.set(spec.path, use);
      return entryFor(spec, service, index, use === 1 ? spec.path : `${spec.path}#${use}`);
    }),
    disabled: [],
    log: { level: 'info', format: 'text' },
    audit: audit ?? true,
    ownLogs: ownLogs ?? [],
    metrics: null,
    prometheus: null,
    emf: null,
    spool: { maxBytes: 268_435_456, redact: [], kmsKeyId: null, tags: {} },
    config: { pollMs: 60_000, rollout: { percent: 100, waitMs: 3_600_000, watchMs: 300_000 } },
  };
}
