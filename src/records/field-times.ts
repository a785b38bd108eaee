import type { ChunkText } from './chunk-text.ts';
import type { JsonField } from './json-field.ts';
import type { TimestampReader, ValueReader } from './timestamp.ts';

/** Reads the time of events that are JSON objects from one of their fields. */
export class FieldTimes implements TimestampReader {
  readonly #field: JsonField;
  readonly #value: ValueReader;

  /** @param value reads the field's text. */
  constructor(field: JsonField, value: ValueReader) {
    this.#field = field;
    this.#value = value;
  }

  fork(): FieldTimes { return new FieldTimes(this.#field, this.#value.fork()); }

  get previous(): number { return this.#value.previous; }
  set previous(time: number) { this.#value.previous = time; }

  parseAll(text: ChunkText, reference: number): void {
    const { bytes, from, to, time, count } = text.frames;
    for (let i = 0; i < count; i++) {
      const field = this.#field;
      time[i] = field.find(bytes, from[i]!, to[i]!) ? this.#value.parse(field.value, field.valueFrom, field.valueTo, reference) : Number.NaN;
    }
  }
}
