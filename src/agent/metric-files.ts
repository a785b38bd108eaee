import { dirname } from 'node:path';
import { authFileOf, typeFilesOf } from '../metrics/collectd/files.ts';
import { AccessFault, reveal } from '../metrics/prometheus/access.ts';
import type { Access } from '../metrics/prometheus/access.ts';
import { configName, readConfigText } from '../metrics/prometheus/config-text.ts';
import { readScrapeConfig } from '../metrics/prometheus/scrape-config.ts';
import type { ScrapeJob } from '../metrics/prometheus/scrape-config.ts';
import { codeOf } from '../metrics/prometheus/target-files.ts';
import { targetOf } from '../metrics/prometheus/target.ts';
import { ConfigFault } from '../metrics/prometheus/yaml-section.ts';
import type { CollectdPlan, PrometheusPlan } from '../metrics-plan.ts';
import type { Plan } from '../plan.ts';
import { compilePattern } from '../records/pattern.ts';

/** What is wrong with a file that the config names and a collector reads while it runs. */
export interface FileFault {
  readonly file: string;
  /** Null: the file as a whole. */
  readonly line: number | null;
  /** `error`: nothing of it can run before a person mends it. A file that is not there yet is none: another program may bring it. */
  readonly severity: 'error' | 'warning' | 'not-run';
  readonly message: string;
  readonly expected: string | null;
}

const SILENT = { trouble: () => undefined, recovered: () => undefined };

/** Looks into the scrape config of Prometheus and the files of collectd, as the running agent would. */
export async function metricFileFaults({ metrics, prometheus }: Pick<Plan, 'metrics' | 'prometheus'>): Promise<readonly FileFault[]> {
  const collectd = metrics?.collectd ?? null;
  return [...(collectd === null ? [] : await collectdFaults(collectd)), ...(prometheus === null ? [] : await scrapeFaults(prometheus))];
}

async function collectdFaults(plan: CollectdPlan): Promise<readonly FileFault[]> {
  const faults: FileFault[] = [];
  for (const file of [authFileOf(plan, SILENT), ...typeFilesOf(plan, SILENT)]) {
    await file.look();
    if (file.fault !== null) faults.push({ file: file.path, line: null, severity: 'warning', message: file.fault, expected: null });
    for (const line of file.content?.badLines ?? []) faults.push({ file: file.path, line, severity: 'warning', message: 'cannot be read and is left out', expected: file.line });
  }
  return faults;
}

async function scrapeFaults({ pointer, config }: PrometheusPlan): Promise<readonly FileFault[]> {
  const file = configName(config);
  try {
    const { text } = await readConfigText(config, '');
    const { jobs, remarks } = await readScrapeConfig(text ?? '', 'path' in config ? dirname(config.path) : '/', compilePattern);
    return [
      ...remarks.map(({ line, what, notRun }): FileFault => ({ file, line, severity: notRun ? 'not-run' : 'warning', message: what, expected: null })),
      ...(await Promise.all(jobs.map(jobFaults))).flat().map((message): FileFault => ({ file, line: null, severity: 'warning', message, expected: null })),
    ];
  } catch (error) {
    if (error instanceof ConfigFault) return [{ file, line: error.line, severity: 'error', message: `${error.what}; nothing is scraped until it can be read`, expected: 'a scrape config of Prometheus' }];
    return [{ file, line: null, severity: 'warning', message: `the scrape config of Prometheus cannot be read (${codeOf(error)}); nothing is scraped until it can be`, expected: `a file that the agent may read, or another one in ${pointer}/prometheus_config_path` }];
  }
}

/** Targets without an address, and files of passwords and certificates that cannot be read. */
async function jobFaults(job: ScrapeJob): Promise<readonly string[]> {
  const faults = job.groups.flatMap(({ targets, labels }) => targets.flatMap((address) => {
    const target = targetOf(job, address, labels);
    return typeof target === 'string' ? `job "${job.name}": the target ${JSON.stringify(address.replace(/^.*@/s, '…@'))} is ${target}; it is not scraped` : [];
  }));
  for (const secret of secretsOf(job.access)) {
    try {
      await reveal(secret);
    } catch (error) {
      if (!(error instanceof AccessFault)) throw error;
      faults.push(`job "${job.name}": ${error.message}; its targets give no metrics but up = 0 until it can be read`);
    }
  }
  return faults;
}

function secretsOf({ authorization, tls: { ca, cert, key } }: Access): readonly Parameters<typeof reveal>[0][] {
  const own = authorization === null ? [] : 'scheme' in authorization ? [authorization.secret] : [authorization.user, authorization.password];
  return [...own, ca, cert, key].filter((secret) => secret !== null);
}
