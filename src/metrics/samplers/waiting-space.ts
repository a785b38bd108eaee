import { serverOf } from '../local-file-systems.ts';
import type { Mount } from '../mount-table.ts';
import type { PathThreads } from '../path-threads.ts';
import type { Statfs } from '../space.ts';
import type { StatfsAnswer } from '../statfs-thread.ts';
import { WaitingAnswers } from '../waiting-answers.ts';
import type { Asked, WaitingWords } from '../waiting-answers.ts';
import type { Troubles } from './troubles.ts';

/** A mount, and the path by which it is asked. */
export interface AskedMount { readonly mount: Mount; readonly path: string }

interface Waiting extends Asked { readonly mount: Mount }

const spaceOf = ({ mount: { mountPoint, type } }: Waiting): string => `the space of ${mountPoint} (${type})`;

const WORDS: WaitingWords<Waiting> = {
  owing: (asked, other) => `${spaceOf(asked)} is not asked for while ${other}, which is of the same server, gives no answer: it has no disk metrics until then`,
  crowded: (asked, hanging) => `${spaceOf(asked)} is not asked for while ${hanging} other mounts hang: it has no disk metrics until one of them answers, or is unmounted`,
  late: ({ mount: { mountPoint, type } }, seconds) => `${mountPoint} (${type}) has given no answer for ${seconds} s: its server or its process hangs; it has no disk metrics until it answers, or is unmounted`,
  failed: (asked, code) => `${spaceOf(asked)} cannot be read (${code}): it has no disk metrics until it can be`,
  again: ({ mount: { mountPoint, type } }) => `${mountPoint} (${type}) answers again`,
};

export interface WaitingSpaceOptions {
  readonly threads: PathThreads<StatfsAnswer>;
  readonly troubles: Troubles;
  /** The interval of the samples. */
  readonly intervalMs: number;
}

/** Space of mounts that may never answer. */
export class WaitingSpace implements Disposable {
  readonly #answers: WaitingAnswers<Waiting, StatfsAnswer>;

  constructor(options: WaitingSpaceOptions) { this.#answers = new WaitingAnswers({ ...options, words: WORDS }); }

  /** What is known in time of the mounts; see WaitingAnswers. */
  async of(asked: readonly AskedMount[]): Promise<ReadonlyMap<Mount, Statfs>> {
    // Another mount at the same place is another one: the one below it may still hang.
    const found = await this.#answers.of(asked.map(({ mount, path }) => ({ mount, path, key: `${mount.number} ${path}`, subject: mount.mountPoint, server: serverOf(mount) })));
    return new Map([...found].map(([{ mount }, { statfs }]) => [mount, statfs]));
  }

  [Symbol.dispose](): void { this.#answers[Symbol.dispose](); }
}
