import type { Report } from '../report/report.ts';

/**
 * A stage that has something to do now, and waits for nothing and nobody. What waits for good reason (a file that does not
 * grow, a lane in backoff, a full budget) is none.
 */
export interface OwedStage {
  /** The same object each time. */
  readonly key: object;
  /** For messages, as in `the follower of /var/log/a.log`. */
  readonly name: string;
  /** Grows with each turn it makes. */
  readonly turns: number;
  /** Without it no log is delivered any more: where beginning it anew does not help, the agent must be started anew. */
  readonly isVital: boolean;
  /** Begins it anew where it was, and leaves what stands still to itself. */
  readonly beginAnew: () => void;
}

/** A stage that owes a turn for this long stands still, milliseconds. Beyond every time limit of a request. */
const STANDS_MS = 60_000;
/** It is looked so often whether stages turn, in that time: each look asks every file. Never more often than the stages that turn each second. */
const LOOKS = 12;
const TURN_MS = 1_000;
/** Longer between two looks, and it was the agent that was away: frozen, or its loop blocked. */
const AWAY_MS = 15_000;
/** Begun anew this often without a turn, a stage is beyond help. */
const MOST_BEGINNINGS = 3;

interface Seen { turns: number; since: number; beginnings: number }

/** Sees that every stage turns: one that stands still, by a defect, is begun anew by itself, without the others. */
export class StageWatch {
  readonly #report: Pick<Report, 'trouble' | 'recovered'>;
  readonly #standsMs: number;
  #seen = new Map<object, Seen & { readonly name: string }>();
  #standing: readonly OwedStage[] = [];
  #judgedAt = -Infinity;

  constructor(report: Pick<Report, 'trouble' | 'recovered'>, standsMs = STANDS_MS) {
    this.#report = report;
    this.#standsMs = standsMs;
  }

  /** Milliseconds from one `judge` to the next. */
  get everyMs(): number { return Math.max(TURN_MS, this.#standsMs / LOOKS); }
  /** Stages that stand still although they were begun anew. */
  get standing(): readonly OwedStage[] { return this.#standing; }

  /** To be called each `everyMs`. @param now monotonic milliseconds. @param owed the stages that owe a turn now */
  judge(now: number, owed: Iterable<OwedStage>): void {
    const wasAway = now - this.#judgedAt > AWAY_MS;
    this.#judgedAt = now;
    const seen = new Map<object, Seen & { readonly name: string }>();
    const standing: OwedStage[] = [];
    for (const stage of owed) {
      const { key, name, turns } = stage;
      const before = this.#seen.get(key);
      const hasTurned = before === undefined || before.turns !== turns;
      const known = hasTurned ? { name, turns, since: now, beginnings: 0 } : before;
      if (!hasTurned) this.#seen.delete(key);
      seen.set(key, known);
      if (wasAway) known.since = now;
      if (now - known.since < this.#standsMs) continue;
      if (known.beginnings === MOST_BEGINNINGS) standing.push(stage);
      else this.#beginAnew(stage, known, now);
    }
    // What is left of the round before has turned, or owes nothing any more.
    for (const { name, beginnings } of this.#seen.values()) if (beginnings > 0) this.#report.recovered(subjectOf(name), `${name} goes on`);
    this.#seen = seen;
    this.#standing = standing;
  }

  #beginAnew({ name, isVital, beginAnew }: OwedStage, known: Seen, now: number): void {
    known.beginnings++;
    known.since = now;
    const last = known.beginnings < MOST_BEGINNINGS ? '' : isVital ? '; if that does not help, the agent asks systemd for a start of its own' : '; it is not tried again';
    this.#report.trouble(subjectOf(name), `${name} has stood still for ${Math.round(this.#standsMs / 1000)} s with work to do, which is a defect of the agent: it is begun anew where it was (${known.beginnings} of ${MOST_BEGINNINGS})${last}. Please report it with this log`);
    beginAnew();
  }
}

const subjectOf = (name: string): string => `stage ${name}`;
