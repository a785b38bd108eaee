/** Stretches of a text, in ascending order and apart, as columns: kept from one chunk to the next so that little is allocated. */
export class Found {
  readonly from: number[] = [];
  readonly to: number[] = [];

  add(from: number, to: number): void {
    this.from.push(from);
    this.to.push(to);
  }

  clear(): void { this.from.length = this.to.length = 0; }
}

/**
 * Finds what is to be made unreadable in a text, which is bytes as latin1: an index is an offset in bytes, and what is not
 * ASCII is a run of characters above 0x7F. A text is one event or many, each on lines of its own.
 */
export interface Detector {
  /** A find may go over a line break, so the events have to be searched one by one. */
  readonly crossesLines: boolean;
  /** Cheap: false if the text certainly holds none. */
  mayOccur(text: string): boolean;
  find(text: string, found: Found): void;
}

/** What stands in place of what a built-in kind found. */
export const REPLACEMENTS = { secrets: '[secret]', card_numbers: '[card number]', email_addresses: '[email address]', ip_addresses: '[ip address]' } as const;
/** Such a text is no value: what was redacted before stays as it is. */
export const REPLACED = String.raw`\[(?:secret|card number|email address|ip address)\]`;

/** The bytes of a class of ASCII characters, written as in a regular expression. */
export function byteSet(source: string): Uint8Array {
  const wanted = new RegExp(`[${source}]`);
  return Uint8Array.from({ length: 256 }, (_, byte) => (wanted.test(String.fromCharCode(byte)) ? 1 : 0));
}

/**
 * What may not stand directly before a number or an address: a digit, or a letter, unless that is the second half of an
 * escape such as \n in a JSON string.
 */
export const NOTHING_BEFORE = String.raw`[0-9]|(?<!\\)[A-Za-z]`;
/** Characters around a stretch that the expressions of its kind look at. */
export const CONTEXT = 2;
