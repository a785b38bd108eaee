// A scraping agent's part, on real targets: what it gives, and what it says.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { RequestListener, Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LifetimeControl } from '../../src/lifecycle/lifetime.ts';
import type { EmfExtractionPlan, PrometheusPlan } from '../../src/metrics-plan.ts';
import { createPrometheus } from '../../src/metrics/prometheus/prometheus.ts';
import type { Prometheus } from '../../src/metrics/prometheus/prometheus.ts';
import { compilePattern } from '../../src/records/pattern.ts';
import type { PatternPlan } from '../../src/plan.ts';

export interface Written { readonly group: string; readonly stream: string; readonly event: Readonly<Record<string, unknown>> }

/** Throws for what RE2 does not take. */
export function pattern(source: string): PatternPlan {
  const compiled = compilePattern(source);
  if ('problem' in compiled) throw new Error(compiled.problem);
  return compiled;
}

export interface Scraping extends AsyncDisposable {
  readonly prometheus: Prometheus;
  readonly events: readonly Written[];
  readonly said: readonly string[];
  /** What is in trouble now. */
  readonly subjects: readonly string[];
  /** The temporary folder in which the scrape config lies. */
  readonly folder: string;
  write(config: string): void;
  /** Ends scraping; what was given stays. */
  stop(): Promise<void>;
  /** Of the events, those with the metric. */
  of(metric: string): readonly Readonly<Record<string, unknown>>[];
}

/** Scrapes after this config until it is disposed of. */
export function scrape(config: string, { extraction = null, cluster = null }: { readonly extraction?: EmfExtractionPlan | null; readonly cluster?: string | null } = {}): Scraping {
  const folder = mkdtempSync(join(tmpdir(), 'prometheus-'));
  const path = join(folder, 'prometheus.yaml');
  writeFileSync(path, config);
  const events: Written[] = [];
  const said: string[] = [];
  const last = new Map<string, string>();
  const plan: PrometheusPlan = { pointer: '/logs/metrics_collected/prometheus', config: { path }, logGroup: '/prometheus', cluster, extraction };
  const prometheus = createPrometheus(plan, {
    compile: compilePattern, now: Date.now, lookMs: 50,
    sink: (group, stream, given) => {
      for (const event of given) {
        if (event.includes('\n')) throw new Error('an event of several lines');
        events.push({ group, stream, event: JSON.parse(event) as Written['event'] });
      }
    },
    report: {
      note: (message) => { said.push(`note: ${message}`); },
      trouble: (subject, message) => {
        if (last.get(subject) !== message) said.push(`trouble: ${message}`);
        last.set(subject, message);
      },
      recovered: (subject, message) => { if (last.delete(subject)) said.push(`recovered: ${message}`); },
    },
  });
  const life = new LifetimeControl();
  const done = prometheus.run(life);
  const stop = async (): Promise<void> => {
    life.requestStop();
    await done;
  };
  return {
    prometheus, events, said, folder, stop,
    get subjects() { return [...last.keys()]; },
    write: (text) => { writeFileSync(path, text); },
    of: (metric) => events.map(({ event }) => event).filter((event) => Object.hasOwn(event, metric)),
    async [Symbol.asyncDispose]() {
      await stop();
      rmSync(folder, { recursive: true });
    },
  };
}

export interface Exporter extends AsyncDisposable { readonly address: string; readonly server: Server }

/** An HTTP server on the loopback. */
export async function exporter(listener: RequestListener, port = 0): Promise<Exporter> {
  const server = createServer(listener);
  await new Promise<void>((resolve, reject) => { server.once('error', reject).listen(port, '127.0.0.1', resolve); });
  return {
    server, address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => { server.close(resolve); });
    },
  };
}
