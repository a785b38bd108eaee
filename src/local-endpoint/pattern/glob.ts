/** Text with `*` for any run of characters; without a star it is plain equality. */
export class Glob {
  readonly #parts: readonly string[];

  constructor(text: string) {
    this.#parts = text.split('*');
  }

  get hasStar(): boolean { return this.#parts.length > 1; }

  test(text: string): boolean {
    const first = this.#parts[0] ?? '';
    const last = this.#parts.at(-1) ?? '';
    if (!this.hasStar) return text === first;
    if (!text.startsWith(first) || text.length < first.length + last.length || !text.endsWith(last)) return false;
    const end = text.length - last.length;
    let at = first.length;
    for (const part of this.#parts.slice(1, -1)) {
      const found = text.indexOf(part, at);
      if (found < 0 || found + part.length > end) return false;
      at = found + part.length;
    }
    return true;
  }
}
