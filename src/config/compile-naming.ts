import type { Entity, LogGroupClass, NamingPlan } from '../plan.ts';
import { compileEntity, type EntityNames } from './compile-entity.ts';
import { expanded } from './compile-service.ts';
import type { Agent, FileEntry, Logs } from './generated/document.generated.ts';
import { GROUP_RULE, STREAM_RULE, groupFault, groupOfPath, streamFault } from './names.ts';
import { nearest } from './nearest.ts';
import { PLACEHOLDERS, fillPlaceholders, type Environment, type HostFacts } from './placeholders.ts';
import type { Reporter } from './reporter.ts';

const NAME_OF = { 'service.name': 'service', 'deployment.environment': 'environment' } as const;
const CLASSES: readonly LogGroupClass[] = ['STANDARD', 'INFREQUENT_ACCESS'];

/** What all entries' names are made with. */
export interface NamingContext extends FillContext {
  /** Stream of entries without their own. */
  readonly defaultStream: string;
  readonly entityNames: EntityNames;
}

/** What names are filled in with. */
export interface FillContext {
  readonly facts: HostFacts;
  readonly region: string;
  readonly env: Environment;
  readonly report: Reporter;
}

/** A name with its environment variables and placeholders filled in; what stays open is reported at `pointer`, and null when it must. */
function filledName(template: string, pointer: string, { env, facts, region, report }: FillContext): string | null {
  const text = expanded(template, env, pointer, report);
  if (text === null) return null;
  const { text: name, fallbacks, unknown } = fillPlaceholders(text, facts, region);
  for (const { placeholder, used } of fallbacks) report.warning(pointer, `${placeholder} is not known on this machine; "${used}" is used`);
  for (const word of unknown) {
    const meant = nearest(word, PLACEHOLDERS);
    report.warning(pointer, `{${word}} is no placeholder and stays as it is`, { didYouMean: meant === null ? null : `{${meant}}` });
  }
  return name;
}

/** Stream of entries without their own: as configured, else the task or pod, the instance id, or the host name. Null when what is configured is wrong. */
export function defaultStreamOf(configured: string | undefined, context: FillContext): string | null {
  const { facts, report } = context;
  if (configured === undefined) return facts.containerName ?? facts.instance?.instanceId ?? facts.hostname ?? 'UNKNOWN-HOST';
  const name = filledName(configured, '/logs/log_stream_name', context);
  const fault = name === null ? null : streamFault(name);
  if (fault !== null) report.error('/logs/log_stream_name', fault, { expected: STREAM_RULE });
  return fault === null ? name : null;
}

/** Group and stream of an entry: the four rows of the CloudWatch agent's derivation. */
export function compileNaming(entry: FileEntry, path: string, pointer: string, context: NamingContext): Omit<NamingPlan, 'kmsKeyId' | 'tags'> {
  const { report } = context;
  const perFile = entry.publish_multi_logs ?? false;
  const ownStream = entry.log_stream_name === undefined ? null : filledName(entry.log_stream_name, `${pointer}/log_stream_name`, context);
  const streamPerFile = perFile && entry.log_group_name !== undefined;
  const stream = ownStream ?? (streamPerFile ? '' : context.defaultStream);
  const wrongStream = ownStream === null ? null : streamFault(ownStream);
  if (wrongStream !== null) report.error(`${pointer}/log_stream_name`, wrongStream, { expected: STREAM_RULE });

  return {
    group: groupOf(entry, path, pointer, context),
    stream,
    streamPerFile,
    groupClass: classOf(entry, pointer, report),
    retentionDays: retentionOf(entry),
    entity: entityOf(entry, pointer, context),
  };
}

function groupOf(entry: FileEntry, path: string, pointer: string, context: NamingContext): string | null {
  const { report } = context;
  if (entry.log_group_name !== undefined) {
    const name = filledName(entry.log_group_name, `${pointer}/log_group_name`, context);
    const fault = name === null ? null : groupFault(name);
    if (fault !== null) report.error(`${pointer}/log_group_name`, fault, { expected: GROUP_RULE });
    return name;
  }
  if (entry.publish_multi_logs ?? false) return null;
  const derived = groupOfPath(path);
  const fault = groupFault(derived);
  if (fault !== null) {
    report.error(`${pointer}/file_path`, `there is no log_group_name, and the group derived from the path, ${JSON.stringify(derived)}, is no legal name: ${fault}`, {
      expected: '"log_group_name" with a name of your choice, or "publish_multi_logs": true for a group per file',
    });
  }
  return derived;
}

/** -1 leaves the group's retention alone. */
function retentionOf(entry: FileEntry): number | null {
  const days = entry.retention_in_days ?? -1;
  return days === -1 ? null : days;
}

function classOf(entry: FileEntry, pointer: string, report: Reporter): LogGroupClass | null {
  if (entry.log_group_class === undefined) return null;
  const wanted = entry.log_group_class.toUpperCase();
  const known = CLASSES.find((name) => name === wanted) ?? null;
  if (known === null) {
    report.warning(`${pointer}/log_group_class`, `${JSON.stringify(entry.log_group_class)} is no class a group can be created with, ignored`, { expected: `one of ${CLASSES.join(', ')}`, didYouMean: nearest(wanted, CLASSES) });
  }
  return known;
}

/** Service and environment of every entry without its own: `logs` wins over `agent`. */
export function entityDefaults(agent: Agent, logs: Logs, facts: HostFacts, env: Environment, report: Reporter): EntityNames {
  const name = (key: keyof typeof NAME_OF): string | null =>
    logs[key] === undefined ? entityName(agent[key], `/agent/${key}`, facts, env, report) : entityName(logs[key], `/logs/${key}`, facts, env, report);
  return { service: name('service.name'), environment: name('deployment.environment') };
}

function entityName(configured: string | undefined, pointer: string, facts: HostFacts, env: Environment, report: Reporter): string | null {
  if (configured === undefined) return null;
  if (facts.instance?.accountId == null) report.noteOnce(pointer, 'no entity is sent: it needs the account id, which only the EC2 instance metadata gives');
  return expanded(configured, env, pointer, report);
}

function entityOf(entry: FileEntry, pointer: string, { facts, env, report, entityNames }: NamingContext): Entity | null {
  const name = (key: keyof typeof NAME_OF): string | null =>
    entry[key] === undefined ? entityNames[NAME_OF[key]] : entityName(entry[key], `${pointer}/${key}`, facts, env, report);
  return compileEntity({ service: name('service.name'), environment: name('deployment.environment') }, facts);
}
