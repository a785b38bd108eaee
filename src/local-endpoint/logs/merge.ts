import type { LogStream, PlacedEvent } from './stream.ts';

export interface StreamEvent { readonly stream: string; readonly event: PlacedEvent }

interface Cursor { readonly stream: string; readonly events: readonly PlacedEvent[]; at: number }

/** Before or after in the order of a group: timestamp, then arrival. */
export function compareEvents(a: { readonly timestamp: number; readonly place: number }, b: { readonly timestamp: number; readonly place: number }): number {
  return a.timestamp - b.timestamp || a.place - b.place;
}

/** A binary heap with the next event of the group on top. */
class CursorHeap {
  readonly #cursors: Cursor[] = [];
  readonly #sign: 1 | -1;

  constructor(sign: 1 | -1) {
    this.#sign = sign;
  }

  get top(): Cursor | undefined { return this.#cursors[0]; }

  push(cursor: Cursor): void {
    let child = this.#cursors.push(cursor) - 1;
    while (child > 0) {
      const parent = (child - 1) >> 1;
      if (!this.#before(child, parent)) return;
      this.#swap(child, parent);
      child = parent;
    }
  }

  /** After the top's cursor moved: restores the order, or removes it if it is `done`. */
  settle(done: boolean): void {
    if (done) {
      const last = this.#cursors.pop();
      if (this.#cursors.length === 0 || last === undefined) return;
      this.#cursors[0] = last;
    }
    for (let parent = 0; ;) {
      let first = parent;
      for (const child of [2 * parent + 1, 2 * parent + 2]) if (child < this.#cursors.length && this.#before(child, first)) first = child;
      if (first === parent) return;
      this.#swap(first, parent);
      parent = first;
    }
  }

  #before(a: number, b: number): boolean {
    const first = this.#cursors[a];
    const second = this.#cursors[b];
    const x = first?.events[first.at];
    const y = second?.events[second.at];
    return x !== undefined && y !== undefined && compareEvents(x, y) * this.#sign < 0;
  }

  #swap(a: number, b: number): void {
    const kept = this.#cursors[a]!;
    this.#cursors[a] = this.#cursors[b]!;
    this.#cursors[b] = kept;
  }
}

/** How many events of the stream come before the position. */
export function countBefore(events: readonly PlacedEvent[], position: { readonly timestamp: number; readonly place: number }): number {
  let low = 0;
  let high = events.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (compareEvents(events[middle]!, position) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The events of several streams in one order, from `from` on (itself included), forwards (1) or backwards (-1, itself excluded). */
export function* mergeStreams(streams: readonly LogStream[], from: { readonly timestamp: number; readonly place: number }, sign: 1 | -1): Generator<StreamEvent> {
  const heap = new CursorHeap(sign);
  for (const stream of streams) {
    const events = stream.sorted();
    const before = countBefore(events, from);
    const at = sign === 1 ? before : before - 1;
    if (at >= 0 && at < events.length) heap.push({ stream: stream.name, events, at });
  }
  for (let cursor = heap.top; cursor !== undefined; cursor = heap.top) {
    yield { stream: cursor.stream, event: cursor.events[cursor.at]! };
    cursor.at += sign;
    heap.settle(cursor.at < 0 || cursor.at >= cursor.events.length);
  }
}
