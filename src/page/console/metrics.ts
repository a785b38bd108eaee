import type { Bucket, ShownMetric, ShownMetrics, ShownSeries } from '../../local-endpoint/console/facts.ts';
import { ask, poll } from '../shared/ask.ts';
import { el, keep, plain, put, say, set } from '../shared/dom.ts';
import type { Frame, Shown } from '../shared/frame.ts';
import { listen, reachable } from '../shared/keys.ts';
import { plainText } from '../shared/plain.ts';
import { agoText, countText } from '../../cli/units.ts';
import { valueText } from '../shared/words.ts';
import { Chart, MOST_LINES } from './chart.ts';
import type { Line } from './chart.ts';
import { empty, metricsConfig } from './empty.ts';

const POLL_MS = 3000;
const MOST_ROWS = 500;
/** By its word: what of a period is drawn. */
const STATISTICS: Readonly<Record<string, (bucket: Bucket) => number>> = {
  Average: ({ sum, count }) => sum / count, Sum: ({ sum }) => sum, Minimum: ({ minimum }) => minimum, Maximum: ({ maximum }) => maximum, SampleCount: ({ count }) => count,
};
const RANGES = [['5 min', 300], ['15 min', 900], ['1 h', 3600], ['3 h', 10_800], ['24 h', 86_400]] as const;
const PERIODS = [['1 s', 1], ['10 s', 10], ['1 min', 60], ['5 min', 300], ['1 h', 3600]] as const;
/** The endpoint's bound of points of one series. */
const MOST_POINTS = 3000;

/** One metric name of one namespace, with the dimension sets it has. */
interface Named { readonly key: string; readonly namespace: string; readonly name: string; readonly series: readonly ShownMetric[] }

export function showMetrics(query: URLSearchParams, frame: Frame): Shown {
  return new MetricsPage(query, frame).shown;
}

const dimensionsText = ({ dimensions }: ShownMetric): string => (dimensions.length === 0 ? 'no dimensions' : plainText(dimensions.map(({ name, value }) => `${name}=${value}`).join(' ')));

function choice(label: string, options: readonly (readonly [string, string | number])[], chosen: string, changed: () => void): HTMLSelectElement {
  return el('select', { 'aria-label': label, change: changed }, ...options.map(([text, value]) => el('option', { value, selected: String(value) === chosen }, text)));
}

class MetricsPage {
  readonly shown: Shown;
  readonly #frame: Frame;
  readonly #filter = el('input', { type: 'search', placeholder: 'Filter metrics', 'aria-label': 'Filter metrics', input: () => { this.#drawList(); } });
  readonly #namespace = el('select', { 'aria-label': 'Namespace', change: () => { this.#drawList(); } }, el('option', { value: '' }, 'All namespaces'));
  readonly #list = el('div', { class: 'metrics', 'aria-label': 'Metrics' });
  readonly #statistic: HTMLSelectElement;
  readonly #period: HTMLSelectElement;
  readonly #range: HTMLSelectElement;
  readonly #title = el('h2', { class: 'name' });
  readonly #legend = el('tbody');
  readonly #chart = new Chart('Chart', (at) => { this.#at = at; this.#drawLegend(); });
  readonly #pane: HTMLElement;
  readonly #none = el('div');
  readonly #left = el('span', { class: 'soft' });
  #named: readonly Named[] = [];
  #chosen: string | null;
  #hidden = new Set<string>();
  #lines: readonly (Line & { readonly metric: ShownMetric; readonly buckets: readonly Bucket[] })[] = [];
  #at: number | null = null;

  constructor(query: URLSearchParams, frame: Frame) {
    this.#frame = frame;
    this.#chosen = query.get('metric');
    const changed = (): void => { this.#remember(); void this.#ask(); };
    this.#statistic = choice('Statistic', Object.keys(STATISTICS).map((name) => [name, name]), query.get('statistic') ?? 'Average', changed);
    this.#period = choice('Period', PERIODS.map(([text, seconds]) => [`per ${text}`, seconds]), query.get('period') ?? '10', changed);
    this.#range = choice('Time', RANGES.map(([text, seconds]) => [`last ${text}`, seconds]), query.get('range') ?? '900', changed);
    listen(this.#list);
    const table = el('table', { class: 'table legend' }, el('thead', {}, el('tr', {}, el('th', { scope: 'col' }, 'Dimensions'), ...['Value', 'Min', 'Max', 'Samples'].map((name) => el('th', { scope: 'col', class: 'num' }, name)))), this.#legend);
    this.#pane = el('div', { hidden: true }, el('div', { class: 'bar' }, this.#title, this.#statistic, this.#period, this.#range), this.#chart.element, table, this.#left);
    const side = el('div', { class: 'side' }, this.#namespace, this.#filter, this.#list);
    const stop = poll(POLL_MS, async () => {
      const { metrics } = await ask<ShownMetrics>('/_console/metrics');
      this.#take(metrics);
      await this.#ask();
    }, (trouble) => { frame.answers(trouble); });
    this.shown = { content: el('div', {}, this.#none, el('div', { class: 'two', hidden: true }, side, this.#pane)), stop, back: () => { this.#choose(null); } };
  }

  #take(metrics: readonly ShownMetric[]): void {
    const named = new Map<string, ShownMetric[]>();
    for (const metric of metrics) {
      const key = `${metric.namespace} ${metric.name}`;
      const series = named.get(key);
      if (series === undefined) named.set(key, [metric]);
      else series.push(metric);
    }
    this.#named = [...named].map(([key, series]) => ({ key, namespace: series[0]!.namespace, name: series[0]!.name, series })).sort((a, b) => (a.key < b.key ? -1 : 1));
    const two = this.shown.content.querySelector<HTMLElement>('.two')!;
    two.hidden = metrics.length === 0;
    if (metrics.length > 0) put(this.#none);
    else if (this.#none.childElementCount === 0) put(this.#none, empty('No metric yet', 'Metrics come from PutMetricData, and from log events in the embedded metric format. With the agent:', metricsConfig()));
    const namespaces = [...new Set(this.#named.map(({ namespace }) => namespace))];
    if (this.#namespace.options.length !== namespaces.length + 1) {
      const kept = this.#namespace.value;
      put(this.#namespace, el('option', { value: '' }, 'All namespaces'), ...namespaces.map((name) => el('option', { value: name, selected: name === kept }, plainText(name))));
    }
    if (this.#chosen === null && matchMedia('(min-width: 900px)').matches) this.#chosen = this.#named[0]?.key ?? null;
    this.#drawList();
  }

  #drawList(): void {
    const wanted = this.#filter.value.toLowerCase();
    const found = this.#named.filter(({ key, namespace, series }) => (this.#namespace.value === '' || namespace === this.#namespace.value)
      && (key.toLowerCase().includes(wanted) || series.some((each) => dimensionsText(each).toLowerCase().includes(wanted))));
    keep(this.#list, found.slice(0, MOST_ROWS), ({ key }) => key, ({ key, namespace, name }) => el('button', { class: 'metric', 'data-row': '', tabindex: -1, click: () => { this.#choose(key); } },
      el('span', { class: 'name' }, plain(name), el('span', { class: 'soft' }, ' ', plain(namespace))), el('span', { class: 'soft num' })),
    (row, { key, series }) => { set(row, 'aria-pressed', String(key === this.#chosen)); say(row.lastElementChild!, series.length === 1 ? '' : String(series.length)); });
    reachable(this.#list);
  }

  #choose(key: string | null): void {
    this.#chosen = key;
    this.#hidden = new Set();
    this.#remember();
    this.#drawList();
    void this.#ask().then(() => { if (key !== null && !matchMedia('(min-width: 900px)').matches) this.#pane.scrollIntoView({ block: 'start' }); });
  }

  #remember(): void {
    history.replaceState(null, '', this.#frame.link('metrics', { ...(this.#chosen === null ? {} : { metric: this.#chosen }), statistic: this.#statistic.value, period: this.#period.value, range: this.#range.value }));
  }

  async #ask(): Promise<void> {
    const named = this.#named.find(({ key }) => key === this.#chosen);
    this.#pane.hidden = named === undefined;
    if (named === undefined) return;
    const seconds = Number(this.#range.value);
    let period = Number(this.#period.value);
    if (seconds / period > MOST_POINTS) period = PERIODS.map(([, each]) => each).find((each) => seconds / each <= MOST_POINTS)!;
    const to = Date.now() + 1000;
    const from = to - seconds * 1000;
    const shown = named.series.slice(0, MOST_LINES);
    const answers = await Promise.all(shown.map(async (metric) => {
      const query = new URLSearchParams({ namespace: metric.namespace, name: metric.name, dimensions: JSON.stringify(metric.dimensions), period: String(period), from: String(from), to: String(to) });
      return ask<ShownSeries>(`/_console/series?${query.toString()}`).catch(() => ({ points: [] }));
    }));
    if (named.key !== this.#chosen) return;
    const statistic = STATISTICS[this.#statistic.value]!;
    this.#lines = shown.map((metric, i) => ({ name: dimensionsText(metric), metric, buckets: answers[i]!.points, points: answers[i]!.points.map((bucket) => ({ at: bucket.start, value: statistic(bucket) })) }));
    const unit = this.#lines.flatMap(({ buckets }) => buckets.slice(0, 1))[0]?.unit ?? 'None';
    put(this.#title, plain(named.name), el('span', { class: 'soft' }, ` ${unit === 'None' ? '' : unit} · `, plain(named.namespace)));
    say(this.#left, named.series.length > MOST_LINES ? `${countText(named.series.length - MOST_LINES, 'more dimension set')} not drawn.` : '');
    this.#drawChart(from, to);
  }

  #drawChart(from: number, to: number): void {
    this.#chart.show(this.#lines.map(({ name, points }) => ({ name, points: this.#hidden.has(name) ? [] : points })), from, to);
    this.#drawLegend();
  }

  /** The values at the time that is pointed at, or the latest ones. */
  #drawLegend(): void {
    const now = Date.now();
    keep(this.#legend, this.#lines.map((line, i) => ({ ...line, i })), ({ name }) => name, ({ name, i }) => el('tr', {},
      el('th', { scope: 'row', class: 'name' }, el('label', { class: `key line${i}` }, el('input', { type: 'checkbox', checked: true, change: () => {
        if (!this.#hidden.delete(name)) this.#hidden.add(name);
        void this.#ask();
      } }), svgKey(), el('span', {}, name))), ...Array.from({ length: 4 }, () => el('td', { class: 'num' }))),
    (row, { points, buckets, metric }) => {
      const values = points.map(({ value }) => value);
      const value = this.#at === null ? values.at(-1) : points.find(({ at }) => at === this.#at)?.value;
      const texts = values.length === 0 ? [`last ${agoText(metric.last, now)}`, '', '', ''] : [value === undefined ? '–' : valueText(value), valueText(Math.min(...values)), valueText(Math.max(...values)), valueText(buckets.reduce((sum, { count }) => sum + count, 0))];
      for (const [n, text] of texts.entries()) say(row.cells[n + 1]!, text);
    });
  }
}

/** The colour of a line, beside its name. */
function svgKey(): HTMLElement {
  return el('span', { class: 'swatch', 'aria-hidden': 'true' });
}
