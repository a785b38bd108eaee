import { nameOf } from '../naming/template.ts';
import { legalSpooled } from '../naming/spool-path.ts';
import type { Spooled } from '../naming/spool-path.ts';
import type { EmfPlan } from '../metrics-plan.ts';
import { FAULT_TEXT, readEvent } from '../metrics/emf/received-event.ts';
import type { EmfFault, ReceivedEvent } from '../metrics/emf/received-event.ts';
import { localSpanAt } from '../records/local-span.ts';
import type { Zone } from '../records/zone.ts';
import type { Report } from '../report/report.ts';
import type { Spool } from './spool/spool.ts';

const NEWLINE = Buffer.from('\n');
/** Destinations that are named for one fault. */
const MOST_NAMED = 10;

export interface EmfIntakeOptions {
  readonly spool: Spool;
  readonly report: Report;
  /** Whose dates those of a stream's name are. */
  readonly zone: Zone;
  /** Epoch milliseconds. */
  readonly wallNow: () => number;
}

/** Puts events in the embedded metric format into the spool, each in the file of its group and stream. */
export class EmfIntake {
  readonly spool: Spool;
  readonly #o: EmfIntakeOptions;
  #plan: EmfPlan | null = null;
  /** Destinations that messages named, by fault. */
  readonly #named = new Map<EmfFault, Set<string>>();
  /** Since the start. */
  events = 0;
  /** Of the events: CloudWatch stores them and makes no metrics of them, or not all. */
  readonly faults = new Map<EmfFault, number>();

  constructor(options: EmfIntakeOptions) {
    this.#o = options;
    this.spool = options.spool;
  }

  /** Groups and streams of events that name none are as this plan says from now on. */
  use(plan: EmfPlan): void { this.#plan = plan; }

  /** Puts one event on each line into the spool; gives the lines for which there was no room. */
  take(lines: readonly Buffer[]): readonly Buffer[] {
    const byDestination = new Map<string, { readonly to: Spooled; readonly events: ReceivedEvent[]; readonly lines: Buffer[] }>();
    for (const line of lines) {
      const event = readEvent(line);
      const to = this.#destinationOf(event);
      const key = JSON.stringify([to.group, to.stream]);
      const known = byDestination.get(key);
      if (known === undefined) byDestination.set(key, { to, events: [event], lines: [line] });
      else { known.events.push(event); known.lines.push(line); }
    }
    const left: Buffer[] = [];
    for (const { to, events, lines: its } of byDestination.values()) {
      if (this.spool.append(to, Buffer.concat(events.flatMap(({ bytes }) => [bytes, NEWLINE])))) this.#count(events, to);
      else left.push(...its);
    }
    return left;
  }

  #destinationOf({ group, stream }: ReceivedEvent): Spooled {
    if (this.#plan === null) throw new Error('an EMF event came in before a plan said where its kind goes');
    const ownStream = stream ?? this.#defaultStream(this.#plan);
    return legalSpooled(group ?? this.#plan.group, ownStream) ?? legalSpooled(this.#plan.group, ownStream)!;
  }

  #defaultStream({ stream }: EmfPlan): string { return nameOf(stream, localSpanAt(this.#o.zone, this.#o.wallNow(), 'hour')); }

  #count(events: readonly ReceivedEvent[], { group, stream }: Spooled): void {
    this.events += events.length;
    for (const { fault } of events) {
      if (fault === null) continue;
      const count = (this.faults.get(fault) ?? 0) + 1;
      this.faults.set(fault, count);
      this.#say(fault, `log group ${group}, stream ${stream}`);
    }
  }

  /** Names the first destinations of each fault; of more there is one message for all. */
  #say(fault: EmfFault, destination: string): void {
    const named = this.#named.get(fault) ?? new Set();
    this.#named.set(fault, named);
    if (named.size < MOST_NAMED) named.add(destination);
    const place = named.has(destination) ? destination : 'more log streams';
    this.#o.report.trouble(`emf event ${fault} ${place}`, `${place}: an event ${FAULT_TEXT[fault]}: it is delivered as it is, but CloudWatch makes no metrics of it, or not all. Mend its sender`);
  }
}
