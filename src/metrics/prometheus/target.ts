import { hash } from 'node:crypto';
import { durationOf } from './duration.ts';
import { relabel } from './relabel.ts';
import { signature } from './sample.ts';
import type { ScrapeJob } from './scrape-config.ts';

/** An address that is scraped. */
export interface Target {
  readonly job: ScrapeJob;
  readonly url: URL;
  /** What its metrics have: `job`, `instance` and what the config adds. */
  readonly labels: ReadonlyMap<string, string>;
  readonly intervalMs: number;
  readonly timeoutMs: number;
  /** The same text as long as it is the same target, scraped in the same way. A hash: what it stands for may hold secrets. */
  readonly key: string;
}

/** What an address may be made of: a name, IPv4 or [IPv6], and a port. No user, path or query hides in it. */
const ADDRESS = /^(?:[^\s/@?#[\]:]+|\[[0-9a-f:.%a-z]+\])(?::\d{1,5})?$/i;
const PARAM = '__param_';

/**
 * The target of an address with the labels of its group, after the job's relabeling.
 * @returns null when a rule drops it; a text says what is wrong.
 */
export function targetOf(job: ScrapeJob, address: string, groupLabels: ReadonlyMap<string, string>): Target | string | null {
  const labels = new Map<string, string>([
    ['job', job.name], ['__scheme__', job.scheme], ['__metrics_path__', job.path],
    ['__scrape_interval__', `${job.intervalMs}ms`], ['__scrape_timeout__', `${job.timeoutMs}ms`],
    ...[...job.params].flatMap(([name, [first]]): [string, string][] => (first === undefined ? [] : [[PARAM + name, first]])),
    ...groupLabels, ['__address__', address],
  ]);
  if (!relabel(labels, job.relabel)) return null;
  const found = labels.get('__address__') ?? '';
  if (!ADDRESS.test(found)) return 'no address of the form host:port';
  const intervalMs = durationOf(labels.get('__scrape_interval__') ?? '');
  const timeoutMs = durationOf(labels.get('__scrape_timeout__') ?? '');
  if (intervalMs === null || timeoutMs === null || timeoutMs > intervalMs) return 'an interval or timeout that is none, after relabeling';
  const url = urlOf(job, found, labels);
  if (url === null) return 'no address that a URL can have';
  if (!labels.has('instance')) labels.set('instance', found);
  for (const [name, value] of [...labels]) if (name.startsWith('__') || value === '') labels.delete(name);
  return { job, url, labels, intervalMs, timeoutMs, key: hash('sha256', JSON.stringify([job.identity, url.href, signature(labels), intervalMs, timeoutMs])) };
}

function urlOf(job: ScrapeJob, address: string, labels: ReadonlyMap<string, string>): URL | null {
  const scheme = labels.get('__scheme__');
  const path = labels.get('__metrics_path__') ?? '';
  if (scheme !== 'http' && scheme !== 'https') return null;
  const text = `${scheme}://${address}${path.startsWith('/') ? '' : '/'}${path}`;
  if (!URL.canParse(text)) return null;
  const url = new URL(text);
  const params = new Map(job.params);
  for (const [label, value] of labels) {
    if (!label.startsWith(PARAM)) continue;
    const name = label.slice(PARAM.length);
    params.set(name, [value, ...(params.get(name) ?? []).slice(1)]);
  }
  for (const [name, values] of params) for (const value of values) url.searchParams.append(name, value);
  return url;
}
