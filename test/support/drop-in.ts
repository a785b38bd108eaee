// A machine of its own for the commands that stand in for the CloudWatch agent's: a folder for `/`, and a systemd that only notes.
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { TestContext } from 'node:test';
import type { DropInHost } from '../../src/cli/ctl/host.ts';
import { placesBelow, type Places } from '../../src/cli/ctl/places.ts';
import { Unit, type Systemctl } from '../../src/cli/ctl/systemd.ts';
import { OUR_UNIT } from '../../src/cli/own-unit.ts';
import { TEST_ENV } from './rig.ts';

/** Units by name, and what is done with them. */
export class StubSystemd {
  readonly calls: string[] = [];
  readonly active = new Set<string>();
  /** Have failed, and are begun again after `RestartSec=`. */
  readonly restarting = new Set<string>();
  readonly enabled = new Set<string>();
  readonly known: Set<string>;
  readonly aliases = new Map<string, string>();
  /** Called before a unit starts or stops; what throws makes systemctl fail. */
  onStart: (unit: string) => Promise<void> | void = () => {};
  onStop: (unit: string) => Promise<void> | void = () => {};
  onKill: (unit: string) => void = () => {};

  constructor(...known: readonly string[]) { this.known = new Set(known); }

  readonly systemctl: Systemctl = async (...words) => {
    const [verb, ...rest] = words;
    const unit = rest.at(-1) ?? '';
    const answer = (code: number, out = ''): { code: number; out: string; err: string } => ({ code, out, err: '' });
    switch (verb) {
      case 'is-active': return this.active.has(unit) ? answer(0) : answer(3);
      case 'is-enabled': return answer(this.enabled.has(unit) ? 0 : 1);
      case 'show': return answer(0, `${rest[1]}=${this.#property(rest[1]!, unit)}\n`);
      default:
    }
    this.calls.push(words.join(' '));
    try {
      if (verb === 'start' || verb === 'restart') { await this.onStart(unit); this.active.add(unit); this.restarting.delete(unit); }
      if (verb === 'kill') this.onKill(unit);
      if (words.includes('--no-block')) { void this.onStop(unit); return answer(0); }
      if (verb === 'stop') { await this.onStop(unit); this.active.delete(unit); this.restarting.delete(unit); }
      if (verb === 'enable') this.enabled.add(unit);
      if (verb === 'disable') this.enabled.delete(unit);
      return answer(0);
    } catch (error) {
      return { code: 1, out: '', err: `Job for ${unit} failed: ${(error as Error).message}\n` };
    }
  };

  #property(name: string, unit: string): string {
    if (name === 'Id') return this.aliases.get(unit) ?? unit;
    if (name === 'LoadState') return this.known.has(unit) ? 'loaded' : 'not-found';
    if (name === 'ActiveState') return this.active.has(unit) ? 'active' : this.restarting.has(unit) ? 'activating' : 'inactive';
    if (!this.active.has(unit)) return '0';
    return name === 'MainPID' ? '4711' : String(process.hrtime.bigint() / 1000n - 60_000_000n);
  }
}

export interface DropInRig {
  readonly host: DropInHost;
  readonly places: Places;
  readonly systemd: StubSystemd;
  /** Writes a file below the folder of the CloudWatch agent's configs, or elsewhere; gives its path. */
  readonly write: (path: string, content: unknown) => string;
  /** The files of the folder of configs, and their contents. */
  readonly installed: () => Readonly<Record<string, string>>;
  readonly said: { out: string; err: string };
}

export function startDropIn(t: TestContext, env: Readonly<Record<string, string>> = {}): DropInRig {
  const root = mkdtempSync(join(tmpdir(), 'drop-in-'));
  t.after(() => { rmSync(root, { recursive: true, force: true }); });
  const places = placesBelow(root);
  const systemd = new StubSystemd(OUR_UNIT);
  const said = { out: '', err: '' };
  const stateDirectory = join(root, 'var/lib/unified-agent');
  const host: DropInHost = {
    places, stateDirectory,
    unit: new Unit(OUR_UNIT, systemd.systemctl),
    // All that the process has: these commands make it the process's own, and which endpoint a test has stands there too.
    env: { ...process.env, HOME: root, ...TEST_ENV, AWS_REGION: 'us-east-1', ...env },
    output: { out: (text) => { said.out += text; }, err: (text) => { said.err += text; }, colour: false },
  };
  return {
    host, places, systemd, said,
    write: (path, content) => {
      const full = path.startsWith('/') ? path : join(places.etc, path);
      mkdirSync(dirname(full), { recursive: true });
      writeFileSync(full, typeof content === 'string' ? content : JSON.stringify(content));
      return full;
    },
    installed: () => Object.fromEntries((existsSync(places.folder) ? readdirSync(places.folder) : []).toSorted().map((name) => [name, readFileSync(join(places.folder, name), 'utf8')])),
  };
}
