import type { Lane } from '../delivery/lane.ts';
import type { Report } from '../report/report.ts';

/** An event that waits longer than this, and than so many flush intervals, without a failure that says why, is an alarm. */
const WAITS_MS = 60_000;
const FLUSHES = 5;

type Watched = Pick<Lane, 'name' | 'isFailing' | 'waitingSince' | 'flush'>;

/** Looks for events that wait although nothing failed (the agent is up, and idle), and has their lanes try to send them. */
export class UnsentWatch {
  readonly #report: Pick<Report, 'trouble' | 'recovered'>;
  /** When a lane was last seen failing: what it holds has waited for that until then. */
  readonly #failedAt = new WeakMap<Watched, number>();
  #waiting = new Map<Watched, string>();

  constructor(report: Pick<Report, 'trouble' | 'recovered'>) { this.#report = report; }

  /** The alarms, for people. */
  get alarms(): readonly string[] { return [...this.#waiting.values()]; }

  /** To be called every few seconds. @param now monotonic milliseconds */
  judge(now: number, lanes: Iterable<Watched>, flushMs: number): void {
    const most = Math.max(WAITS_MS, FLUSHES * flushMs);
    const waiting = new Map<Watched, string>();
    for (const lane of lanes) {
      if (lane.isFailing) this.#failedAt.set(lane, now);
      const since = lane.waitingSince;
      if (since === null || now - Math.max(since, this.#failedAt.get(lane) ?? -Infinity) <= most) continue;
      const alarm = `log stream ${lane.name}: events have waited for more than ${most / 1000} s to be sent, and no failure says why: the host may be too busy, or too few requests allowed (\`agent status\`); if neither, it is a defect of the agent, please report it`;
      waiting.set(lane, alarm);
      lane.flush();
      this.#report.trouble(subjectOf(lane), alarm);
      this.#waiting.delete(lane);
    }
    for (const lane of this.#waiting.keys()) this.#report.recovered(subjectOf(lane), `log stream ${lane.name}: nothing waits there unexplained any more`);
    this.#waiting = waiting;
  }
}

const subjectOf = ({ name }: Watched): string => `unsent ${name}`;
