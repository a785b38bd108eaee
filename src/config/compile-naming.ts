import { groupFault } from '../naming/legal-name.ts';
import { isPerFile, joined, ofFile } from '../naming/template.ts';
import type { Entity, LogGroupClass, NamePart, NameTemplate, NamingPlan, PatternPlan } from '../plan.ts';
import { compileEntity, type EntityNames } from './compile-entity.ts';
import type { PatternCompiler } from './compile-framing.ts';
import { compileName, withCaptures, type FillContext, type NamePlace } from './compile-name.ts';
import { expanded } from './compile-service.ts';
import type { Agent, FileEntry, Logs } from './generated/document.generated.ts';
import { groupOfPath, isGlob } from './names.ts';
import { nearest } from './nearest.ts';
import type { Environment, HostFacts } from './placeholders.ts';
import type { Reporter } from './reporter.ts';

const NAME_OF = { 'service.name': 'service', 'deployment.environment': 'environment' } as const;
const CLASSES: readonly LogGroupClass[] = ['STANDARD', 'INFREQUENT_ACCESS'];
/** Instead of a name that is wrong: its entry does not run. */
const NONE: NameTemplate = [];

/** What all entries' names are made with. */
export interface NamingContext extends FillContext {
  /** Stream of entries without their own. */
  readonly defaultStream: NameTemplate;
  readonly entityNames: EntityNames;
  readonly patterns: PatternCompiler;
}

const text = (value: string): NamePart => ({ kind: 'text', text: value });

/** Stream of entries without their own: as configured, else the task or pod, the instance id, or the host name. Null when what is configured is wrong. */
export function defaultStreamOf(configured: string | undefined, context: FillContext): NameTemplate | null {
  const { facts } = context;
  if (configured === undefined) return [text(facts.containerName ?? facts.instance?.instanceId ?? facts.hostname ?? 'UNKNOWN-HOST')];
  return compileName(configured, { kind: 'stream', pointer: '/logs/log_stream_name' }, context);
}

/** Group and stream of an entry: the four rows of the CloudWatch agent's derivation. */
export function compileNaming(entry: FileEntry, path: string, pointer: string, context: NamingContext): Omit<NamingPlan, 'kmsKeyId' | 'tags'> {
  const { report } = context;
  const pathPattern = entry.path_pattern === undefined ? null : context.patterns.compile(entry.path_pattern, `${pointer}/path_pattern`);
  const group = groupOf(entry, path, pointer, pathPattern, context);
  const stream = streamOf(entry, pointer, pathPattern, context);
  if (entry.path_pattern !== undefined) checkPattern(pathPattern, [group, stream], path, pointer, report);
  return {
    group,
    stream,
    pathPattern,
    dateZone: entry.timezone === undefined || entry.timezone === 'LOCAL' ? 'Local' : entry.timezone,
    groupClass: classOf(entry, pointer, report),
    retentionDays: retentionOf(entry),
    entity: entityOf(entry, pointer, context),
  };
}

function streamOf(entry: FileEntry, pointer: string, pathPattern: PatternPlan | null, context: NamingContext): NameTemplate {
  const perFile: NameTemplate = entry.publish_multi_logs === true && entry.log_group_name !== undefined ? [text('_'), { kind: 'path', form: 'flat' }] : [];
  if (entry.log_stream_name !== undefined) {
    const own = ownName(entry.log_stream_name, { kind: 'stream', pointer: `${pointer}/log_stream_name` }, pathPattern, context);
    return own === NONE ? NONE : joined([...own, ...perFile]);
  }
  return perFile.length > 0 ? perFile : withCaptures(context.defaultStream, pathPattern, { kind: 'stream', pointer }, context.report) ?? NONE;
}

function groupOf(entry: FileEntry, path: string, pointer: string, pathPattern: PatternPlan | null, context: NamingContext): NameTemplate {
  if (entry.log_group_name !== undefined) return ownName(entry.log_group_name, { kind: 'group', pointer: `${pointer}/log_group_name` }, pathPattern, context);
  if (entry.publish_multi_logs ?? false) return [{ kind: 'path', form: 'whole' }];
  const derived = groupOfPath(path);
  const fault = groupFault(derived);
  if (fault !== null) {
    context.report.error(`${pointer}/file_path`, `there is no log_group_name, and the group derived from the path, ${JSON.stringify(derived)}, is no legal name: ${fault}`, {
      expected: '"log_group_name" with a name of your choice, or "publish_multi_logs": true for a group per file',
    });
  }
  return [text(derived)];
}

function ownName(written: string, place: NamePlace, pathPattern: PatternPlan | null, context: NamingContext): NameTemplate {
  const template = compileName(written, place, context);
  return (template === null ? null : withCaptures(template, pathPattern, place, context.report)) ?? NONE;
}

/** A pattern that names nothing does nothing, and one that does not fit the entry's only file leaves that without a name. */
function checkPattern(pattern: PatternPlan | null, names: readonly NameTemplate[], path: string, pointer: string, report: Reporter): void {
  if (pattern === null || names.includes(NONE)) return;
  if (!names.some((name) => name.some(({ kind }) => kind === 'capture'))) {
    report.warning(`${pointer}/path_pattern`, 'has no effect without {path:NAME} in log_group_name or log_stream_name');
    return;
  }
  if (isGlob(path)) return;
  const found = new RegExp(pattern.js, pattern.flags).exec(path);
  if (names.some((name) => isPerFile(name) && ofFile(name, 'stream', path, found) === null)) {
    report.error(`${pointer}/path_pattern`, `finds nothing to name ${path} by`, { expected: 'a pattern that matches file_path, or a fallback such as {path:NAME|other}' });
  }
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

/** Service and environment of a whole section: its own win over those of `agent`. */
export function entityDefaults(agent: Agent, [section, own]: readonly ['logs' | 'metrics', Pick<Logs, keyof typeof NAME_OF>], facts: HostFacts, env: Environment, report: Reporter): EntityNames {
  const name = (key: keyof typeof NAME_OF): string | null =>
    own[key] === undefined ? entityName(agent[key], `/agent/${key}`, facts, env, report) : entityName(own[key], `/${section}/${key}`, facts, env, report);
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
