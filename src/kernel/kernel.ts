import type { Arena } from './arena.ts';
import { MAX_FRAMES } from './arena.ts';
import { KERNEL_BASE64 } from './kernel.generated.ts';

/** The two inner loops of the hot path over one Arena. Both implementations write the same bytes. */
export interface Kernel {
  /**
   * Cuts [start, limit) of the arena at newlines into `arena.from/to/end` and sets `arena.count`. With `joinIndented` a
   * newline ends an entry only if a byte that is no white space follows (the CloudWatch agent's implied `^[\S]`), and the
   * last entry stays open unless `flush`. At most MAX_FRAMES entries.
   */
  index(start: number, limit: number, joinIndented: boolean, flush: boolean): void;
  /** Source bytes the last `index` turned into entries. */
  readonly consumed: number;
  /** Length of the longest entry of the last `index`, bytes. */
  readonly longest: number;
  /**
   * Writes entries [first, last) as `,{"timestamp":T,"message":"…"}` at `arena.output`. Stops before an entry that would
   * exceed `room` (message bytes plus `overhead` each) or the output. Returns the first entry not written.
   */
  encode(first: number, last: number, room: number, overhead: number): number;
  /** Address after the last byte `encode` wrote. */
  readonly written: number;
  /** Message bytes plus overhead that `encode` took. */
  readonly taken: number;
}

interface KernelExports {
  readonly longest: WebAssembly.Global;
  readonly consumed: WebAssembly.Global;
  readonly written: WebAssembly.Global;
  readonly taken: WebAssembly.Global;
  index(start: number, limit: number, joinIndented: number, flush: number, fromCol: number, toCol: number, endCol: number, capacity: number): number;
  encode(fromCol: number, toCol: number, timeCol: number, first: number, last: number, room: number, overhead: number, out: number, outLimit: number): number;
}

class WasmKernel implements Kernel {
  readonly #arena: Arena;
  readonly #wasm: KernelExports;
  constructor(arena: Arena) {
    this.#arena = arena;
    const module = new WebAssembly.Module(Buffer.from(KERNEL_BASE64, 'base64'));
    this.#wasm = new WebAssembly.Instance(module, { env: { memory: arena.memory } }).exports as unknown as KernelExports;
  }
  index(start: number, limit: number, joinIndented: boolean, flush: boolean): void {
    const a = this.#arena;
    a.count = this.#wasm.index(start, limit, joinIndented ? 1 : 0, flush ? 1 : 0, a.from.byteOffset, a.to.byteOffset, a.end.byteOffset, MAX_FRAMES);
  }
  encode(first: number, last: number, room: number, overhead: number): number {
    const a = this.#arena;
    return this.#wasm.encode(a.from.byteOffset, a.to.byteOffset, a.time.byteOffset, first, last, room, overhead, a.output, a.outputLimit);
  }
  get consumed(): number { return this.#wasm.consumed.value as number; }
  get longest(): number { return this.#wasm.longest.value as number; }
  get written(): number { return this.#wasm.written.value as number; }
  get taken(): number { return this.#wasm.taken.value as number; }
}

const isSpace = (byte: number | undefined): boolean => byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09 || byte === 0x0c;

/** The same in JavaScript: used where WebAssembly is not to be had (`--jitless`), and as the oracle of the tests. */
export class ScriptKernel implements Kernel {
  readonly #arena: Arena;
  consumed = 0;
  longest = 0;
  written = 0;
  taken = 0;
  constructor(arena: Arena) { this.#arena = arena; }

  index(start: number, limit: number, joinIndented: boolean, flush: boolean): void {
    const { bytes, from, to, end } = this.#arena;
    const view = bytes.subarray(start, limit);
    let count = 0;
    let begin = 0;
    let lastNewline = -1;
    this.longest = 0;
    const push = (newline: number): void => {
      from[count] = start + begin;
      to[count] = start + newline;
      end[count] = newline + 1;
      this.longest = Math.max(this.longest, newline - begin);
      begin = newline + 1;
      count++;
    };
    for (let at = view.indexOf(10); at !== -1 && count < MAX_FRAMES; at = view.indexOf(10, at + 1)) {
      lastNewline = at;
      if (joinIndented && (at + 1 >= view.length || isSpace(view[at + 1]))) continue;
      push(at);
    }
    if (joinIndented && flush && count < MAX_FRAMES && lastNewline >= begin) push(lastNewline);
    this.#arena.count = count;
    this.consumed = begin;
  }

  encode(first: number, last: number, room: number, overhead: number): number {
    const { bytes, from, to, time, output, outputLimit } = this.#arena;
    let out = output;
    let i = first;
    this.taken = 0;
    for (; i < last; i++) {
      const length = to[i]! - from[i]!;
      if (this.taken + length + overhead > room || out + 6 * length + 96 > outputLimit) break;
      this.taken += length + overhead;
      // latin1 keeps one character per byte, so JSON.stringify escapes exactly the bytes that need it.
      out += bytes.write(`,{"timestamp":${time[i]!},"message":${JSON.stringify(bytes.toString('latin1', from[i], to[i]))}}`, out, 'latin1');
    }
    this.written = out;
    return i;
  }
}

/** The WebAssembly kernel, or the JavaScript one where WebAssembly or its SIMD is missing. */
export function createKernel(arena: Arena): Kernel {
  try {
    return new WasmKernel(arena);
  } catch {
    return new ScriptKernel(arena);
  }
}
