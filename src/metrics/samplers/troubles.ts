import type { SamplerReport } from '../sampler.ts';

/** Subjects remembered; a host that has more is in a trouble that is said by then. */
const MAX_SUBJECTS = 256;

/** What is in trouble now. Each trouble is said when it begins or changes, and when it is over; not with each sample. */
export class Troubles {
  readonly #report: SamplerReport;
  readonly #now = new Map<string, string>();

  constructor(report: SamplerReport) { this.#report = report; }

  begin(subject: string, message: string): void {
    if (this.#now.get(subject) === message || (!this.#now.has(subject) && this.#now.size >= MAX_SUBJECTS)) return;
    this.#now.set(subject, message);
    this.#report.trouble(subject, message);
  }

  end(subject: string, message: string): void {
    if (this.#now.delete(subject)) this.#report.recovered(subject, message);
  }

  /** Ends the troubles of subjects that are there no more, unsaid. */
  keep(still: (subject: string) => boolean): void {
    for (const subject of this.#now.keys()) if (!still(subject)) this.#now.delete(subject);
  }
}
