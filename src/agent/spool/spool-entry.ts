import { isAbsolute, join } from 'node:path';
import type { FileEntryPlan, Plan } from '../../plan.ts';
import { SPOOL_SUFFIX } from './spool.ts';

/** Key of the entry that follows the spool: no file_path is like it. */
export const SPOOL_KEY = 'spool';
/** PutLogEvents: the largest event, with its 26 bytes of overhead. */
const MAX_EVENT_BYTES = 1_048_576;
/** A line in the spool is whole, but for one that a power cut left. */
const PARTIAL_LINE_MS = 30_000;

/** The spool's folder in a state directory. */
export const spoolDirectory = (stateDir: string): string => join(stateDir, 'spool');

/** Something of the plan puts events into the spool. */
export const fillsSpool = ({ emf, metrics, prometheus }: Plan): boolean => emf !== null || prometheus !== null || (metrics?.destinations.emf ?? null) !== null;

/** The plan with an entry that follows the spool. @param directory absolute */
export function withSpool(plan: Plan, directory: string): Plan {
  if (!isAbsolute(directory)) throw new Error(`the spool ${directory} has no absolute path`);
  return { ...plan, entries: [...plan.entries, spoolEntry(plan, directory)] };
}

function spoolEntry({ service, delivery, spool: { redact, kmsKeyId, tags } }: Plan, directory: string): FileEntryPlan {
  return {
    key: SPOOL_KEY,
    pointer: 'the spool',
    pattern: `${directory.replaceAll(/[*?[\]{}\\]/g, String.raw`\$&`)}/**/*${SPOOL_SUFFIX}`,
    exclude: null,
    follow: 'all',
    startAt: 'start',
    service,
    naming: {
      group: [{ kind: 'spooled', of: 'group' }], stream: [{ kind: 'spooled', of: 'stream' }], pathPattern: null,
      dateZone: 'UTC', groupClass: null, retentionDays: null, kmsKeyId, tags, entity: null, emf: true,
    },
    framing: { encoding: 'utf-8', start: { kind: 'line' }, multilineTimeoutMs: 0, partialLineTimeoutMs: PARTIAL_LINE_MS, maxEventBytes: Math.min(MAX_EVENT_BYTES, delivery.maxBatchBytes) },
    timestamp: { format: 'epoch_ms', field: '_aws.Timestamp', orField: 'Timestamp', zone: 'UTC', trim: false },
    filters: [],
    redact,
    autoRemoval: false,
  };
}
