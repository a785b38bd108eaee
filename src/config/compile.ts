import { posix } from 'node:path';
import type { MetricsPlan } from '../metrics-plan.ts';
import type { DisabledEntry, FileEntryPlan, Plan, ServicePlan } from '../plan.ts';
import { checkSections } from './check-sections.ts';
import { ENTRIES, EntryCompiler, compileDelivery, compileReading, type GlobFault } from './compile-logs.ts';
import { compileEmf, compileSpool } from './compile-emf.ts';
import { AUTO_SCALING_TAG } from './compile-collectors.ts';
import { asksForInstanceDimensions, compileMetrics } from './compile-metrics.ts';
import { compilePrometheus } from './compile-prometheus.ts';
import { compileConfigPlan } from './compile-rollout.ts';
import { compileLog } from './compile-log.ts';
import { compileSharedRedact } from './compile-redact.ts';
import { defaultStreamOf, entityDefaults } from './compile-naming.ts';
import { compileGroupSettings } from './compile-group.ts';
import { EntryServices, asksForRegion, compileService, expanded } from './compile-service.ts';
import { ConflictCheck } from './conflicts.ts';
import type { Agent, Document, FileEntry, Logs, Metrics } from './generated/document.generated.ts';
import { isObject, plainValue, pointerToken, type JsonNode } from './json-tree.ts';
import { asksForInstance, expandEnvironment, tagsNamed, type Environment, type HostFacts } from './placeholders.ts';
import { inOrder, type Problem } from './problem.ts';
import { Reporter } from './reporter.ts';
import { validate } from './validate.ts';

/** An item of the collect_list. */
export interface CheckedEntry {
  /** Null where the schema is violated. */
  readonly value: FileEntry | null;
  /** `file_path` as written, or empty. */
  readonly path: string;
}

/** A document held against the schema: what of it can be compiled, and what is wrong with it. */
export interface CheckedDocument {
  readonly root: JsonNode;
  readonly agent: Agent;
  readonly logs: Logs;
  readonly entries: readonly CheckedEntry[];
  /** Null: there is no such section, or it is none. */
  readonly metrics: Metrics | null;
  /** Whether no error stands at this place or inside it. */
  readonly sound: (pointer: string) => boolean;
  /** An error reaches all entries: where they go, or as whom, is not sure. */
  readonly blocked: boolean;
  readonly problems: readonly Problem[];
}

/** Errors that reach no further than one setting (which then has its default), one entry, or a section that is not run. */
const CONFINED = new RegExp([
  /^\/agent\/(?!region$|logfile$|use_fips_endpoint$|credentials(?:\/|$))/,
  /^\/logs\/(?:force_flush_interval|concurrency|max_\w+|gzip|memory_budget|undeliverable|service\.name|deployment\.environment|metrics_collected)(?:\/|$)/,
  /^\/logs\/logs_collected\/(?!files$|files\/collect_list$)/,
  /^\/(?!agent(?:\/|$)|logs(?:\/|$))/,
].map(({ source }) => source).join('|'));

/** Validates a merged document. `earlier`: problems found while reading and merging it. */
export function checkDocument(root: JsonNode, earlier: readonly Problem[]): CheckedDocument {
  const value = plainValue(root);
  const found = validate(root, value);
  const document = value as Document;
  const problems = [...earlier, ...found, ...checkSections(root, document, found.filter(isError))];
  const errors = problems.filter(isError);
  const blocked = errors.some(({ pointer }) => !CONFINED.test(pointer));
  const sound = (pointer: string): boolean => !errors.some((error) => error.pointer === pointer || error.pointer.startsWith(`${pointer}/`));
  if (blocked) return { root, agent: {}, logs: {}, entries: [], metrics: null, sound, blocked, problems };
  const faults = new Set(errors.map(({ pointer }) => pointer));
  const broken = new Set(errors.flatMap(({ pointer }) => indexOfEntry(pointer) ?? []));
  const list = document.logs?.logs_collected?.files?.collect_list ?? [];
  return {
    root,
    agent: without(document.agent ?? {}, '/agent', faults),
    logs: without(document.logs ?? {}, '/logs', faults),
    entries: list.map((entry, index) => checkedEntry(entry, broken.has(index))),
    metrics: isObject(document.metrics) && isObject(document.metrics.metrics_collected) ? document.metrics : null,
    sound,
    blocked,
    problems,
  };
}

const wantsEmf = ({ metrics_collected: metrics }: Logs): boolean => isObject(metrics) && metrics.emf !== undefined;

const wantsPrometheus = ({ metrics_collected: metrics }: Logs): boolean => isObject(metrics) && metrics.prometheus !== undefined;

const isError = ({ severity }: Problem): boolean => severity === 'error';

function checkedEntry(entry: FileEntry, broken: boolean): CheckedEntry {
  const { file_path: path } = Object(entry) as { readonly file_path?: unknown };
  return { value: broken ? null : entry, path: typeof path === 'string' ? path : '' };
}

function indexOfEntry(pointer: string): number | null {
  if (!pointer.startsWith(`${ENTRIES}/`)) return null;
  return Number(pointer.slice(ENTRIES.length + 1).split('/')[0]);
}

function without<T extends object>(section: T, pointer: string, faults: ReadonlySet<string>): T {
  return Object.fromEntries(Object.entries(section).filter(([key]) => !faults.has(`${pointer}/${pointerToken(key)}`))) as T;
}

/** Whether compiling needs what only the instance metadata knows: then it is worth asking for. */
export function needsInstance({ agent, logs, entries, metrics, blocked }: CheckedDocument, env: Environment, inContainer: boolean): boolean {
  if (blocked) return false;
  const isNamed = (part: Pick<Agent, 'service.name' | 'deployment.environment'>): boolean => part['service.name'] !== undefined || part['deployment.environment'] !== undefined;
  if (metrics !== null && (asksForRegion(agent, { name: 'metrics', ...metrics }, env) || asksForInstanceDimensions(metrics) || isNamed(agent) || isNamed(metrics))) return true;
  const present = entries.flatMap(({ value }) => value ?? []);
  const defaultStream = logs.log_stream_name === undefined && !inContainer && (wantsEmf(logs) || present.some((entry) => entry.log_stream_name === undefined && !(entry.publish_multi_logs === true && entry.log_group_name !== undefined)));
  const entity = [agent, logs, ...present].some(isNamed);
  return (present.length > 0 || wantsEmf(logs)) && (asksForRegion(agent, { name: 'logs', ...logs }, env) || defaultStream || entity || namesOf(logs, present, env).some(asksForInstance));
}

/** Keys of the instance tags that names are made of: only these are asked for. */
export function instanceTags({ logs, entries, metrics, blocked }: CheckedDocument, env: Environment): ReadonlySet<string> {
  if (blocked) return new Set();
  const ofMetrics = metrics !== null && asksForInstanceDimensions(metrics) ? [AUTO_SCALING_TAG] : [];
  return new Set([...namesOf(logs, entries.flatMap(({ value }) => value ?? []), env).flatMap(tagsNamed), ...ofMetrics]);
}

/** Groups and streams as they are written, with their environment variables filled in. */
function namesOf(logs: Logs, entries: readonly FileEntry[], env: Environment): readonly string[] {
  return [logs.log_stream_name, ...entries.flatMap((entry) => [entry.log_group_name, entry.log_stream_name])]
    .flatMap((name) => (name === undefined ? [] : expandEnvironment(name, env).text));
}

/**
 * The Plan of a checked document, frozen, and all problems found on the way, in the order of the files. Entries with an
 * error are in `plan.disabled`; the plan is null when nothing is left that could run.
 */
export function compile(document: CheckedDocument, facts: HostFacts, env: Environment, globFault: GlobFault = () => null): { readonly plan: Plan | null; readonly problems: readonly Problem[] } {
  const report = new Reporter(document.root);
  const plan = document.blocked ? null : compilePlan(document, facts, env, globFault, report);
  return { plan: plan === null ? null : frozen(plan), problems: inOrder([...document.problems, ...report.problems]) };
}

/** Stands for a service that is not known, while the rest is looked at: nothing runs then. */
const NOWHERE: ServicePlan = { label: null, region: 'UNKNOWN-REGION', endpoint: null, roleArn: null, externalId: null, fips: null, dualStack: null };

function compilePlan({ agent, logs, entries, metrics, sound, problems }: CheckedDocument, facts: HostFacts, env: Environment, globFault: GlobFault, report: Reporter): Plan | null {
  const delivery = compileDelivery(logs);
  const compileOwnMetrics = (): MetricsPlan | null => metrics === null ? null : compileMetrics(metrics, { agent, facts, env, report, delivery, sound, defaultStream: facts.containerName ?? facts.instance?.instanceId ?? facts.hostname ?? 'UNKNOWN-HOST' });
  const rest = (): Pick<Plan, 'delivery' | 'reading' | 'log' | 'audit' | 'config'> => ({ audit: agent.audit !== false, delivery, reading: compileReading(logs), log: compileLog(agent, env, report), config: compileConfigPlan(agent) });
  const wantsLogs = entries.length > 0 || wantsEmf(logs) || wantsPrometheus(logs) || metrics?.metrics_destinations?.emf !== undefined;
  if (!wantsLogs && metrics !== null) {
    const own = compileOwnMetrics();
    const spool = compileSpool(logs, compileSharedRedact(logs, report) ?? [], compileGroupSettings(logs, '/logs', env, report));
    return own === null ? null : { service: { ...own.service, label: null }, ...rest(), entries: [], disabled: [], ownLogs: [], metrics: own, prometheus: null, emf: null, spool };
  }
  if (!wantsLogs) {
    // A misspelt collect_list is said where it stands.
    if (!problems.some((problem) => isError(problem) && problem.pointer.startsWith('/logs/logs_collected/files/'))) report.error('', 'nothing here is run by this version: no file is collected and no metric', { expected: '"logs": { "logs_collected": { "files": { "collect_list": [ … ] } } }, or "metrics": { "metrics_collected": { … } }' });
    return null;
  }
  const service = compileService(agent, { name: 'logs', ...logs }, facts, env, report);
  const fill = { facts, region: (service ?? NOWHERE).region, env, report };
  const stream = defaultStreamOf(logs.log_stream_name, fill);
  const ownLog = agent.logfile === undefined || agent.logfile === '' ? null : expanded(agent.logfile, env, '/agent/logfile', report);
  const ownLogs = ownLog === null ? [] : [posix.normalize(ownLog)];
  const context = { ...fill, defaultStream: stream ?? [], entityNames: entityDefaults(agent, ['logs', logs], facts, env, report) };
  const redact = compileSharedRedact(logs, report);
  const services = new EntryServices(service ?? NOWHERE, env, report);
  const from = report.problems.length;
  const group = compileGroupSettings(logs, '/logs', env, report);
  const isGroupSure = !report.problems.slice(from).some(({ severity }) => severity === 'error');
  const compiled = compileEntries(entries, new EntryCompiler(context, { delivery, services, group, ownLogs, globFault, redact: redact ?? [] }), report, problems);
  const emf = compileEmf(logs, stream ?? [], env, report);
  if (service === null || stream === null || redact === null || !isGroupSure) return null;
  const own = compileOwnMetrics();
  const prometheus = isObject(logs.metrics_collected) && logs.metrics_collected.prometheus !== undefined && sound('/logs/metrics_collected/prometheus') ? compilePrometheus(logs.metrics_collected.prometheus, env, report) : null;
  if (compiled.entries.length === 0 && emf === null && own === null && prometheus === null) return null;
  return { service, ...rest(), ...compiled, ownLogs, metrics: own, prometheus, emf, spool: compileSpool(logs, redact, group) };
}

function compileEntries(list: readonly CheckedEntry[], compiler: EntryCompiler, report: Reporter, earlier: readonly Problem[]): Pick<Plan, 'entries' | 'disabled'> {
  const entries: FileEntryPlan[] = [];
  const disabled: DisabledEntry[] = [];
  const conflicts = new ConflictCheck(report);
  const uses = new Map<string, number>();
  const reasons = new Map<number, Problem>();
  for (const problem of earlier) {
    const index = problem.severity === 'error' ? indexOfEntry(problem.pointer) : null;
    if (index !== null && !reasons.has(index)) reasons.set(index, problem);
  }
  for (const [index, { value, path }] of list.entries()) {
    const pointer = `${ENTRIES}/${index}`;
    const from = report.problems.length;
    const use = (uses.get(path) ?? 0) + 1;
    uses.set(path, use);
    const plan = value === null ? null : compiler.compile(value, pointer, use === 1 ? path : `${path}#${use}`);
    const failure = (): Problem | undefined => report.problems.slice(from).find(({ severity }) => severity === 'error');
    if (plan !== null && failure() === undefined && !conflicts.contradicts(plan)) entries.push(plan);
    else disabled.push({ pointer, pattern: path, reason: reasonOf(pointer, failure() ?? reasons.get(index)) });
  }
  return { entries: entries.map((entry) => conflicts.agreed(entry, compiler.groupDefaults)), disabled };
}

/** The problem in short: the key inside the entry, and what is the matter with it. */
function reasonOf(pointer: string, problem: Problem | undefined): string {
  if (problem === undefined) return 'the entry is wrong';
  const key = problem.pointer.slice(pointer.length + 1);
  return key === '' ? problem.message : `${key}: ${problem.message}`;
}

function frozen<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  for (const key in value) frozen(value[key]);
  return Object.freeze(value);
}
