import type { RedactKind } from '../plan.ts';
import type { DropReason, Report } from '../report/report.ts';

/** Messages kept: a preview says each trouble once, and there are few kinds. */
const MAX_TROUBLES = 20;

/** What the stages say of one event at a time, for a preview: nothing is counted, logged or delivered. */
export class PreviewReport implements Report {
  /** Of the event that is stamped: dropped for its age; without a time of its own; moved into what the service takes. */
  age: 'too-old' | 'too-new' | null = null;
  isUntimed = false;
  isClamped = false;
  #redacted = new Map<RedactKind, number>();
  readonly #troubles = new Map<string, string>();

  /** How much was made unreadable in the event, by kind. */
  get redactions(): ReadonlyMap<RedactKind, number> { return this.#redacted; }

  /** Of the whole preview, one for each subject. */
  get troubles(): readonly string[] { return [...this.#troubles.values()]; }

  /** The next event. */
  begin(): void {
    this.age = null;
    this.isUntimed = this.isClamped = false;
    this.#redacted = new Map();
  }

  dropped(reason: DropReason): void { if (reason === 'too-old' || reason === 'too-new') this.age = reason; }
  redacted(kind: RedactKind, replacements: number): void { this.#redacted.set(kind, (this.#redacted.get(kind) ?? 0) + replacements); }
  untimed(): void { this.isUntimed = true; }
  clamped(): void { this.isClamped = true; }
  trouble(subject: string, message: string): void { if (this.#troubles.size < MAX_TROUBLES) this.#troubles.set(subject, message); }
  debug(): void {}
  note(): void {}
  recovered(): void {}
  delivered(): void {}
  retrying(): void {}
  paused(): void {}
  read(): void {}
  settled(): void {}
}
