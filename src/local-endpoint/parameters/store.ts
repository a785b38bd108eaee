import { ServiceError } from '../service-error.ts';
import { MAX_PARAMETERS, MAX_VERSIONS } from './limits.ts';

export type Tier = 'Standard' | 'Advanced';

export interface ParameterVersion {
  readonly version: number;
  readonly type: string;
  readonly value: string;
  readonly keyId: string | null;
  readonly dataType: string;
  readonly tier: Tier;
  /** Epoch milliseconds. */
  readonly modifiedAt: number;
  readonly labels: readonly string[];
}

/** A parameter is its versions, oldest first. */
export interface Parameter { readonly name: string; readonly versions: readonly ParameterVersion[] }

/** The parameters, by name. */
export class ParameterStore {
  readonly #parameters = new Map<string, Parameter>();
  #changed: () => void = () => {};

  onChange(changed: () => void): void {
    this.#changed = changed;
  }

  all(): readonly Parameter[] {
    return [...this.#parameters.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  load(parameters: readonly Parameter[]): void {
    for (const parameter of parameters) this.#parameters.set(parameter.name, parameter);
  }

  /** An ARN writes `/` before a name that has none: both find it. */
  find(name: string): Parameter | undefined {
    return this.#parameters.get(name) ?? (/^\/[^/]+$/.test(name) ? this.#parameters.get(name.slice(1)) : undefined);
  }

  /** Adds a version and forgets the oldest beyond 100. Throws if that one has a label, or if the tier is full. */
  add(name: string, version: Omit<ParameterVersion, 'version' | 'labels'>): ParameterVersion {
    const old = this.#parameters.get(name)?.versions ?? [];
    const last = old.at(-1);
    if (last === undefined && this.#count(version.tier) >= MAX_PARAMETERS[version.tier]) throw new ServiceError('ParameterLimitExceeded', `There are ${MAX_PARAMETERS[version.tier]} ${version.tier} parameters already.`);
    if (old.length >= MAX_VERSIONS && (old[0]?.labels.length ?? 0) > 0) {
      throw new ServiceError('ParameterMaxVersionLimitExceeded', `You attempted to create a new version of ${name}, but its oldest version ${old[0]?.version} has the label ${old[0]?.labels[0]}: move the label to another version.`);
    }
    const added: ParameterVersion = { ...version, version: (last?.version ?? 0) + 1, labels: [] };
    this.#parameters.set(name, { name, versions: [...old, added].slice(-MAX_VERSIONS) });
    this.#changed();
    return added;
  }

  /** Puts the labels on one version and takes them from the others. */
  label(name: string, version: number, labels: readonly string[]): void {
    const parameter = this.#parameters.get(name);
    if (parameter === undefined) return;
    const versions = parameter.versions.map((each) => {
      const kept = each.labels.filter((label) => !labels.includes(label));
      return { ...each, labels: each.version === version ? [...kept, ...labels] : kept };
    });
    this.#parameters.set(name, { name, versions });
    this.#changed();
  }

  delete(name: string): boolean {
    const deleted = this.#parameters.delete(name);
    if (deleted) this.#changed();
    return deleted;
  }

  #count(tier: Tier): number {
    return this.#parameters.values().filter((parameter) => parameter.versions.at(-1)?.tier === tier).toArray().length;
  }
}
