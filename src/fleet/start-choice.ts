import { identityOf, publishedAt } from './config-copy.ts';
import type { ConfigPorts, Current, Start, Waiting } from './config-ports.ts';
import type { LastGood } from './last-good.ts';
import type { Refusals } from './refusals.ts';
import { dueAt } from './rollout.ts';

/** A version with which the agent was killed or failed so often is taken back: below the five starts that systemd allows by default. */
const MOST_BEGINNINGS = 3;

export interface StartOptions {
  readonly ports: Pick<ConfigPorts, 'read' | 'compile'>;
  readonly memory: LastGood;
  readonly refusals: Refusals;
  readonly hostId: string;
  /** Epoch milliseconds. */
  readonly now: () => number;
}

/** What the agent starts with, and what is to be known of it while it runs. */
export interface StartChoice {
  readonly start: Start;
  /** A newer version: this host's turn comes later. */
  readonly waiting: Waiting | null;
  /** What was good, when the version of the start is not known to work. */
  readonly before: Current | null;
  /** Why the sources cannot be read, or null. */
  readonly unreachable: string | null;
}

/**
 * Which config the agent starts with: what the sources say, or the last good one where they cannot be reached, hold errors,
 * or are not for this host yet. Files alone are taken as they are: their errors disable entries.
 */
export async function chooseStart({ ports, memory, refusals, hostId, now }: StartOptions): Promise<StartChoice> {
  const read = await ports.read();
  if (read.kind === 'unreadable') {
    const good = await lastGood(ports, memory);
    return good === null ? none(null) : startsWith(good, { unreachable: read.reason });
  }
  const { copy } = read;
  const identity = identityOf(copy.remote);
  const { plan, errors } = await ports.compile(copy);
  if (identity === '') return plan === null ? none(null) : startsWith({ copy, plan });
  const good = await lastGood(ports, memory);
  if (good === null) return plan === null || errors !== null ? none(plan === null ? null : errors) : startsWith({ copy, plan });
  // It has worked here: what keeps entries of it from running now lies with this host.
  if (plan !== null && identityOf(good.copy.remote) === identity) return startsWith({ copy, plan });
  const known = refusals.of(identity);
  if (known !== null) {
    refusals.keepTo(known, good.copy.remote);
    return startsWith(good);
  }
  if (plan === null || errors !== null) {
    refusals.refuse(copy.remote, errors ?? 'nothing of it can run');
    return startsWith(good);
  }
  const until = dueAt(plan.config.rollout, hostId, publishedAt(copy));
  if (until > now()) return startsWith(good, { waiting: { copy, plan, until } });
  const times = memory.beginningsWith(identity);
  if (times >= MOST_BEGINNINGS) {
    refusals.refuse(copy.remote, `the agent began with it ${times} times and did not last until it was known to work`);
    return startsWith(good);
  }
  memory.begin(identity);
  return startsWith({ copy, plan }, { before: good });
}

const NOTHING_MORE = { waiting: null, before: null, unreachable: null };
const none = (errors: string | null): StartChoice => ({ start: { kind: 'none', errors }, ...NOTHING_MORE });
const startsWith = (current: Current, more: Partial<Omit<StartChoice, 'start'>> = {}): StartChoice => ({ start: { kind: 'current', ...current }, ...NOTHING_MORE, ...more });

async function lastGood(ports: Pick<ConfigPorts, 'compile'>, { good }: LastGood): Promise<Current | null> {
  if (good === null) return null;
  const { plan } = await ports.compile(good);
  return plan === null ? null : { copy: good, plan };
}
