import { el, put, say, set, svg } from '../shared/dom.ts';
import { range, ticks, timeTicks } from '../shared/scale.ts';
import { clockText, valueText } from '../shared/words.ts';

export interface Point { readonly at: number; readonly value: number }
export interface Line { readonly name: string; readonly points: readonly Point[] }

/** Lines told apart at once by colour and dash; see `.line0` in page.css. */
export const MOST_LINES = 8;

const HEIGHT = 260;
const LEFT = 56;
const RIGHT = 10;
const TOP = 10;
const BOTTOM = 24;

/** A chart of lines over time: values by pointer, by the arrow keys, and as a table of the lines beneath. */
export class Chart {
  readonly #drawing = svg('svg', { class: 'chart', role: 'img', 'aria-hidden': 'true' });
  readonly #cursor = svg('g', { class: 'cursor', visibility: 'hidden' });
  readonly #readout = el('p', { class: 'readout', 'aria-live': 'polite' });
  readonly element: HTMLElement;
  readonly #lines: (at: number | null) => void;
  #shown: readonly Line[] = [];
  #times: readonly number[] = [];
  #span: readonly [number, number] = [0, 1];
  #range: readonly [number, number] = [0, 1];
  #at: number | null = null;
  #width = 600;

  /** @param valuesAt told when another time is pointed at; null: none, the latest values count */
  constructor(label: string, valuesAt: (at: number | null) => void) {
    this.#lines = valuesAt;
    this.element = el('figure', {
      class: 'chartbox', tabindex: 0, role: 'group', 'data-own-keys': '', 'aria-label': `${label}: left and right arrows read the values`,
      pointermove: (event) => { this.#pointed(event as PointerEvent); },
      pointerdown: (event) => { this.#pointed(event as PointerEvent); },
      pointerleave: (event) => { if ((event as PointerEvent).pointerType === 'mouse') this.#choose(null); },
      blur: () => { this.#choose(null); },
      keydown: (event) => { this.#key(event as KeyboardEvent); },
    });
    this.element.append(this.#drawing, this.#readout);
    new ResizeObserver(([entry]) => {
      const width = Math.round(entry?.contentRect.width ?? 0);
      if (width === 0 || width === this.#width) return;
      this.#width = width;
      this.#draw();
    }).observe(this.element);
  }

  show(lines: readonly Line[], from: number, to: number): void {
    this.#shown = lines;
    this.#span = [from, to];
    this.#times = [...new Set(lines.flatMap(({ points }) => points.map(({ at }) => at)))].sort((a, b) => a - b);
    this.#range = range(lines.flatMap(({ points }) => points.map(({ value }) => value)));
    if (this.#at !== null && !this.#times.includes(this.#at)) this.#at = null;
    this.#draw();
  }

  #x(at: number): number { return LEFT + ((at - this.#span[0]) / (this.#span[1] - this.#span[0])) * (this.#width - LEFT - RIGHT); }
  #y(value: number): number { return HEIGHT - BOTTOM - ((value - this.#range[0]) / (this.#range[1] - this.#range[0])) * (HEIGHT - TOP - BOTTOM); }

  #draw(): void {
    set(this.#drawing, 'viewBox', `0 0 ${this.#width} ${HEIGHT}`);
    set(this.#drawing, 'height', HEIGHT);
    const [from, to] = this.#span;
    const seconds = to - from <= 600_000;
    const clock = (at: number): string => clockText(at, to - from > 86_400_000 ? 0 : at).slice(...(to - from > 86_400_000 ? [5, 16] as const : [0, seconds ? 8 : 5] as const));
    put(this.#drawing,
      ticks(...this.#range, 5).map((value) => [svg('line', { class: 'grid', x1: LEFT, x2: this.#width - RIGHT, y1: this.#y(value), y2: this.#y(value) }), svg('text', { x: LEFT - 8, y: this.#y(value) + 4, 'text-anchor': 'end' }, valueText(value))]),
      timeTicks(from, to, Math.floor(this.#width / 110), -new Date().getTimezoneOffset() * 60_000).filter((at) => this.#x(at) < this.#width - 24).map((at) => {
        const x = this.#x(at);
        return [svg('line', { class: 'grid', x1: x, x2: x, y1: HEIGHT - BOTTOM, y2: HEIGHT - BOTTOM + 4 }), svg('text', { x, y: HEIGHT - 6, 'text-anchor': 'middle' }, clock(at))];
      }),
      this.#shown.map(({ points }, i) => this.#line(points, i)),
      this.#cursor);
    this.#drawCursor();
  }

  #line(points: readonly Point[], i: number): SVGElement {
    const path = points.map(({ at, value }, n) => `${n === 0 ? 'M' : 'L'}${this.#x(at).toFixed(1)} ${this.#y(value).toFixed(1)}`).join('');
    const group = svg('g', { class: `line${i}` }, svg('path', { d: path, fill: 'none' }));
    if (points.length <= 40) group.append(...points.map(({ at, value }) => svg('circle', { cx: this.#x(at), cy: this.#y(value), r: 2.2 })));
    return group;
  }

  #pointed(event: PointerEvent): void {
    const { left } = this.#drawing.getBoundingClientRect();
    const x = event.clientX - left;
    let best: number | null = null;
    for (const at of this.#times) if (best === null || Math.abs(this.#x(at) - x) < Math.abs(this.#x(best) - x)) best = at;
    this.#choose(best);
  }

  #key(event: KeyboardEvent): void {
    const here = this.#at === null ? -1 : this.#times.indexOf(this.#at);
    const last = this.#times.length - 1;
    const next = { ArrowLeft: here < 0 ? last : Math.max(0, here - 1), ArrowRight: here < 0 ? last : Math.min(last, here + 1), Home: 0, End: last }[event.key];
    if (next === undefined || last < 0) return;
    event.preventDefault();
    this.#choose(this.#times[next]!);
  }

  #choose(at: number | null): void {
    if (at === this.#at) return;
    this.#at = at;
    this.#drawCursor();
  }

  #drawCursor(): void {
    const at = this.#at;
    set(this.#cursor, 'visibility', at === null ? 'hidden' : 'visible');
    this.#lines(at);
    if (at === null) { say(this.#readout, ''); return; }
    const found = this.#shown.flatMap(({ name, points }, i) => points.filter((point) => point.at === at).map(({ value }) => ({ name, value, i })));
    const x = this.#x(at);
    put(this.#cursor, svg('line', { x1: x, x2: x, y1: TOP, y2: HEIGHT - BOTTOM }), ...found.map(({ value, i }) => svg('g', { class: `line${i}` }, svg('circle', { cx: x, cy: this.#y(value), r: 4 }))));
    say(this.#readout, `${clockText(at, Date.now()).replace(/\.\d+$/, '')}: ${found.map(({ name, value }) => (this.#shown.length === 1 ? valueText(value) : `${name} ${valueText(value)}`)).join(', ')}`);
  }
}
