import { set, svg } from '../shared/dom.ts';

const WIDTH = 120;
const HEIGHT = 26;

/** A small line of the latest values: its shape, no more; the number stands beside it. */
export class Spark {
  readonly #path = svg('path', { fill: 'none' });
  readonly element = svg('svg', { class: 'spark', viewBox: `0 0 ${WIDTH} ${HEIGHT}`, 'aria-hidden': 'true', preserveAspectRatio: 'none' }, this.#path);

  /** @param span how many values the whole width stands for */
  show(values: readonly number[], span: number): void {
    const most = Math.max(...values, Number.MIN_VALUE);
    const step = WIDTH / (span - 1);
    const from = WIDTH - (values.length - 1) * step;
    set(this.#path, 'd', values.map((value, i) => `${i === 0 ? 'M' : 'L'}${(from + i * step).toFixed(1)} ${(HEIGHT - 2 - (value / most) * (HEIGHT - 4)).toFixed(1)}`).join(''));
  }
}
