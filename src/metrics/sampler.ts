import type { Dimensions, MetricUnit } from '../metrics-plan.ts';

/** What a sampler read of one thing: all cores or one, a mount, a device, a process. */
export interface Reading {
  /** The thing's own dimensions, sorted by name. */
  readonly dimensions: Dimensions;
  /** By field, in the field's own unit. A field that could not be read is missing. */
  readonly values: Readonly<Record<string, number>>;
}

/** What a field is. */
export interface FieldKind {
  readonly unit: MetricUnit;
  /** Grows from the boot on: what is published is its growth since the sample before. `new-at-zero`: what was not there in the sample before was zero then. */
  readonly delta?: true | 'new-at-zero';
}

/**
 * Reads one kind of host metric. `sample` is never called again before it has resolved; it rejects with an error whose message
 * names what could not be read. Nothing it does may hold up the event loop for more than a millisecond or two, or occupy
 * a thread of the pool for good (a hung mount).
 */
export interface Sampler extends Disposable {
  /** All fields it may give, whatever was asked for. */
  readonly fields: Readonly<Record<string, FieldKind>>;
  /** @param now monotonic milliseconds, for what is a rate. */
  sample(now: number): Promise<readonly Reading[]>;
}

/** Where the kernel's files are; other folders in tests. */
export interface KernelFolders { readonly proc: string; readonly sys: string }

/** What is said of what could not be read, and when it can be read again. */
export interface SamplerReport {
  trouble(subject: string, message: string): void;
  recovered(subject: string, message: string): void;
}
