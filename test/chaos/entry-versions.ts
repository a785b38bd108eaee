import { serviceAt } from '../support/plan-for.ts';
import type { EntrySpec } from '../support/plan-for.ts';
import type { RigSpec } from '../support/rig.ts';

/** What a reload changes: the entry's stream, its service, how all entries are delivered, whether it is in the config, or nothing of it. */
export const CHANGES = ['stream', 'service', 'delivery', 'policy', 'gone', 'back', 'neighbour'] as const;
export type Change = typeof CHANGES[number];

/** The config of an experiment, one version after the other. Its entry is for `app.log`; a neighbour comes and goes. */
export class EntryVersions {
  readonly #entry: EntrySpec;
  readonly #url: string;
  #version = 0;
  #region = 'us-east-1';
  #flushMs = 20;
  #undeliverable: 'quarantine' | 'drop' = 'quarantine';
  #neighbours = 0;
  /** The entry is in the config. */
  present = true;

  constructor(entry: EntrySpec, url: string) { this.#entry = entry; this.#url = url; }

  change(change: Change): void {
    switch (change) {
      case 'stream': this.#version++; break;
      case 'service': this.#region = this.#region === 'us-east-1' ? 'eu-west-1' : 'us-east-1'; break;
      case 'delivery': this.#flushMs = 50 - this.#flushMs; break;
      case 'policy': this.#undeliverable = this.#undeliverable === 'drop' ? 'quarantine' : 'drop'; break;
      case 'gone': this.present = false; break;
      case 'back': this.present = true; break;
      case 'neighbour': this.#neighbours = 1 - this.#neighbours; break;
      default: change satisfies never;
    }
  }

  /** The present version, for `start` and `apply` of the rig. */
  get spec(): Pick<RigSpec, 'entries' | 'delivery'> {
    const entry: EntrySpec = { ...this.#entry, stream: `v${this.#version}`, service: { ...serviceAt(this.#url), region: this.#region } };
    const neighbours = Array.from({ length: 1 + this.#neighbours }, (_, i) => ({ path: `other-${i}.log`, stream: 'other' }));
    return { entries: [...neighbours, ...(this.present ? [entry] : [])], delivery: { flushMs: this.#flushMs, maxBatchBytes: 8_000, undeliverable: this.#undeliverable } };
  }
}
