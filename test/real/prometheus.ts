// node test/real/prometheus.ts [--seconds 8] [--install]
// Debian's prometheus-node-exporter is scraped every second. Each sample of an answer that is read independently, line by line,
// must be in the events: counters as growth that adds up to at least what two answers between the scrapes say, and at most to
// what two answers around all scrapes say; the others under their name and labels, and with their very value where it does not
// move. Exit 1 otherwise.
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { freeTcpPort } from '../support/free-port.ts';
import { Daemon, install, programPath } from './daemon.ts';
import { scrape } from '../support/prometheus.ts';
import { until } from '../support/rig.ts';

const PROGRAM = 'prometheus-node-exporter';
/** Labels that the agent adds. */
const ADDED = new Set(['job', 'instance', 'prom_metric_type', 'Version', 'Timestamp', 'CloudWatchMetrics']);

const { values } = parseArgs({ options: { seconds: { type: 'string', default: '8' }, install: { type: 'boolean', default: false } } });
if (values.install && programPath(PROGRAM) === null) install([PROGRAM]);
const program = programPath(PROGRAM);
if (program === null) throw new Error(`${PROGRAM} is not installed; --install fetches it`);

interface Line { readonly name: string; readonly labels: string; readonly value: number; readonly kind: string }
const keyOf = (name: string, labels: Readonly<Record<string, string>>): string => `${name} ${JSON.stringify(Object.entries(labels).toSorted(([a], [b]) => (a < b ? -1 : 1)))}`;

/** An answer as an eye reads it: no part of the agent's own reader. */
async function answer(address: string): Promise<ReadonlyMap<string, Line>> {
  const text = await (await fetch(`http://${address}/metrics`, { headers: { accept: 'text/plain;version=0.0.4' } })).text();
  const kinds = new Map([...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name, kind]) => [name!, kind!]));
  return new Map([...text.matchAll(/^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)$/gm)].map(([, name, labels, value]) => {
    const own = Object.fromEntries([...(labels ?? '').matchAll(/(\w+)=("(?:[^"\\]|\\.)*")/g)].map(([, key, quoted]) => [key!, JSON.parse(quoted!) as string]).filter(([, text]) => text !== ''));
    const kind = kinds.get(name!) ?? kinds.get(name!.replace(/_(?:sum|count|bucket)$/, '')) ?? 'untyped';
    const grows = kind === 'counter' || kind === 'summary' && /_(?:sum|count)$/.test(name!);
    return [keyOf(name!, own), { name: name!, labels: labels ?? '', value: Number(value!.replace('Inf', 'Infinity')), kind: grows ? 'growth' : kind }];
  }));
}

const address = `127.0.0.1:${await freeTcpPort()}`;
const daemon = new Daemon(PROGRAM, [program, `--web.listen-address=${address}`, '--log.level=error']);
let problems: string[] = [];
try {
  await until('the exporter to answer', () => fetch(`http://${address}/metrics`).then(({ ok }) => ok, () => { daemon.assertRunning(); return false; }));
  const start = await answer(address);
  await using scraping = scrape(`global: {scrape_interval: 1s}\nscrape_configs: [{job_name: node, static_configs: [{targets: ['${address}']}]}]\n`);
  await until('the first scrape', () => scraping.prometheus.counts.scrapes > 0);
  const before = await answer(address);
  await delay(Number(values.seconds) * 1_000);
  const after = await answer(address);
  const scrapes = scraping.prometheus.counts.scrapes;
  await until('one more scrape', () => scraping.prometheus.counts.scrapes > scrapes + 1);
  await scraping.stop();
  const end = await answer(address);
  const given = new Map<string, number[]>();
  for (const { event } of scraping.events) {
    const labels = Object.fromEntries(Object.entries(event).filter((entry): entry is [string, string] => typeof entry[1] === 'string' && !ADDED.has(entry[0])));
    for (const [name, value] of Object.entries(event)) if (typeof value === 'number') given.set(keyOf(name, labels), [...given.get(keyOf(name, labels)) ?? [], value]);
  }
  let [compared, moved, exact] = [0, 0, 0];
  for (const [key, { name, labels, value, kind }] of after) {
    const was = before.get(key)?.value;
    if (!Number.isFinite(value) || was === undefined || kind === 'histogram') continue;
    const numbers = given.get(key);
    compared += 1;
    if (numbers === undefined) problems.push(`${name}{${labels}} (${kind}) is in no event`);
    else if (kind === 'growth') {
      const sum = numbers.reduce((all, one) => all + one, 0);
      const [least, most] = [value - was, (end.get(key)?.value ?? NaN) - (start.get(key)?.value ?? 0)];
      // Sums of differences are a little off in binary.
      const slack = 1e-6 + Math.abs(value) * 1e-12;
      if (!(sum >= least - slack && sum <= most + slack)) problems.push(`${name}{${labels}} grew by ${least} to ${most}, the events say ${sum}`);
      if (least > 0) moved += 1;
    } else if (value === was) {
      exact += 1;
      if (!numbers.includes(value)) problems.push(`${name}{${labels}} is ${value}, the events say ${[...new Set(numbers)].join(', ')}`);
    }
  }
  const { counts } = scraping.prometheus;
  console.log(`${compared} series compared over ${counts.scrapes} scrapes (${moved} that grew, ${exact} that did not move, with their value); ${scraping.events.length} events; ${JSON.stringify(counts)}`);
  const seconds = scraping.of('scrape_duration_seconds').map((event) => event['scrape_duration_seconds'] as number);
  console.log(`a scrape took ${Math.max(...seconds).toFixed(3)} s at most`);
  if (compared < 100) problems.push(`only ${compared} series were compared`);
  problems = [...problems, ...scraping.said];
} finally {
  await daemon.stop();
}
for (const problem of problems.slice(0, 20)) console.error(problem);
console.log(problems.length === 0 ? 'kept' : `${problems.length} problems`);
process.exitCode = problems.length === 0 ? 0 : 1;
