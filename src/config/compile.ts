import { posix } from 'node:path';
import type { MetricsPlan } from '../metrics-plan.ts';
import type { DisabledEntry, FileEntryPlan, JournalEntryPlan, Plan, ServicePlan } from '../plan.ts';
import { checkSections } from './check-sections.ts';
import { ENTRIES, EntryCompiler, compileDelivery, compileReading, type GlobFault } from './compile-logs.ts';
import { compileEmf, compileSpool } from './compile-emf.ts';
import { JOURNAL_ENTRIES, JournalCompiler } from './compile-journald.ts';
import { AUTO_SCALING_TAG } from './compile-collectors.ts';
import { asksForInstanceDimensions, compileMetrics } from './compile-metrics.ts';
import { compilePrometheus } from './compile-prometheus.ts';
import { compileConfigPlan } from './compile-rollout.ts';
import { compileLog } from './compile-log.ts';
import { compileSharedRedact } from './compile-redact.ts';
import { defaultStreamOf, entityDefaults } from './compile-naming.ts';
import { compileGroupSettings, type GroupSettings } from './compile-group.ts';
import { EntryServices, asksForRegion, compileService, expanded } from './compile-service.ts';
import { ConflictCheck } from './conflicts.ts';
import type { Agent, Document, FileEntry, JournaldEntry, Logs, Metrics } from './generated/document.generated.ts';
import { isObject, plainValue, pointerToken, type JsonNode } from './json-tree.ts';
import { asksForInstance, expandEnvironment, tagsNamed, type Environment, type HostFacts } from './placeholders.ts';
import { inOrder, type Problem } from './problem.ts';
import { Reporter } from './reporter.ts';
import { validate } from './validate.ts';

/** An item of a collect_list. */
export interface CheckedEntry<E> {
  /** Null where the schema is violated. */
  readonly value: E | null;
  /** `file_path`, or of a journald entry `log_group_name`, as written, or empty. */
  readonly name: string;
}

/** A document held against the schema: what of it can be compiled, and what is wrong with it. */
export interface CheckedDocument {
  readonly root: JsonNode;
  readonly agent: Agent;
  readonly logs: Logs;
  readonly entries: readonly CheckedEntry<FileEntry>[];
  readonly journald: readonly CheckedEntry<JournaldEntry>[];
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
  if (blocked) return { root, agent: {}, logs: {}, entries: [], journald: [], metrics: null, sound, blocked, problems };
  const faults = new Set(errors.map(({ pointer }) => pointer));
  const broken = new Set(errors.flatMap(({ pointer }) => entryOf(pointer) ?? []));
  const { files, journald } = document.logs?.logs_collected ?? {};
  const checked = <E extends object>(list: readonly E[] | undefined, pointer: string, name: keyof E): readonly CheckedEntry<E>[] =>
    (Array.isArray(list) ? list : []).map((entry: E, index) => {
      const written: unknown = Object(entry)[name];
      return { value: broken.has(`${pointer}/${index}`) ? null : entry, name: typeof written === 'string' ? written : '' };
    });
  return {
    root,
    agent: without(document.agent ?? {}, '/agent', faults),
    logs: without(document.logs ?? {}, '/logs', faults),
    entries: checked(files?.collect_list, ENTRIES, 'file_path'),
    journald: checked(journald?.collect_list, JOURNAL_ENTRIES, 'log_group_name'),
    metrics: isObject(document.metrics) && isObject(document.metrics.metrics_collected) ? document.metrics : null,
    sound,
    blocked,
    problems,
  };
}

const wantsEmf = ({ metrics_collected: metrics }: Logs): boolean => isObject(metrics) && metrics.emf !== undefined;

const wantsPrometheus = ({ metrics_collected: metrics }: Logs): boolean => isObject(metrics) && metrics.prometheus !== undefined;

const isError = ({ severity }: Problem): boolean => severity === 'error';

/** Pointer of the entry that a pointer leads to, or into; null for none. */
function entryOf(pointer: string): string | null {
  const list = [ENTRIES, JOURNAL_ENTRIES].find((one) => pointer.startsWith(`${one}/`));
  return list === undefined ? null : `${list}/${pointer.slice(list.length + 1).split('/')[0]}`;
}

function without<T extends object>(section: T, pointer: string, faults: ReadonlySet<string>): T {
  return Object.fromEntries(Object.entries(section).filter(([key]) => !faults.has(`${pointer}/${pointerToken(key)}`))) as T;
}

/** Whether compiling needs what only the instance metadata knows: then it is worth asking for. */
export function needsInstance({ agent, logs, entries, journald, metrics, blocked }: CheckedDocument, env: Environment, inContainer: boolean): boolean {
  if (blocked) return false;
  const isNamed = (part: Pick<Agent, 'service.name' | 'deployment.environment'>): boolean => part['service.name'] !== undefined || part['deployment.environment'] !== undefined;
  if (metrics !== null && (asksForRegion(agent, { name: 'metrics', ...metrics }, env) || asksForInstanceDimensions(metrics) || isNamed(agent) || isNamed(metrics))) return true;
  const present = entries.flatMap(({ value }) => value ?? []);
  const journals = journald.flatMap(({ value }) => value ?? []);
  if (!inContainer && journals.some((entry) => entry.log_stream_name === undefined)) return true;
  const defaultStream = logs.log_stream_name === undefined && !inContainer && (wantsEmf(logs) || present.some((entry) => entry.log_stream_name === undefined && !(entry.publish_multi_logs === true && entry.log_group_name !== undefined)));
  const entity = [agent, logs, ...present].some(isNamed);
  return (present.length > 0 || journals.length > 0 || wantsEmf(logs)) && (asksForRegion(agent, { name: 'logs', ...logs }, env) || defaultStream || entity || namesOf(logs, [...present, ...journals], env).some(asksForInstance));
}

/** Keys of the instance tags that names are made of: only these are asked for. */
export function instanceTags({ logs, entries, journald, metrics, blocked }: CheckedDocument, env: Environment): ReadonlySet<string> {
  if (blocked) return new Set();
  const ofMetrics = metrics !== null && asksForInstanceDimensions(metrics) ? [AUTO_SCALING_TAG] : [];
  return new Set([...namesOf(logs, [...entries, ...journald].flatMap(({ value }) => value ?? []), env).flatMap(tagsNamed), ...ofMetrics]);
}

/** Groups and streams as they are written, with their environment variables filled in. */
function namesOf(logs: Logs, entries: readonly Pick<FileEntry, 'log_group_name' | 'log_stream_name'>[], env: Environment): readonly string[] {
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

function compilePlan({ agent, logs, entries, journald, metrics, sound, problems }: CheckedDocument, facts: HostFacts, env: Environment, globFault: GlobFault, report: Reporter): Plan | null {
  const delivery = compileDelivery(logs);
  const compileOwnMetrics = (): MetricsPlan | null => metrics === null ? null : compileMetrics(metrics, { agent, facts, env, report, delivery, sound, defaultStream: facts.containerName ?? facts.instance?.instanceId ?? facts.hostname ?? 'UNKNOWN-HOST' });
  const rest = (): Pick<Plan, 'delivery' | 'reading' | 'log' | 'audit' | 'config'> => ({ audit: agent.audit !== false, delivery, reading: compileReading(logs), log: compileLog(agent, env, report), config: compileConfigPlan(agent) });
  const wantsLogs = entries.length > 0 || journald.length > 0 || wantsEmf(logs) || wantsPrometheus(logs) || metrics?.metrics_destinations?.emf !== undefined;
  if (!wantsLogs && metrics !== null) {
    const own = compileOwnMetrics();
    const spool = compileSpool(logs, compileSharedRedact(logs, report) ?? [], compileGroupSettings(logs, '/logs', env, report));
    return own === null ? null : { service: { ...own.service, label: null }, ...rest(), entries: [], journald: [], disabled: [], ownLogs: [], metrics: own, prometheus: null, emf: null, spool };
  }
  if (!wantsLogs) {
    // A misspelt collect_list is said where it stands.
    if (!problems.some((problem) => isError(problem) && /^\/logs\/logs_collected\/(?:files|journald)\//.test(problem.pointer))) report.error('', 'nothing here is run by this version: no file is collected and no metric', { expected: '"logs": { "logs_collected": { "files": { "collect_list": [ … ] } } }, or "metrics": { "metrics_collected": { … } }' });
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
  const shared = { delivery, services, group, ownLogs, globFault, redact: redact ?? [] };
  // As with the CloudWatch agent, log_stream_name of logs is not for the journal.
  const journals = new JournalCompiler({ ...context, defaultStream: defaultStreamOf(undefined, fill) ?? [] }, shared);
  const compiled = compileEntries({ files: entries, journald }, { files: new EntryCompiler(context, shared), journald: journals }, group, report, problems);
  const emf = compileEmf(logs, stream ?? [], env, report);
  if (service === null || stream === null || redact === null || !isGroupSure) return null;
  const own = compileOwnMetrics();
  const prometheus = isObject(logs.metrics_collected) && logs.metrics_collected.prometheus !== undefined && sound('/logs/metrics_collected/prometheus') ? compilePrometheus(logs.metrics_collected.prometheus, env, report) : null;
  if (compiled.entries.length === 0 && compiled.journald.length === 0 && emf === null && own === null && prometheus === null) return null;
  return { service, ...rest(), ...compiled, ownLogs, metrics: own, prometheus, emf, spool: compileSpool(logs, redact, group) };
}

interface Entries { readonly files: readonly CheckedEntry<FileEntry>[]; readonly journald: readonly CheckedEntry<JournaldEntry>[] }
interface Compilers { readonly files: EntryCompiler; readonly journald: JournalCompiler }

function compileEntries({ files, journald }: Entries, compilers: Compilers, group: GroupSettings, report: Reporter, earlier: readonly Problem[]): Pick<Plan, 'entries' | 'journald' | 'disabled'> {
  const disabled: DisabledEntry[] = [];
  const conflicts = new ConflictCheck(report);
  const reasons = new Map<string, Problem>();
  for (const problem of earlier) {
    const entry = problem.severity === 'error' ? entryOf(problem.pointer) : null;
    if (entry !== null && !reasons.has(entry)) reasons.set(entry, problem);
  }
  const compileList = <E, P extends FileEntryPlan | JournalEntryPlan>(list: readonly CheckedEntry<E>[], place: string, prefix: string, compileOne: (value: E, pointer: string, key: string) => P): readonly P[] => {
    const uses = new Map<string, number>();
    return list.flatMap(({ value, name }, index) => {
      const pointer = `${place}/${index}`;
      const from = report.problems.length;
      const use = (uses.get(name) ?? 0) + 1;
      uses.set(name, use);
      const key = `${prefix}${name}${use === 1 ? '' : `#${use}`}`;
      const plan = value === null ? null : compileOne(value, pointer, key);
      const failure = (): Problem | undefined => report.problems.slice(from).find(({ severity }) => severity === 'error');
      if (plan !== null && failure() === undefined && !conflicts.contradicts(plan)) return [plan];
      disabled.push({ pointer, pattern: `${prefix}${name}`, reason: reasonOf(pointer, failure() ?? reasons.get(pointer)) });
      return [];
    });
  };
  const entries = compileList(files, ENTRIES, '', (value, pointer, key) => compilers.files.compile(value, pointer, key));
  const journals = compileList(journald, JOURNAL_ENTRIES, 'journald ', (value, pointer, key) => compilers.journald.compile(value, pointer, key));
  return { entries: entries.map((entry) => conflicts.agreed(entry, group)), journald: journals.map((entry) => conflicts.agreed(entry, group)), disabled };
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
