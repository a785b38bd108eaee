// The scrape config of Prometheus: https://prometheus.io/docs/prometheus/latest/configuration/configuration/
import { isAbsolute, join } from 'node:path';
import { readAccess } from './access.ts';
import type { Access } from './access.ts';
import { readRules } from './relabel-config.ts';
import type { CompilePattern } from './relabel-config.ts';
import type { RelabelRule } from './relabel.ts';
import { ConfigFault, parseYaml } from './yaml-section.ts';
import type { Section } from './yaml-section.ts';

/** Addresses, and labels they have in common. */
export interface TargetGroup { readonly targets: readonly string[]; readonly labels: ReadonlyMap<string, string> }

export interface ScrapeJob {
  readonly name: string;
  readonly intervalMs: number;
  readonly timeoutMs: number;
  readonly path: string;
  readonly scheme: string;
  readonly params: ReadonlyMap<string, readonly string[]>;
  readonly honorLabels: boolean;
  readonly honorTimestamps: boolean;
  readonly followRedirects: boolean;
  readonly access: Access;
  readonly groups: readonly TargetGroup[];
  /** Absolute paths with at most one `*`, in the last part. */
  readonly targetFiles: readonly string[];
  readonly relabel: readonly RelabelRule[];
  readonly metricRelabel: readonly RelabelRule[];
  /** Samples of one scrape; 0: no limit. */
  readonly sampleLimit: number;
  /** Bytes of one answer, unpacked. */
  readonly bodyLimit: number;
  /** The same text as long as nothing of the job has changed but its targets. */
  readonly identity: string;
}

export interface ScrapeConfig {
  readonly externalLabels: ReadonlyMap<string, string>;
  readonly jobs: readonly ScrapeJob[];
  /** What is not run, and why: for a person, once. */
  readonly remarks: readonly Remark[];
}

/** Something of a config that has no effect. `notRun`: it is sound, but nothing that this agent does. */
export interface Remark { readonly line: number; readonly what: string; readonly notRun: boolean }

/** As a person reads it. */
export const remarkText = ({ line, what }: Pick<Remark, 'line' | 'what'>): string => `line ${line}: ${what}`;

/** Prometheus's own. */
const DEFAULT_INTERVAL_MS = 60_000;
const DEFAULT_TIMEOUT_MS = 10_000;
/** An answer is held in memory while it is read; the largest exporters have some 50 MB. */
const DEFAULT_BODY_BYTES = 64 * 1024 * 1024;
const MAX_JOBS = 1_000;
/** Sections of Prometheus itself, which are about what this agent does not do. */
const OTHER_DUTIES = new Set(['alerting', 'otlp', 'remote_read', 'remote_write', 'rule_files', 'runtime', 'scrape_config_files', 'storage', 'tracing']);
const TARGET_FILE = /^[^*]*(?:\*[^/*]*)?\.(?:json|ya?ml)$/i;

/**
 * Reads a config. A job with a mistake is left out, and said in `remarks`; throws ConfigFault when nothing can be read.
 * @param folder what relative paths in it begin from.
 */
export async function readScrapeConfig(text: string, folder: string, compile: CompilePattern): Promise<ScrapeConfig> {
  const root = await parseYaml(text);
  const remarks: Remark[] = [];
  const global = root.section('global');
  const defaults = { intervalMs: global?.duration('scrape_interval', DEFAULT_INTERVAL_MS) ?? DEFAULT_INTERVAL_MS, timeoutMs: global?.duration('scrape_timeout', DEFAULT_TIMEOUT_MS) ?? DEFAULT_TIMEOUT_MS };
  const externalLabels = global?.section('external_labels')?.pairs() ?? new Map<string, string>();
  global?.text('evaluation_interval');
  const jobs = new Map<string, ScrapeJob>();
  const sections = root.sections('scrape_configs');
  for (const section of sections.slice(0, MAX_JOBS)) {
    try {
      const job = readJob(section, defaults, folder, compile);
      if (jobs.has(job.name)) throw section.fault('job_name', `"${job.name}" is the name of an earlier job`);
      jobs.set(job.name, job);
      remarks.push(...unreadRemarks(section, ` of job "${job.name}"`));
    } catch (error) {
      if (!(error instanceof ConfigFault)) throw error;
      remarks.push({ line: error.line ?? section.line(), what: `${error.what}: the job is left out`, notRun: false });
    }
  }
  if (sections.length > MAX_JOBS) remarks.push({ line: sections[MAX_JOBS]!.line(), what: `more than ${MAX_JOBS} jobs: this one and those behind it are left out`, notRun: false });
  return { externalLabels, jobs: [...jobs.values()], remarks: [...(global === null ? [] : unreadRemarks(global, ' of global')), ...unreadRemarks(root, ''), ...remarks] };
}

function readJob(section: Section, defaults: { readonly intervalMs: number; readonly timeoutMs: number }, folder: string, compile: CompilePattern): ScrapeJob {
  const name = section.text('job_name') ?? '';
  if (name === '') throw section.fault('job_name', 'is missing');
  const intervalMs = section.duration('scrape_interval', defaults.intervalMs);
  const timeoutMs = section.duration('scrape_timeout', Math.min(defaults.timeoutMs, intervalMs));
  if (timeoutMs > intervalMs) throw section.fault('scrape_timeout', 'is longer than the interval');
  const scheme = section.text('scheme') ?? 'http';
  if (scheme !== 'http' && scheme !== 'https') throw section.fault('scheme', 'should be http or https');
  const job = {
    name, intervalMs, timeoutMs, scheme,
    path: section.text('metrics_path') ?? '/metrics',
    params: section.section('params')?.lists() ?? new Map<string, readonly string[]>(),
    honorLabels: section.flag('honor_labels', false),
    honorTimestamps: section.flag('honor_timestamps', true),
    followRedirects: section.flag('follow_redirects', true),
    access: readAccess(section, folder),
    relabel: readRules(section, 'relabel_configs', compile),
    metricRelabel: readRules(section, 'metric_relabel_configs', compile),
    sampleLimit: section.whole('sample_limit', 0),
    bodyLimit: section.size('body_size_limit') || DEFAULT_BODY_BYTES,
  };
  return { ...job, groups: section.sections('static_configs').map(readGroup), targetFiles: targetFiles(section, folder), identity: JSON.stringify(job, (_, value: unknown) => (value instanceof Map ? [...value] : value instanceof RegExp ? String(value) : value)) };
}

/** One element of `static_configs`, or of a file of targets. */
export function readGroup(section: Section): TargetGroup {
  return { targets: section.texts('targets'), labels: section.section('labels')?.pairs() ?? new Map() };
}

function targetFiles(section: Section, folder: string): readonly string[] {
  return section.sections('file_sd_configs').flatMap((discovery) => {
    discovery.duration('refresh_interval', DEFAULT_INTERVAL_MS);
    return discovery.texts('files').map((path) => {
      if (!TARGET_FILE.test(path)) throw discovery.fault('files', `"${path}" should end in .json, .yml or .yaml, with at most one * in its last part`);
      return isAbsolute(path) ? path : join(folder, path);
    });
  });
}

function unreadRemarks(section: Section, where: string): readonly Remark[] {
  return section.unread().map((name) => {
    const [line, place] = [section.line(name), `"${name}"${where}`];
    if (/_sd_configs?$/.test(name)) return { line, what: `${place} is not run by this agent: targets come from static_configs and file_sd_configs`, notRun: true };
    if (OTHER_DUTIES.has(name)) return { line, what: `${place} is not run by this agent: it only scrapes`, notRun: true };
    return { line, what: `${place} is not a setting that this agent knows: it has no effect`, notRun: false };
  });
}
