import type { Destination } from '../flow.ts';
import type { RedactKind } from '../plan.ts';
import type { LogLine } from './own-log.ts';
import { destinationName, destinationText } from './destination-name.ts';
import type { DropReason, Report } from './report.ts';

/** The same trouble is said again after this time, while it lasts. */
const REPEAT_MS = 300_000;
/** A wait for a destination that is said at once. */
const LONG_WAIT_MS = 5_000;
/** Drops of one file for one reason are summed up at most this often, however many there are. */
const DROPS_SAID_MS = 60_000;
/** Notes per minute; the rest is counted and said in one line. */
const NOTES_PER_MINUTE = 60;
/** Steps per second: a catch-up makes hundreds of requests, and who follows the log reads no more. */
const STEPS_PER_SECOND = 100;
/** Subjects whose trouble is remembered. */
const MAX_TROUBLES = 1_000;

const AGED = 'the service takes none of these, `undeliverable` in the config says whether they are kept';
const UNREAD = 'the agent was behind; `agent status` says how far, and what holds it up';
/** The cause of a drop, for those that are said. */
const WHY_DROPPED: Readonly<Record<Exclude<DropReason, 'filtered' | 'blank'>, string>> = {
  'too-old': `older than 14 days; ${AGED}`,
  'too-new': `more than two hours ahead of the clock; ${AGED}`,
  expired: `older than the retention of the log group; ${AGED}`,
  refused: `the service refuses them; ${AGED}`,
  hole: 'zeros that stand for no text, as a truncation under a writer leaves them',
  'truncated-unread': `the file was cut before they were read: ${UNREAD}`,
  'released-deleted': `the file was deleted and let go before they were read: ${UNREAD}`,
  'gone-at-stop': 'their file is gone, and the agent ended before they were acknowledged; `undeliverable` in the config says whether they are kept',
  'too-long': 'a line that came in is longer than an event of the service can be',
  unfinished: 'their senders broke off in the middle of a line, or too many lines of too many senders were unfinished',
  'kernel-full': 'datagrams for which the kernel had no room while the agent was busy: raise net.core.rmem_max, or send over TCP or a unix socket',
  'spool-full': 'they came in by a way on which no sender can wait while the spool takes nothing; `agent status` says what holds delivery up',
  'journal-gap': 'the journal has deleted them before they were read: let it keep more (SystemMaxUse= in journald.conf); `agent status` says what holds delivery up',
  'journal-cut': 'parts of entries that are longer than an event can be; the entries are delivered without them',
  'no-metric': 'no event can carry such a metric: a value that is no number CloudWatch takes, a name that is empty, longer than 1,024 characters or _aws, or a dimension that is too long; look at what measures or sends it',
  'vanished-unread': `the file is gone and was not read to its end: ${UNREAD}`,
};

export interface Dropped { readonly events: number; readonly bytes: number }

interface Trouble {
  message: string;
  since: number;
  saidAt: number;
  times: number;
  /** Dropped since it began. */
  events: number;
  bytes: number;
}

/** Counters and log lines. A fact is said when it changes, not each time it happens. */
export class AgentReport implements Report {
  readonly #log: LogLine;
  readonly #now: () => number;
  readonly #debugs: () => boolean;
  readonly #dropped = new Map<DropReason, { events: number; bytes: number }>();
  readonly #redacted = new Map<RedactKind, number>();
  readonly #troubles = new Map<string, Trouble>();
  #notesIn = 0;
  #notesMinute = 0;
  #notesMuted = 0;
  #stepsIn = 0;
  #stepsSecond = 0;
  readBytes = 0;
  settledBytes = 0;
  deliveredEvents = 0;
  deliveredMessageBytes = 0;
  requestsRetried = 0;
  /** Events delivered with another time than their own, by policy. */
  clampedEvents = 0;
  /** Events without a time of their own where the entry says how to find one. */
  untimedEvents = 0;
  /** Attempts whose answer never came: what they held may have been stored, and is sent again. */
  ambiguousAttempts = 0;

  /** @param now epoch milliseconds. @param debugs whether steps are said too. */
  constructor(log: LogLine, now: () => number, debugs: () => boolean = () => false) {
    this.#debugs = debugs;
    this.#log = log;
    this.#now = now;
  }

  debug(message: () => string): void {
    if (!this.#debugs()) return;
    const second = Math.floor(this.#now() / 1_000);
    if (second !== this.#stepsSecond) {
      if (this.#stepsIn > STEPS_PER_SECOND) this.#log('debug', `${this.#stepsIn - STEPS_PER_SECOND} more steps of that second are left out`);
      this.#stepsSecond = second;
      this.#stepsIn = 0;
    }
    if (++this.#stepsIn <= STEPS_PER_SECOND) this.#log('debug', message());
  }

  note(message: string): void {
    const minute = Math.floor(this.#now() / 60_000);
    if (minute !== this.#notesMinute) {
      if (this.#notesMuted > 0) this.#log('info', `${this.#notesMuted} more messages of the last minute are left out; see \`agent status\``);
      this.#notesMinute = minute;
      this.#notesIn = this.#notesMuted = 0;
    }
    if (++this.#notesIn > NOTES_PER_MINUTE) { this.#notesMuted++; return; }
    this.#log('info', message);
  }

  trouble(subject: string, message: string): void { this.#trouble(subject, message, 0); }

  /** @param pauseMs how long a message that only changes its words is not said again */
  #trouble(subject: string, message: string, pauseMs: number): Trouble {
    const now = this.#now();
    const known = this.#troubles.get(subject);
    if (known === undefined) {
      if (this.#troubles.size >= MAX_TROUBLES) for (const oldest of this.#troubles.keys()) { this.#troubles.delete(oldest); break; }
      const trouble = { message, since: now, saidAt: now, times: 1, events: 0, bytes: 0 };
      this.#troubles.set(subject, trouble);
      this.#log('warn', message);
      return trouble;
    }
    known.times++;
    const pause = known.message === message ? REPEAT_MS : pauseMs;
    known.message = message;
    if (now - known.saidAt < pause) return known;
    known.saidAt = now;
    this.#log('warn', `${message} (${known.times} times since ${new Date(known.since).toISOString()})`);
    return known;
  }

  recovered(subject: string, message: string): void {
    if (!this.#troubles.delete(subject)) return;
    this.#log('info', message);
  }

  delivered(_destination: Destination, events: number, messageBytes: number): void {
    this.deliveredEvents += events;
    this.deliveredMessageBytes += messageBytes;
  }

  retrying(destination: Destination, reason: string, attempt: number, ambiguous: boolean, waitMs: number): void {
    this.requestsRetried++;
    if (ambiguous) this.ambiguousAttempts++;
    // One hiccup is the service's everyday life; a second one in a row is worth a line, and so is a long wait.
    if (attempt >= 2 || waitMs >= LONG_WAIT_MS) this.trouble(`destination ${destinationName(destination)}`, `${destinationText(destination)}: not accepted (${reason}); held and tried again`);
  }

  paused(destination: Destination, reason: string): void {
    this.requestsRetried++;
    this.trouble(`destination ${destinationName(destination)}`, `${destinationText(destination)}: paused (${reason}); its logs are kept, and it is tried again`);
  }

  dropped(reason: DropReason, events: number, bytes: number, path: string | null): void {
    const counter = this.#dropped.get(reason) ?? { events: 0, bytes: 0 };
    counter.events += events;
    counter.bytes += bytes;
    this.#dropped.set(reason, counter);
    if (reason === 'filtered' || reason === 'blank') return;
    const subject = `dropped ${reason} ${path ?? ''}`;
    const known = this.#troubles.get(subject);
    const [allEvents, allBytes] = [events + (known?.events ?? 0), bytes + (known?.bytes ?? 0)];
    const trouble = this.#trouble(subject, `${path ?? 'events'}: ${allEvents > 0 ? `${allEvents} ${allEvents === 1 ? 'event' : 'events'}, ` : ''}${allBytes} bytes not delivered (${reason}): ${WHY_DROPPED[reason]}`, DROPS_SAID_MS);
    trouble.events = allEvents;
    trouble.bytes = allBytes;
  }

  untimed(events: number, path: string, sentTo: Destination | null): void {
    this.untimedEvents += events;
    if (sentTo !== null) {
      const name = `log group ${sentTo.group}, stream ${sentTo.stream}`;
      this.trouble(`untimed ${name}`, `${name}: EMF events without a whole number of milliseconds in _aws.Timestamp; they carry the time of the event before them. Mend their sender`);
      return;
    }
    this.trouble(`untimed ${path}`, `${path}: events without a time that fits timestamp_format, or without their timestamp_field; they carry the time of the event before them. \`agent preview ${path} --config FILE\` shows which`);
  }

  clamped(events: number, path: string): void {
    this.clampedEvents += events;
    this.trouble(`clamped ${path}`, `${path}: events older than 14 days or more than two hours ahead; they are delivered with the nearest time the service takes (undeliverable: clamp)`);
  }

  redacted(kind: RedactKind, replacements: number): void { this.#redacted.set(kind, (this.#redacted.get(kind) ?? 0) + replacements); }

  read(bytes: number): void { this.readBytes += bytes; }
  settled(bytes: number): void { this.settledBytes += bytes; }

  /** Defects and start-up facts go through here too, so that there is one log. */
  error(message: string): void { this.#log('error', message); }

  get drops(): ReadonlyMap<DropReason, Dropped> { return this.#dropped; }
  get redactions(): ReadonlyMap<RedactKind, number> { return this.#redacted; }
  get troubles(): readonly { readonly subject: string; readonly message: string; readonly since: number; readonly times: number }[] {
    return [...this.#troubles].map(([subject, { message, since, times }]) => ({ subject, message, since, times }));
  }
}
