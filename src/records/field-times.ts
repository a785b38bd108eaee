import type { ChunkText } from './chunk-text.ts';
import type { JsonField } from './json-field.ts';
import type { TimestampReader, ValueReader } from './timestamp.ts';

/** Reads the time of events that are JSON objects from one of their fields. */
export class FieldTimes implements TimestampReader {
  readonly #fields: readonly JsonField[];
  readonly #value: ValueReader;

  /** @param fields the first that an event has counts. @param value reads the field's text. */
  constructor(fields: readonly JsonField[], value: ValueReader) {
    this.#fields = fields;
    this.#value = value;
  }

  fork(): FieldTimes { return new FieldTimes(this.#fields, this.#value.fork()); }

  get previous(): number { return this.#value.previous; }
  set previous(time: number) { this.#value.previous = time; }

  parseAll(text: ChunkText, reference: number): void {
    const { bytes, from, to, time, count } = text.frames;
    for (let i = 0; i < count; i++) {
      const field = this.#fields.find((one) => one.find(bytes, from[i]!, to[i]!));
      time[i] = field === undefined ? Number.NaN : this.#value.parse(field.value, field.valueFrom, field.valueTo, reference);
    }
  }
}
