import { readlinkSync, readFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { compileNameGlobs } from '../name-glob.ts';
import { FailedRun, HostProgram } from './host-program.ts';
import { codeOf } from './kernel-text.ts';
import { Troubles } from './troubles.ts';
import type { SamplerPlan } from '../../metrics-plan.ts';
import type { FieldKind, KernelFolders, Reading, Sampler, SamplerReport } from '../sampler.ts';

/** The second where /usr is not merged. */
const PROGRAMS = ['/usr/sbin/ethtool', '/sbin/ethtool'] as const;
const PATIENCE_MS = 5_000;
/** Interfaces asked: each is a process of some milliseconds. A host of containers can have thousands. */
const MAX_INTERFACES = 128;

export interface EthtoolOptions {
  readonly report: SamplerReport;
  /** Another program, in tests. */
  readonly program?: string;
}

type EthtoolPlan = Extract<SamplerPlan, { readonly kind: 'ethtool' }>;

/**
 * What drivers of network interfaces count, as they count it: `ethtool -S`, because the kernel gives it by an ioctl alone. All but loopback
 * that match `include` and not `exclude`. `fields` is empty: each driver has its own; all have the unit None.
 */
export function createEthtoolSampler(plan: EthtoolPlan, folders: KernelFolders, options: EthtoolOptions): Sampler {
  return new EthtoolSampler(plan, folders, options);
}

class EthtoolSampler implements Sampler {
  readonly fields: Readonly<Record<string, FieldKind>> = {};
  readonly #plan: EthtoolPlan;
  readonly #net: string;
  readonly #program: HostProgram;
  readonly #troubles: Troubles;
  readonly #included: (name: string) => boolean;
  readonly #excluded: (name: string) => boolean;
  readonly #wanted: ReadonlySet<string> | null;
  /** Drivers of interfaces without a device, by name and index: they are asked for once. */
  readonly #drivers = new Map<string, string>();

  constructor(plan: EthtoolPlan, { sys }: KernelFolders, { report, program }: EthtoolOptions) {
    this.#plan = plan;
    this.#net = join(sys, 'class/net');
    this.#program = new HostProgram({ paths: program === undefined ? PROGRAMS : [program], patienceMs: PATIENCE_MS, remedy: 'install the package ethtool, or take the section ethtool out of the config' });
    this.#troubles = new Troubles(report);
    this.#included = compileNameGlobs(plan.include);
    this.#excluded = compileNameGlobs(plan.exclude);
    this.#wanted = plan.statistics === null ? null : new Set(plan.statistics);
  }

  async sample(): Promise<readonly Reading[]> {
    const { pointer } = this.#plan;
    const names = await this.#interfaces();
    const bound = `${pointer} interfaces`;
    if (names.length > MAX_INTERFACES) this.#troubles.begin(bound, `${pointer}: ${MAX_INTERFACES} interfaces are read of those that match; choose fewer by interface_include or interface_exclude`);
    else this.#troubles.end(bound, `${pointer}: all interfaces that match are read`);
    const readings: Reading[] = [];
    const chosen = names.slice(0, MAX_INTERFACES);
    for (const name of chosen) {
      const values = await this.#statistics(name);
      if (values !== null) readings.push({ dimensions: [['driver', await this.#driverOf(name)], ['interface', name]], values });
    }
    this.#troubles.keep((subject) => subject === bound || chosen.includes(subject));
    return readings;
  }

  async #interfaces(): Promise<readonly string[]> {
    try {
      return (await readdir(this.#net)).filter((name) => name !== 'lo' && this.#included(name) && !this.#excluded(name)).toSorted();
    } catch (error) {
      throw new Error(`${this.#net} cannot be read (${codeOf(error)})`, { cause: error });
    }
  }

  /** Null when the driver has none, or they cannot be read. @throws when the program cannot be run at all */
  async #statistics(name: string): Promise<Readonly<Record<string, number>> | null> {
    try {
      const values = parseStatistics(await this.#program.run(['-S', name]), this.#wanted);
      this.#troubles.end(name, `the statistics of the interface ${name} can be read again`);
      return Object.keys(values).length === 0 ? null : values;
    } catch (error) {
      if (!(error instanceof FailedRun)) throw error;
      // A bridge or a tunnel has no statistics of its own, and an interface may go between two looks.
      if (!/no stats available|No such device/i.test(error.complaint)) this.#troubles.begin(name, `the statistics of the interface ${name} cannot be read: ${error.message}`);
      return null;
    }
  }

  async #driverOf(name: string): Promise<string> {
    try {
      return basename(readlinkSync(join(this.#net, name, 'device/driver')));
    } catch {
      return this.#askedDriver(name);
    }
  }

  /** Of an interface without a device: veth, bridge, bonding. Empty when it cannot be told. */
  async #askedDriver(name: string): Promise<string> {
    const key = `${name} ${indexOf(join(this.#net, name, 'ifindex'))}`;
    const known = this.#drivers.get(key);
    if (known !== undefined) return known;
    const answer = await this.#program.run(['-i', name]).catch((error: unknown) => { if (error instanceof FailedRun) return ''; throw error; });
    const driver = /^driver: (.+)$/m.exec(answer)?.[1]!.trim() ?? '';
    if (this.#drivers.size >= MAX_INTERFACES) this.#drivers.clear();
    this.#drivers.set(key, driver);
    return driver;
  }

  [Symbol.dispose](): void { this.#program[Symbol.dispose](); }
}

function indexOf(path: string): string {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return '';
  }
}

/** The lines `name: value` of `ethtool -S`. Pure. A name may hold colons: the value stands behind the last. @param wanted names, or null for all */
export function parseStatistics(text: string, wanted: ReadonlySet<string> | null): Readonly<Record<string, number>> {
  const values: Record<string, number> = Object.create(null) as Record<string, number>;
  for (const [, name, value] of text.matchAll(/^[ \t]+(\S.*?)[ \t]*:[ \t]*(-?\d+)[ \t]*$/gm)) {
    if (wanted?.has(name!) === false) continue;
    values[name!] = Number(value);
  }
  return values;
}
