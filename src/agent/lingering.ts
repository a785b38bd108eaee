// Files that lost their name, and the bounds on them.

import type { Wake } from '../files/wake.ts';
import type { ReadingPlan } from '../plan.ts';
import type { Report } from '../report/report.ts';
import type { Generation } from './generation.ts';
import type { LifeOrder } from './life-order.ts';
import type { Lives } from './lives.ts';

/**
 * A file that lost its name is followed this long after its last growth: logrotate renames first and signals the writer
 * later, and some writers need minutes (field reports L03b).
 */
const LINGER_MS = 10 * 60_000;
/** Quiet files without their name that are followed at once; beyond it the longest quiet ones are let go. */
const MAX_LINGERING = 32;
/** Monotonic: what lost its name then has lingered long enough. */
const LONG_AGO = -LINGER_MS;

export interface LingeringContext {
  readonly lives: Lives;
  readonly order: LifeOrder<Generation>;
  readonly wake: Wake;
  readonly report: Report;
  /** Monotonic milliseconds. */
  readonly now: () => number;
}

/** A deleted file that is held open. */
export interface Deleted {
  readonly generation: Generation;
  /** Bytes that are not acknowledged. */
  readonly unread: number;
  readonly sinceMs: number;
}

/** How long, and how many of them, the files of an entry are followed without their name. */
export class Lingering {
  readonly #c: LingeringContext;
  /** Without their name: few, where an entry may have thousands of files. */
  readonly #nameless = new Set<Generation>();

  constructor(context: LingeringContext) { this.#c = context; }

  /** It is followed from now on; one from inside an archive never has a name. */
  begins(g: Generation): void { if (g.file.attachment !== 'attached') this.#nameless.add(g); }

  /** It has no name, or one that does not match, from now on: its follower must know when that ends. */
  lost(g: Generation, as: 'renamed' | 'deleted', since = this.#c.now()): void { this.#detach(g, as, since); }

  /** Nobody writes to a copy: it is over when it is read to its end. */
  isCopy(g: Generation): void { this.#detach(g, 'renamed', LONG_AGO); }

  /** It was deleted with all of it acknowledged, and nobody writes to it any more: its descriptor must not hold its bytes on the disk. */
  isDone(g: Generation): void {
    g.file.grewAt = LONG_AGO;
    this.#detach(g, 'deleted', LONG_AGO);
  }

  /** Monotonic time until which it is followed; null: as long as it has its name. */
  until(g: Generation): number | null {
    const { attachment, grewAt, detachedAt } = g.file;
    return attachment === 'attached' ? null : Math.max(grewAt, detachedAt ?? 0) + LINGER_MS;
  }

  isOver(g: Generation): boolean {
    const until = this.until(g);
    return until !== null && this.#c.now() >= until;
  }

  /** Lets the longest quiet ones go if there are too many. */
  limit(): void {
    const { order, wake } = this.#c;
    const lingering = [...this.#stillNameless()].filter((g) => order.isDrained(g) && order.isRead(g));
    if (lingering.length <= MAX_LINGERING) return;
    lingering.sort((a, b) => a.file.grewAt - b.file.grewAt);
    for (const { file } of lingering.slice(0, lingering.length - MAX_LINGERING)) {
      file.detachedAt = file.grewAt = LONG_AGO;
      wake.nudge(file);
    }
  }

  /** Deleted files held open. */
  deleted(): readonly Deleted[] {
    const { order, now } = this.#c;
    const at = now();
    return [...this.#stillNameless()].filter((g) => g.file.attachment === 'deleted' && order.isRead(g))
      .map((generation) => ({ generation, unread: generation.unacknowledged, sinceMs: at - (generation.file.detachedAt ?? at) }));
  }

  /** Lets a deleted file go although not all of it was read; returns the bytes lost. */
  release(g: Generation): number {
    const lost = Math.max(0, g.contentEnd(g.file.currentSize()) - g.offset);
    g.truncated = true;
    g.released = true;
    this.#c.report.dropped('released-deleted', 0, lost, g.path);
    g.losesBytes(g.offset, g.offset + lost, 'released-deleted');
    this.#c.wake.nudge(g.file);
    g.close();
    return lost;
  }

  /** Those without their name that are still followed. */
  * #stillNameless(): Generator<Generation> {
    for (const g of this.#nameless) {
      if (this.#c.lives.has(g) && g.file.attachment !== 'attached') yield g;
      else this.#nameless.delete(g);
    }
  }

  #detach(g: Generation, as: 'renamed' | 'deleted', at: number): void {
    this.#nameless.add(g);
    g.file.attachment = as;
    g.file.detachedAt = at;
    // It may wait already, and for nothing but news of its file.
    this.#c.wake.nudge(g.file);
  }
}

/** Deleted files held open, over all entries, stay within their bounds: the oldest is released first, and its loss counted. */
export function releaseBeyond({ maxDeletedBytes, maxDeletedAgeMs }: Pick<ReadingPlan, 'maxDeletedBytes' | 'maxDeletedAgeMs'>, entries: readonly Lingering[]): void {
  const held = entries.flatMap((lingering) => lingering.deleted().map((one) => ({ ...one, lingering }))).sort((a, b) => b.sinceMs - a.sinceMs);
  let total = held.reduce((sum, one) => sum + one.unread, 0);
  for (const { generation, unread, sinceMs, lingering } of held) {
    // What is read from an archive is a part of it, bounded there.
    if (unread === 0 || generation.file.unpacked || (total <= maxDeletedBytes && sinceMs <= maxDeletedAgeMs)) continue;
    lingering.release(generation);
    total -= unread;
  }
}
