import type { LifetimeControl } from '../lifecycle/lifetime.ts';
import type { Report } from '../report/report.ts';

/** More than the longest patience of a sampler, that of nvidia-smi (10 s), milliseconds. */
const PATIENCE_MS = 15_000;
const SUBJECT = 'collectors left behind';

interface Ending { readonly name: string; readonly life: LifetimeControl; readonly ended: Promise<void> }

/**
 * Collectors that were stopped and still give what they hold. One that does not end, because the kernel or a program does not answer it, holds up
 * neither the next config nor the stop: it is left behind, its life is abandoned, and that is said by its name.
 */
export class EndingCollectors {
  readonly #report: Pick<Report, 'trouble' | 'recovered'>;
  readonly #patienceMs: number;
  readonly #ending = new Set<Ending>();
  readonly #left = new Set<Ending>();

  constructor(report: Pick<Report, 'trouble' | 'recovered'>, patienceMs = PATIENCE_MS) {
    this.#report = report;
    this.#patienceMs = patienceMs;
  }

  /** Stops one. @param ended never rejects */
  stop(name: string, life: LifetimeControl, ended: Promise<void>): void {
    const one: Ending = { name, life, ended };
    this.#ending.add(one);
    void ended.then(() => { this.#over(one); });
    life.requestStop();
  }

  /** Resolves when all that are waited for have ended, or are left behind. */
  async settled(): Promise<void> {
    const waited = [...this.#ending];
    if (waited.length === 0) return;
    const { promise: late, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, this.#patienceMs);
    await Promise.race([Promise.all(waited.map(({ ended }) => ended)), late]);
    clearTimeout(timer);
    const hanging = waited.filter((one) => this.#ending.delete(one));
    for (const one of hanging) {
      this.#left.add(one);
      one.life.requestAbandon();
    }
    if (hanging.length > 0) this.#say();
  }

  #over(one: Ending): void {
    this.#ending.delete(one);
    if (!this.#left.delete(one)) return;
    if (this.#left.size > 0) this.#say();
    else this.#report.recovered(SUBJECT, 'metrics: all collectors that were left behind have ended');
  }

  #say(): void {
    const names = [...new Set([...this.#left].map(({ name }) => name))].join(', ');
    this.#report.trouble(SUBJECT, `metrics: ${names} did not end within ${this.#patienceMs / 1000} s of being told to, by a new config or a stop: what is read there (a mount, a device, a program) does not answer. It is left behind, and what comes of it late is not published; everything else goes on. Next step: see to what hangs; a restart of the agent ends it too`);
  }
}
