/** What the order knows of one life. */
interface Place<Life> {
  /** It is read, or will be. */
  reading: boolean;
  /** To be read once more before what waits for it begins: its writer may have gone on until the next file was there. */
  unread: boolean;
  /** It was read to its end since it lost its name. */
  drained: boolean;
  /** Its file is gone, and its rest may be in an archive: what waits for it waits for that. */
  searched: boolean;
  /** What begins when it was read to its end. */
  waiting: Life[];
  /** What begins when all that was read of it is acknowledged. */
  rest: Life | null;
  /** The life that was put behind it: what comes later goes behind that. */
  next: Life | null;
}

/**
 * The order of the lives of files: who waits for whom. It decides nothing of the lives themselves: each verb gives the ones
 * that may begin now. Pure.
 */
export class LifeOrder<Life extends object> {
  readonly #places = new WeakMap<Life, Place<Life>>();
  /** By name: the last of the earlier lives that are still read. */
  readonly #tails = new Map<string, Life>();
  readonly #awaited = new Set<Life>();

  /** Some life has not begun yet. */
  get anyWaits(): boolean { return this.#awaited.size > 0; }

  /**
   * Takes in a life that comes after `after`, and after all that was put behind that before: a directory listed twice gives
   * each life once only. Gives the life it waits for, or null: it may begin.
   */
  enter(life: Life, after: Life | null): Life | null {
    this.#places.set(life, { reading: true, unread: false, drained: false, searched: false, waiting: [], rest: null, next: null });
    if (after === null) return null;
    const last = this.#lastBehind(after);
    const place = this.#place(last);
    place.next = life;
    if (!place.reading) return null;
    // It may have been read to its end before; but only what is read after this file began is known to be its end.
    place.unread = true;
    place.waiting.push(life);
    this.#awaited.add(last);
    return last;
  }

  /** It is read, or waits to be. */
  isRead(life: Life): boolean { return this.#place(life).reading; }
  /** It was read to its end since it lost its name. */
  isDrained(life: Life): boolean { return this.#place(life).drained; }
  /** What begins when a life was read to its end. */
  waitingFor(life: Life): readonly Life[] { return this.#place(life).waiting; }

  /** The life that was put behind it, or null. */
  behind(life: Life): Life | null { return this.#place(life).next; }

  /** True once after something was put behind a life: it is to be read again. */
  takeUnread(life: Life): boolean {
    const place = this.#place(life);
    const { unread } = place;
    place.unread = false;
    return unread;
  }

  /** It was read to its end, and may grow still. Gives what may begin. */
  drain(life: Life): readonly Life[] {
    const place = this.#place(life);
    if (place.searched) return [];
    place.drained = true;
    return this.#takeWaiting(life);
  }

  /** It is read no more. Gives what may begin. */
  end(life: Life): readonly Life[] {
    this.#place(life).reading = false;
    return this.drain(life);
  }

  /** It is read again from an earlier mark on. */
  reopen(life: Life): void {
    const place = this.#place(life);
    place.reading = true;
    place.drained = false;
  }

  /** Its rest is looked for: until `found`, nothing that waits for it begins. */
  search(life: Life): void { this.#place(life).searched = true; }

  /** What waits for `life` waits for its `rest` from now on, or, without one, for nothing. Gives what may begin. */
  found(life: Life, rest: Life | null): readonly Life[] {
    const place = this.#place(life);
    place.searched = false;
    if (rest === null || place.waiting.length === 0) return this.drain(life);
    const heir = this.#place(rest);
    heir.waiting = this.#takeWaiting(life);
    heir.next = place.next;
    this.#awaited.add(rest);
    return [];
  }

  /** `rest` begins when all that was read of `life` is acknowledged: its position must not pass those bytes. */
  continueWith(life: Life, rest: Life): void { this.#place(life).rest = rest; }

  /** All of a life is acknowledged. Gives what begins with that. */
  takeRest(life: Life): Life | null {
    const place = this.#place(life);
    const { rest } = place;
    place.rest = null;
    return rest;
  }

  tail(name: string): Life | null { return this.#tails.get(name) ?? null; }

  /** The present file of that name comes after `life`. */
  setTail(name: string, life: Life): void { this.#tails.set(name, life); }

  /** Nothing of it is left to be read or acknowledged. */
  forget(life: Life): void {
    for (const [name, tail] of this.#tails) if (tail === life) this.#tails.delete(name);
  }

  #takeWaiting(life: Life): Life[] {
    this.#awaited.delete(life);
    const place = this.#place(life);
    const { waiting } = place;
    place.waiting = [];
    return waiting;
  }

  #lastBehind(life: Life): Life {
    let last = life;
    for (let next = this.#place(last).next; next !== null; next = this.#place(last).next) last = next;
    return last;
  }

  #place(life: Life): Place<Life> {
    const place = this.#places.get(life);
    if (place === undefined) throw new Error('a life that was never entered');
    return place;
  }
}
