import type { Report } from '../../report/report.ts';
import type { PacketFault } from './packet.ts';
import type { ListFault } from './series.ts';

/** Senders, users or types that are named for one reason; those beyond are said together, so that no sender can fill the log. */
const MAX_NAMED = 16;
/** After so long without a refusal it is said to be over. */
const QUIET_MS = 300_000;

/** Packets are refused as a whole, of a packet that was taken values can be left out. */
export type RefusalReason = PacketFault | ListFault | 'no-room' | 'kernel-dropped' | 'too-many-connections';

const UNIT: Readonly<Record<RefusalReason, 'packets' | 'values' | 'connections'>> = {
  malformed: 'packets', 'unknown-user': 'packets', 'wrong-signature': 'packets', 'wrong-password': 'packets', 'not-signed': 'packets', 'not-encrypted': 'packets', 'signed-on-stream': 'packets', 'kernel-dropped': 'packets',
  'unknown-type': 'values', 'other-values': 'values', 'wrong-time': 'values', 'out-of-range': 'values', 'no-room': 'values',
  'too-many-connections': 'connections',
};

interface Known { readonly subject: string; readonly recovered: string; lastAt: number }

/** Counts what is refused by its reason, and says why: once for each reason and whom it is about, and again when it is over. */
export class Refusals {
  readonly #report: Pick<Report, 'trouble' | 'recovered'>;
  readonly #advice: Readonly<Record<RefusalReason, string>>;
  readonly #known = new Map<RefusalReason, Map<string, Known>>();
  readonly #counts: Record<RefusalReason, number> = Object.fromEntries(Object.keys(UNIT).map((reason) => [reason, 0])) as Record<RefusalReason, number>;

  /** @param advice the cause in plain words, and the next step */
  constructor(report: Pick<Report, 'trouble' | 'recovered'>, advice: Readonly<Record<RefusalReason, string>>) {
    this.#report = report;
    this.#advice = advice;
  }

  /** Packets, values or connections, ever. */
  get counts(): Readonly<Record<RefusalReason, number>> { return this.#counts; }

  /** @param about whose packets or which values: ` from 10.0.0.7` @param now monotonic milliseconds */
  refuse(reason: RefusalReason, count: number, about: string, now: number): void {
    this.#counts[reason] += count;
    let named = this.#known.get(reason);
    if (named === undefined) this.#known.set(reason, named = new Map());
    const key = named.has(about) || named.size < MAX_NAMED ? about : ' from others';
    let known = named.get(key);
    if (known === undefined) {
      named.set(key, known = { subject: `collectd ${reason}${key}`, recovered: `collectd: no ${UNIT[reason]}${key} were left out in the last ${QUIET_MS / 60_000} minutes (${reason})`, lastAt: now });
    }
    known.lastAt = now;
    this.#report.trouble(known.subject, `collectd: ${UNIT[reason]}${key} are not taken (${reason}): ${this.#advice[reason]}`);
  }

  /** Says what is over. @param now monotonic milliseconds */
  look(now: number): void {
    for (const named of this.#known.values()) {
      for (const [key, { subject, recovered, lastAt }] of named) {
        if (now - lastAt < QUIET_MS) continue;
        named.delete(key);
        this.#report.recovered(subject, recovered);
      }
    }
  }
}
