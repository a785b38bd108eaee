import type { Report } from '../report/report.ts';
import { identityOf } from './config-copy.ts';
import type { ConfigPorts, ReadConfig } from './config-ports.ts';

const SUBJECT = 'config source';

/** The sources of the config, asked again while the agent runs: what runs goes on when they give no answer, and that is said for as long as it lasts. */
export class Sources {
  readonly #ports: Pick<ConfigPorts, 'read' | 'look'>;
  readonly #report: Pick<Report, 'trouble' | 'recovered'>;
  readonly #now: () => number;
  #lookedAt: number | null = null;
  #unreachable: string | null = null;

  /** @param now epoch milliseconds. */
  constructor(ports: Pick<ConfigPorts, 'read' | 'look'>, report: Pick<Report, 'trouble' | 'recovered'>, now: () => number) {
    this.#ports = ports;
    this.#report = report;
    this.#now = now;
  }

  /** When the version was last asked for, epoch milliseconds. */
  get lookedAt(): number | null { return this.#lookedAt; }
  /** Why they could not be asked or read the last time, or null. */
  get unreachable(): string | null { return this.#unreachable; }

  /** The identity of what is there; null when it cannot be asked. It may be there and still not be readable: only `reached` says that it is. */
  async look(): Promise<string | null> {
    const looked = await this.#ports.look();
    this.#lookedAt = this.#now();
    if (!('unreachable' in looked)) return identityOf(looked);
    this.#missed('the version of the config cannot be asked', looked.unreachable, true);
    return null;
  }

  /**
   * @param missed what is said when they cannot be read
   * @param isPolled they are looked at again without anybody asking for it
   */
  async read(missed: string, isPolled: boolean): Promise<ReadConfig> {
    const read = await this.#ports.read();
    if (read.kind === 'unreadable') this.#missed(missed, read.reason, isPolled);
    else this.reached();
    return read;
  }

  reached(): void {
    this.#unreachable = null;
    this.#report.recovered(SUBJECT, 'the config can be read again');
  }

  /** The agent started with the version `instead`, because they could not be read. */
  missedAtStart(reason: string, instead: string): void {
    this.#unreachable = reason;
    this.#report.trouble(SUBJECT, `the config cannot be read (${reason}): started with the last good copy (${instead}); it is tried again`);
  }

  #missed(what: string, reason: string, isPolled: boolean): void {
    this.#unreachable = reason;
    this.#report.trouble(SUBJECT, `${what} (${reason}): the present one goes on${isPolled ? ', and it is tried again' : '; `agent reload` tries again'}`);
  }
}
