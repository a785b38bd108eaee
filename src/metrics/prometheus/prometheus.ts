import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Lifetime, Service } from '../../lifecycle/lifetime.ts';
import type { PrometheusPlan } from '../../metrics-plan.ts';
import { Allowance } from '../allowance.ts';
import type { SamplerReport } from '../sampler.ts';
import { configName, readConfigText } from './config-text.ts';
import { newCounts } from './counts.ts';
import type { PrometheusCounts } from './counts.ts';
import { Declarations } from './declarations.ts';
import { Room } from './fetch.ts';
import type { CompilePattern } from './relabel-config.ts';
import { readScrapeConfig, remarkText } from './scrape-config.ts';
import type { ScrapeConfig } from './scrape-config.ts';
import { signature } from './sample.ts';
import { GONE, Scraper } from './scraper.ts';
import { TargetFiles, codeOf } from './target-files.ts';
import { targetOf } from './target.ts';
import type { Target } from './target.ts';
import { Turns } from './turns.ts';
import { ConfigFault } from './yaml-section.ts';

export interface PrometheusOptions {
  /** Takes log events, each one JSON object without a newline. Never waits, never throws. */
  readonly sink: (group: string, stream: string, events: readonly string[]) => void;
  /** `compilePattern` of records/. */
  readonly compile: CompilePattern;
  readonly report: SamplerReport & { note(message: string): void };
  /** Epoch milliseconds. */
  readonly now: () => number;
  /** How often the config and the files of targets are looked at, in milliseconds: 5,000. */
  readonly lookMs?: number;
}

/** Scrapes Prometheus targets until its lifetime ends. */
export interface Prometheus extends Service {
  readonly counts: Readonly<PrometheusCounts>;
  /** Targets that are scraped now. */
  readonly targets: number;
}

const LOOK_MS = 5_000;
const MAX_TARGETS = 5_000;
/** Answers of all targets that are in memory. With the samples of one, and the counters of all, within what the agent's service may have. */
const MAX_ANSWER_BYTES = 64 * 1024 * 1024;

/** Counters of all targets that are remembered: some 75 MB. */
const MAX_SERIES = 300_000;

interface Running { readonly ended: AbortController; readonly done: Promise<void> }

/** Scrapes what the scrape config of the plan names, from `run` on; the config and files of targets are read again when they change. */
export function createPrometheus(plan: PrometheusPlan, options: PrometheusOptions): Prometheus {
  return new PrometheusService(plan, options);
}

class PrometheusService implements Prometheus {
  readonly name = 'prometheus';
  readonly counts: PrometheusCounts = newCounts();
  readonly #plan: PrometheusPlan;
  readonly #o: PrometheusOptions;
  readonly #declarations: Declarations | null;
  readonly #files: TargetFiles;
  readonly #room = new Room(MAX_ANSWER_BYTES);
  readonly #turns = new Turns();
  readonly #series = new Allowance(MAX_SERIES);
  readonly #running = new Map<string, Running>();
  #config: ScrapeConfig | null = null;
  #stamp = '';

  constructor(plan: PrometheusPlan, options: PrometheusOptions) {
    this.#plan = plan;
    this.#o = options;
    this.#declarations = plan.extraction === null ? null : new Declarations(plan.extraction);
    this.#files = new TargetFiles(options.report);
  }

  get targets(): number { return this.#running.size; }

  async run({ stop }: Lifetime): Promise<void> {
    try {
      while (!stop.aborted) {
        await this.#lookAtConfig();
        if (this.#config !== null) await this.#follow(this.#config, stop);
        await delay(this.#o.lookMs ?? LOOK_MS, undefined, { signal: stop });
      }
    } catch (error) {
      if (!stop.aborted) throw error;
    } finally {
      for (const { ended } of this.#running.values()) ended.abort();
      await Promise.all([...this.#running.values()].map(({ done }) => done));
    }
  }

  /** Reads the config when it is another than before. What cannot be read leaves the former one running. */
  async #lookAtConfig(): Promise<void> {
    const { config } = this.#plan;
    const name = configName(config);
    const subject = `prometheus config ${name}`;
    try {
      const { text, stamp } = await readConfigText(config, this.#stamp);
      if (text === null) return;
      this.#stamp = stamp;
      const read = await readScrapeConfig(text, 'path' in config ? dirname(config.path) : '/', this.#o.compile);
      const said = this.#config?.remarks.map(remarkText) ?? [];
      this.#config = read;
      for (const remark of read.remarks.map(remarkText)) if (!said.includes(remark)) this.#o.report.note(`${name}, the scrape config of Prometheus: ${remark}`);
      this.#o.report.recovered(subject, `${name}, the scrape config of Prometheus, is read again`);
    } catch (error) {
      // What could not be read is read when it can be; what was wrong, when it has changed.
      if (!(error instanceof ConfigFault)) this.#stamp = '';
      const cause = error instanceof ConfigFault ? error.message : `cannot be read: ${codeOf(error)}`;
      this.#o.report.trouble(subject, `${name}, the scrape config of Prometheus: ${cause}. ${this.#config === null ? 'Nothing is scraped until it can be read' : 'The former one goes on until it can be read'}`);
    }
  }

  /** Begins with targets that are new and ends with those that are gone; the others go on undisturbed. */
  async #follow(config: ScrapeConfig, stop: AbortSignal): Promise<void> {
    const wanted = await this.#targets(config);
    for (const [key, { ended }] of this.#running) {
      if (wanted.has(key)) continue;
      ended.abort(GONE);
      this.#running.delete(key);
    }
    for (const [key, target] of wanted) if (!this.#running.has(key) && !stop.aborted) this.#begin(key, target, config);
  }

  async #targets(config: ScrapeConfig): Promise<ReadonlyMap<string, Target>> {
    const files = await this.#files.groups(config.jobs.flatMap(({ targetFiles }) => targetFiles));
    const wanted = new Map<string, Target>();
    let beyond = 0;
    for (const job of config.jobs) {
      let wrong: string | null = null;
      for (const { targets, labels } of [...job.groups, ...job.targetFiles.flatMap((pattern) => files.get(pattern) ?? [])]) {
        for (const address of targets) {
          const target = targetOf(job, address, labels);
          if (typeof target === 'string') wrong ??= `${JSON.stringify(address.replace(/^.*@/s, '…@'))} is ${target}`;
          else if (target !== null && wanted.size < MAX_TARGETS) wanted.set(`${target.key} ${signature(config.externalLabels)}`, target);
          else if (target !== null) beyond += 1;
        }
      }
      const subject = `prometheus job ${job.name}`;
      if (wrong === null) this.#o.report.recovered(subject, `all targets of the Prometheus job "${job.name}" have addresses again`);
      else this.#o.report.trouble(subject, `Prometheus job "${job.name}": the target ${wrong}; it is not scraped`);
    }
    if (beyond === 0) this.#o.report.recovered('prometheus targets', 'no Prometheus target is too many any more');
    else this.#o.report.trouble('prometheus targets', `${beyond} Prometheus targets beyond the first ${MAX_TARGETS} are not scraped: share them out among more hosts, or drop some with relabel_configs`);
    return wanted;
  }

  #begin(key: string, target: Target, { externalLabels }: ScrapeConfig): void {
    const ended = new AbortController();
    const scraper = new Scraper(target, {
      form: { cluster: this.#plan.cluster, externalLabels, declarations: this.#declarations },
      sink: (stream, events) => { this.#o.sink(this.#plan.logGroup, stream, events); },
      series: this.#series,
      report: this.#o.report, counts: this.counts, room: this.#room, turns: this.#turns, now: this.#o.now,
    });
    const done = scraper.run(ended.signal).catch((error: unknown) => {
      this.#o.report.trouble(scraper.subject, `Prometheus job "${target.job.name}": a scrape ended with a fault of this agent (${(error as Error).name}); it begins anew`);
      this.#running.delete(key);
    });
    this.#running.set(key, { ended, done });
  }
}
