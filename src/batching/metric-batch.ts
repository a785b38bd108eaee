import type { Entity } from '../plan.ts';
import { MAX_DATUMS, MAX_REQUEST_BYTES } from './metric-limits.ts';

/** What stands before the datums of a request, and behind them. */
export interface MetricFrame { readonly head: string; readonly tail: string }

/** A request is of one namespace and one entity, or none: a bad entity costs no metric (StrictEntityValidation). */
export function frameOf(namespace: string, entity: Entity | null): MetricFrame {
  const head = `{"Namespace":${JSON.stringify(namespace)},`;
  if (entity === null) return { head: `${head}"MetricData":[`, tail: ']}' };
  const named = JSON.stringify({ KeyAttributes: entity.keyAttributes, Attributes: entity.attributes });
  return { head: `${head}"StrictEntityValidation":false,"EntityMetricData":[{"Entity":${named},"MetricData":[`, tail: ']}]}' };
}

/** Encoded datums for one call of PutMetricData, within its limits. */
export class MetricBatch {
  readonly #frame: MetricFrame;
  readonly #frameBytes: number;
  #texts: string[] = [];
  #bytes = 0;

  constructor(frame: MetricFrame) {
    this.#frame = frame;
    this.#frameBytes = Buffer.byteLength(frame.head) + frame.tail.length;
  }

  get count(): number { return this.#texts.length; }

  /** Takes an element of `MetricData` (ASCII), or gives false when the request must be sent first. An empty batch takes any: the longest has a tenth of the limit. */
  add(text: string): boolean {
    const isFirst = this.#texts.length === 0;
    const bytes = text.length + (isFirst ? 0 : 1);
    if (!isFirst && (this.#texts.length === MAX_DATUMS || this.#frameBytes + this.#bytes + bytes > MAX_REQUEST_BYTES)) return false;
    this.#texts.push(text);
    this.#bytes += bytes;
    return true;
  }

  /** The body of the request (AWS JSON 1.0); the batch is empty then. */
  take(): Buffer {
    const body = Buffer.from(`${this.#frame.head}${this.#texts.join(',')}${this.#frame.tail}`);
    this.#texts = [];
    this.#bytes = 0;
    return body;
  }
}

/** What a body holds. */
export interface SentDatums { readonly frame: MetricFrame; readonly datums: readonly SentDatum[] }

/** Takes a body apart. Throws when it is none. */
export function datumsOf(body: Buffer): SentDatums {
  const { Namespace: namespace, MetricData: plain, EntityMetricData: named } = JSON.parse(body.toString()) as { Namespace?: unknown; MetricData?: unknown; EntityMetricData?: readonly [{ Entity?: { KeyAttributes: Entity['keyAttributes']; Attributes: Entity['attributes'] }; MetricData?: unknown }] };
  const { Entity: entity, MetricData: datums = plain } = named?.[0] ?? {};
  if (typeof namespace !== 'string' || !Array.isArray(datums)) throw new Error('no body of PutMetricData');
  return { frame: frameOf(namespace, entity === undefined ? null : { keyAttributes: entity.KeyAttributes, attributes: entity.Attributes }), datums: datums as readonly SentDatum[] };
}

/** As it is sent. */
export interface SentDatum {
  readonly MetricName: string;
  /** Epoch seconds. */
  readonly Timestamp: number;
}

/** A body of some of the datums. */
export function bodyOf({ head, tail }: MetricFrame, datums: readonly SentDatum[]): Buffer {
  return Buffer.from(`${head}${datums.map((datum) => JSON.stringify(datum)).join(',')}${tail}`);
}
