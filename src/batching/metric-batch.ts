import { MAX_DATUMS, MAX_REQUEST_BYTES } from './metric-limits.ts';

const CLOSING = ']}';

/** Encoded datums for one call of PutMetricData, within its limits. */
export class MetricBatch {
  readonly #head: string;
  readonly #headBytes: number;
  #texts: string[] = [];
  #bytes = 0;

  constructor(namespace: string) {
    this.#head = headOf(namespace);
    this.#headBytes = Buffer.byteLength(this.#head) + CLOSING.length;
  }

  get count(): number { return this.#texts.length; }

  /** Takes an element of `MetricData` (ASCII), or gives false when the request must be sent first. An empty batch takes any: the longest has a tenth of the limit. */
  add(text: string): boolean {
    const isFirst = this.#texts.length === 0;
    const bytes = text.length + (isFirst ? 0 : 1);
    if (!isFirst && (this.#texts.length === MAX_DATUMS || this.#headBytes + this.#bytes + bytes > MAX_REQUEST_BYTES)) return false;
    this.#texts.push(text);
    this.#bytes += bytes;
    return true;
  }

  /** The body of the request (AWS JSON 1.0); the batch is empty then. */
  take(): Buffer {
    const body = Buffer.from(`${this.#head}${this.#texts.join(',')}${CLOSING}`);
    this.#texts = [];
    this.#bytes = 0;
    return body;
  }
}

const headOf = (namespace: string): string => `{"Namespace":${JSON.stringify(namespace)},"MetricData":[`;

/** What a body holds. */
export interface SentDatums { readonly namespace: string; readonly datums: readonly SentDatum[] }

/** Takes a body apart. Throws when it is none. */
export function datumsOf(body: Buffer): SentDatums {
  const { Namespace: namespace, MetricData: datums } = JSON.parse(body.toString()) as { Namespace?: unknown; MetricData?: unknown };
  if (typeof namespace !== 'string' || !Array.isArray(datums)) throw new Error('no body of PutMetricData');
  return { namespace, datums: datums as readonly SentDatum[] };
}

/** As it is sent. */
export interface SentDatum {
  readonly MetricName: string;
  /** Epoch seconds. */
  readonly Timestamp: number;
}

/** A body of some of the datums. */
export function bodyOf(namespace: string, datums: readonly SentDatum[]): Buffer {
  return Buffer.from(`${headOf(namespace)}${datums.map((datum) => JSON.stringify(datum)).join(',')}${CLOSING}`);
}
