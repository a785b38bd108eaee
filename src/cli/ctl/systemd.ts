import { spawn } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';

/** What systemctl did: its exit code (127 when it is not there), and what it said. */
export interface SystemctlAnswer { readonly code: number; readonly out: string; readonly err: string }

export type Systemctl = (...words: readonly string[]) => Promise<SystemctlAnswer>;

/** systemctl(1): the unit is not active. LSB: the command was not found. */
const NOT_FOUND = 127;

/** systemctl(1): what runs, comes or goes. One that has failed and is begun again after `RestartSec=` is `activating`, and not active. */
const UP = new Set(['active', 'reloading', 'refreshing', 'activating', 'deactivating']);

const SECOND_SIGNAL_MS = 1000;

/** systemctl did not do what it was asked. The message is what it said. */
export class ServiceError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'ServiceError';
  }
}

/** Runs systemctl of the PATH; it never rejects. */
export const systemctl: Systemctl = (...words) => new Promise((resolve) => {
  const child = spawn('systemctl', words, { stdio: ['ignore', 'pipe', 'pipe'] });
  const said = { out: '', err: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => { said.out += text; });
  child.stderr.setEncoding('utf8').on('data', (text: string) => { said.err += text; });
  child.once('error', (error: NodeJS.ErrnoException) => { resolve({ code: NOT_FOUND, out: '', err: `systemctl cannot be run (${error.code ?? 'unknown reason'}): this command controls the agent through systemd\n` }); });
  child.once('close', (code) => { resolve({ code: code ?? 1, ...said }); });
});

/** One unit of systemd. */
export class Unit {
  readonly name: string;
  readonly #systemctl: Systemctl;

  constructor(name: string, run: Systemctl = systemctl) {
    this.name = name;
    this.#systemctl = run;
  }

  /** Null where systemd is not there to ask, as in a container. */
  async isActive(): Promise<boolean | null> {
    const { code } = await this.#systemctl('is-active', this.name);
    // 1 is neither of the states a unit may be in (systemctl(1): 0 active, 3 not, 4 no such unit): systemd does not run.
    return code === 0 ? true : code === 1 || code === NOT_FOUND ? null : false;
  }

  /** Whether it runs, or will unless it is stopped. */
  async isUp(): Promise<boolean> { return UP.has(await this.property('ActiveState')); }

  /** Whether it starts with the system. */
  async isEnabled(): Promise<boolean> {
    return (await this.#systemctl('is-enabled', this.name)).code === 0;
  }

  /** Whether systemd knows such a unit, and by this name: not as an alias of another. */
  async isKnown(): Promise<boolean> {
    return (await this.property('LoadState')) === 'loaded' && (await this.property('Id')) === this.name;
  }

  /** A property, or empty. */
  async property(name: string): Promise<string> {
    const { out } = await this.#systemctl('show', '-p', name, this.name);
    return out.trim().replace(`${name}=`, '');
  }

  /** Epoch milliseconds, or null when its main process does not run. */
  async startedAt(): Promise<number | null> {
    const pid = await this.property('MainPID');
    const microseconds = Number(await this.property('ExecMainStartTimestampMonotonic'));
    if (pid === '' || pid === '0' || !(microseconds > 0)) return null;
    return Date.now() - (Number(process.hrtime.bigint() / 1000n) - microseconds) / 1000;
  }

  /** Throws ServiceError with what systemctl said. */
  async must(...words: readonly string[]): Promise<void> {
    const { code, err } = await this.#systemctl(...words);
    if (code !== 0) throw new ServiceError(`${err}systemctl ${words.join(' ')} failed (exit code ${code}); \`journalctl -u ${this.name}\` says more`);
  }

  async stop(): Promise<void> { await this.must('stop', this.name); }

  /** Without waiting for what is held: at a second SIGTERM the agent lets go, and its positions say what is left. */
  async stopNow(): Promise<void> {
    await this.must('stop', '--no-block', this.name);
    // Two signals of one kind that come together are one.
    await delay(SECOND_SIGNAL_MS);
    await this.#systemctl('kill', '--signal=SIGTERM', this.name);
    await this.stop();
  }

  /** From now on and with the system. */
  async startAndEnable(): Promise<void> {
    await this.must('daemon-reload');
    await this.must('enable', this.name);
    await this.must('restart', this.name);
  }

  async disable(): Promise<void> {
    await this.must('disable', this.name);
    await this.must('daemon-reload');
  }
}
