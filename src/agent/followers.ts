import type { Lifetime } from '../lifecycle/lifetime.ts';
import { follow, owesTurn } from './follow.ts';
import type { FollowContext } from './follow.ts';
import type { Generation } from './generation.ts';
import type { OwedStage } from './stage-watch.ts';

/** The followers of an entry's files, and whatever else it waits for before it has ended. */
export class Followers {
  readonly #c: FollowContext;
  readonly #life: Lifetime;
  readonly #over: (generation: Generation) => void;
  readonly #tasks = new Set<Promise<void>>();
  /** Ends the wait for a follower. */
  readonly #followed = new WeakMap<Generation, () => void>();

  /** @param over is told of a generation of which nothing more will be read */
  constructor(context: FollowContext, life: Lifetime, over: (generation: Generation) => void) {
    this.#c = context;
    this.#life = life;
    this.#over = over;
  }

  /** Begins to follow it, or follows it anew where it was read to: a follower that stands still is waited for no longer. */
  follow(g: Generation): void {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#followed.get(g)?.();
    this.#followed.set(g, resolve);
    this.await(promise);
    follow(g, this.#c, this.#life).then((isLatest) => {
      // After a stop only what nobody can read again was finished.
      if (isLatest && (!this.#life.stop.aborted || (g.isLastChance && !this.#life.abandon.aborted))) this.#over(g);
      resolve();
    }).catch(reject);
  }

  /** A search in archives, or the like: its end is waited for as that of a follower. */
  await(task: Promise<void>): void {
    const tracked = task.finally(() => { this.#tasks.delete(tracked); });
    this.#tasks.add(tracked);
  }

  /** Those of them that owe a turn. */
  *owed(generations: Iterable<Generation>): Iterable<OwedStage> {
    for (const g of generations) {
      if (owesTurn(g)) yield { key: g, name: `the follower of ${g.path}`, turns: g.beat.turns, isVital: true, beginAnew: () => { this.follow(g); } };
    }
  }

  /** Resolves when all of them have ended. */
  async ended(): Promise<void> {
    while (this.#tasks.size > 0) await Promise.all(this.#tasks);
  }
}
