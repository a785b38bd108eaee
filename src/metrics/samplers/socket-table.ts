const NEWLINE = 10;
const COLON = 58;
const LISTEN = 10;
/** States of TCP are 1 to 12. */
const STATES = 16;
/** Longer than any line of a socket: what is left of one that is not ended is dropped beyond it. */
const MAX_LINE = 1_024;

/**
 * Counts the states in /proc/net/tcp or tcp6, given in chunks that may end anywhere:
 *
 *     `   0: 0100007F:1F90 00000000:0000 0A …`: slot, local address, remote address, state
 *
 * Sockets that listen at one address (SO_REUSEPORT) count once. Pure. A line that is none counts nothing.
 */
export class SocketTable {
  /** By state. */
  readonly states = new Uint32Array(STATES);
  readonly #width: number;
  readonly #listening = new Set<string>();
  #rest: Buffer = Buffer.alloc(0);

  /** @param addressWidth characters of `address:port`: 13, or 37 in tcp6 */
  constructor(addressWidth: number) { this.#width = addressWidth; }

  /** The chunk is lent for the call. */
  add(chunk: Buffer): void {
    let from = 0;
    if (this.#rest.length > 0) {
      const end = chunk.indexOf(NEWLINE);
      this.#rest = Buffer.concat([this.#rest, end === -1 ? chunk : chunk.subarray(0, end)]);
      if (end === -1) {
        if (this.#rest.length > MAX_LINE) this.#rest = this.#rest.subarray(0, MAX_LINE);
        return;
      }
      this.#count(this.#rest, 0, this.#rest.length);
      this.#rest = Buffer.alloc(0);
      from = end + 1;
    }
    for (let end = chunk.indexOf(NEWLINE, from); end !== -1; end = chunk.indexOf(NEWLINE, from)) {
      this.#count(chunk, from, end);
      from = end + 1;
    }
    if (from < chunk.length) this.#rest = Buffer.from(chunk.subarray(from));
  }

  #count(bytes: Buffer, from: number, to: number): void {
    const local = bytes.indexOf(COLON, from) + 2;
    const at = local + 2 * (this.#width + 1);
    // The head of the table has no colon.
    if (local === 1 || at + 2 > to) return;
    const state = 16 * digit(bytes[at]!) + digit(bytes[at + 1]!);
    if (!(state < STATES)) return;
    if (state === LISTEN) {
      const address = bytes.toString('latin1', local, local + this.#width);
      if (this.#listening.has(address)) return;
      this.#listening.add(address);
    }
    this.states[state]! += 1;
  }
}

/** Of an upper-case hexadecimal digit; NaN for another character. */
const digit = (byte: number): number => (byte >= 48 && byte <= 57 ? byte - 48 : byte >= 65 && byte <= 70 ? byte - 55 : Number.NaN);
