import type { Report } from '../report/report.ts';
import { openNotifySocket } from './notify-socket.ts';
import type { NotifySocket } from './notify-socket.ts';

/** How often the agent is looked at for what there is to be told, milliseconds. */
const LOOK_MS = 5_000;
/** The watchdog is fed this many times in its time: sd_watchdog_enabled(3) asks for two. */
const FEEDS = 3;
/** systemd shows one line. */
const MAX_STATUS = 300;
/** Lines that are kept for a service manager that takes none at present. */
const MAX_OWED = 20;
const SUBJECT = 'service manager';

/** What the service manager hands to a service, of the environment. */
export interface ServiceEnvironment {
  readonly NOTIFY_SOCKET?: string | undefined;
  readonly WATCHDOG_USEC?: string | undefined;
  readonly WATCHDOG_PID?: string | undefined;
}

/** What is told of the agent. */
export interface ToldAgent {
  /** One line for people. */
  readonly text: () => string;
  /** False: a part of it stands still, and only a start helps. */
  readonly isAlive: () => boolean;
}

/** Tells the service manager how the agent is; without one, nothing is done and nothing loaded. */
export class ServiceState implements Disposable {
  readonly #socket: NotifySocket | null;
  readonly #watchdogMs: number | null;
  #timer: NodeJS.Timeout | null = null;
  #text = '';
  /** What the socket had no room for. */
  readonly #owed = new Set<string>();
  #fedAt = -Infinity;
  #stopping = false;

  private constructor(socket: NotifySocket | null, watchdogMs: number | null) {
    this.#socket = socket;
    this.#watchdogMs = watchdogMs;
  }

  /** Never rejects: an agent that cannot tell how it is delivers all the same. */
  static async open({ NOTIFY_SOCKET: name, WATCHDOG_USEC, WATCHDOG_PID }: ServiceEnvironment, report: Pick<Report, 'trouble'>): Promise<ServiceState> {
    if (!name) return new ServiceState(null, null);
    const isOurs = WATCHDOG_PID === undefined || Number(WATCHDOG_PID) === process.pid;
    const microseconds = Number(WATCHDOG_USEC);
    try {
      return new ServiceState(await openNotifySocket(name), isOurs && microseconds > 0 ? microseconds / 1000 : null);
    } catch (error) {
      report.trouble(SUBJECT, `the service manager is not told how the agent is (${(error as Error).message}): it will take a start for failed, and the watchdog for unfed. Give the unit a drop-in with Type=exec and WatchdogSec=0`);
      return new ServiceState(null, null);
    }
  }

  /** The agent runs as configured. From now on it is looked at, and the watchdog fed for as long as it is alive. */
  ready(agent: ToldAgent): void {
    if (this.#socket === null) return;
    this.#text = lineOf(agent.text());
    this.#fedAt = performance.now();
    this.#say('READY=1', `STATUS=${this.#text}`);
    this.#timer = setInterval(() => { this.#look(agent); }, this.#watchdogMs === null ? LOOK_MS : Math.min(LOOK_MS, this.#watchdogMs / FEEDS));
  }

  /** While `work` is under way the service is reloading; one that is not ready yet is still starting. */
  async during<T>(work: () => Promise<T>): Promise<T> {
    if (this.#timer === null) return work();
    // CLOCK_MONOTONIC, as sd_notify(3) wants it.
    this.#say('RELOADING=1', `MONOTONIC_USEC=${process.hrtime.bigint() / 1000n}`);
    try {
      return await work();
    } finally {
      if (!this.#stopping) this.#say('READY=1');
    }
  }

  /** The agent ends; what it does until then goes on being told. */
  stopping(): void {
    this.#stopping = true;
    this.#say('STOPPING=1');
  }

  [Symbol.dispose](): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#socket?.[Symbol.dispose]();
  }

  #look({ text, isAlive }: ToldAgent): void {
    const now = performance.now();
    const lines: string[] = [];
    if (this.#watchdogMs !== null && now - this.#fedAt >= this.#watchdogMs / FEEDS - 1 && isAlive()) {
      lines.push('WATCHDOG=1');
      this.#fedAt = now;
    }
    const line = lineOf(text());
    if (line !== this.#text) lines.push(`STATUS=${line}`);
    this.#text = line;
    if (lines.length > 0 || this.#owed.size > 0) this.#say(...lines);
  }

  #say(...lines: readonly string[]): void {
    for (const line of lines) this.#owed.add(line);
    if (this.#socket === null || this.#socket.send([...this.#owed]) || this.#owed.size > MAX_OWED) this.#owed.clear();
  }
}

function lineOf(text: string): string {
  const line = text.replaceAll(/\p{Cc}+/gu, ' ');
  return line.length <= MAX_STATUS ? line : `${line.slice(0, MAX_STATUS - 1)}…`;
}
