import type { EmfStatus } from '../control/status-document.ts';
import { addressText } from '../metrics-plan.ts';
import type { EmfPlan, ListenAddress } from '../metrics-plan.ts';
import type { LineSink } from '../metrics/emf/line-sink.ts';
import { MAX_CONNECTIONS, openLineDatagrams, openLines } from '../metrics/emf/listeners.ts';
import type { Opened } from '../metrics/sockets/listening.ts';
import type { Report } from '../report/report.ts';
import type { EmfIntake } from './emf-intake.ts';

export interface EmfInputOptions {
  readonly intake: EmfIntake;
  readonly report: Report;
}

/** The listeners for events in the embedded metric format, as the plan wants them. */
export class EmfInput implements AsyncDisposable {
  readonly #o: EmfInputOptions;
  /** By address; null: it could not be had yet. */
  readonly #listeners = new Map<string, Opened | null>();
  #wanted: ReadonlyMap<string, ListenAddress> = new Map();
  #changing: Promise<void> = Promise.resolve();
  #isChanging = false;
  #refusedConnections = 0;

  constructor(options: EmfInputOptions) { this.#o = options; }

  get status(): EmfStatus {
    const { spool, events, faults } = this.#o.intake;
    return { listening: this.open, events, faults: [...faults].map(([reason, count]) => ({ reason, events: count })), refusedConnections: this.#refusedConnections, spoolBytes: spool.used, spoolFiles: spool.files };
  }

  /** Addresses that are listened at now. */
  get open(): readonly string[] { return [...this.#listeners].filter(([, listener]) => listener !== null).map(([name]) => name); }

  /** Listens where the plan says from now on, and nowhere else; an address of both plans stays open. Null: nowhere. */
  apply(plan: EmfPlan | null): Promise<void> {
    if (plan !== null) this.#o.intake.use(plan);
    this.#wanted = new Map((plan?.addresses ?? []).map((address) => [addressText(address), address]));
    return this.#change();
  }

  /** To be called about each second: tries again what could not be had. */
  keepHouse(): void { if (!this.#isChanging && this.open.length < this.#wanted.size) void this.#change(); }

  /** Listens no more. What was taken is in the spool. */
  async [Symbol.asyncDispose](): Promise<void> { await this.apply(null); }

  #change(): Promise<void> {
    this.#changing = this.#changing.then(async () => {
      this.#isChanging = true;
      const gone = [...this.#listeners].filter(([name]) => !this.#wanted.has(name));
      for (const [name] of gone) this.#listeners.delete(name);
      await Promise.all(gone.map(async ([, listener]) => { await listener?.[Symbol.asyncDispose](); }));
      for (const [name, address] of this.#wanted) {
        if ((this.#listeners.get(name) ?? null) === null) this.#listeners.set(name, await this.#open(name, address));
      }
      this.#isChanging = false;
    });
    return this.#changing;
  }

  async #open(name: string, address: ListenAddress): Promise<Opened | null> {
    const { intake, report } = this.#o;
    const sink: LineSink = {
      take: (lines) => intake.take(lines),
      whenRoom: (retry) => { intake.spool.whenRoom(retry); },
      lost: (reason, lines, bytes, at) => { report.dropped(reason, lines, bytes, at); },
    };
    const refused = (): void => {
      this.#refusedConnections++;
      report.trouble(`emf connections ${name}`, `${name}: more than ${MAX_CONNECTIONS} senders are connected at once; the others are refused. Let senders share connections`);
    };
    try {
      const listener = await (address.protocol === 'udp' ? openLineDatagrams(address, sink, report) : openLines(address, sink, refused));
      void listener.failed.then((error) => this.#failed(name, listener, error));
      report.recovered(`emf listener ${name}`, `${name}: listens for EMF events now`);
      return listener;
    } catch (error) {
      this.#say(name, error as Error);
      return null;
    }
  }

  /** It is of no use any more: it is opened anew. */
  async #failed(name: string, listener: Opened, error: Error): Promise<void> {
    if (this.#listeners.get(name) !== listener) return;
    this.#listeners.set(name, null);
    this.#say(name, error);
    await listener[Symbol.asyncDispose]();
  }

  #say(name: string, error: NodeJS.ErrnoException): void {
    this.#o.report.trouble(`emf listener ${name}`, `${name}: cannot be listened at for EMF events (${reasonOf(error)}); it is tried again each second`);
  }
}

function reasonOf({ code, message }: NodeJS.ErrnoException): string {
  switch (code) {
    case 'EADDRINUSE': return 'EADDRINUSE: another program has the address, perhaps the CloudWatch agent; stop it, or change service_address';
    case 'EADDRNOTAVAIL': return 'EADDRNOTAVAIL: this host has no such address; change service_address';
    case 'EACCES': return 'EACCES: the agent may not: a port below 1024 needs a capability, a socket write access to its folder';
    case 'ENOENT': return 'ENOENT: the folder of the socket does not exist; create it';
    default: return code ?? message;
  }
}
