import { invalidParameter } from '../service-error.ts';

/** Reads a filter pattern from left to right. */
export class Scanner {
  readonly text: string;
  at = 0;

  constructor(text: string) {
    this.text = text;
  }

  get done(): boolean { return this.at >= this.text.length; }

  /** The next character, or '' at the end. */
  get peek(): string { return this.text[this.at] ?? ''; }

  skipSpace(): void {
    while (!this.done && /\s/.test(this.peek)) this.at++;
  }

  /** Takes `literal` if it comes next. */
  take(literal: string): boolean {
    if (!this.text.startsWith(literal, this.at)) return false;
    this.at += literal.length;
    return true;
  }

  /** The longest match of a sticky expression here, or ''. */
  run(expression: RegExp): string {
    expression.lastIndex = this.at;
    const found = expression.exec(this.text)?.[0] ?? '';
    this.at += found.length;
    return found;
  }

  /** What stands between the quotes that open here; `\"` and `\\` are the characters themselves. */
  quoted(): string {
    const start = this.at++;
    let value = '';
    while (!this.done) {
      const c = this.text[this.at++] ?? '';
      if (c === '"') return value;
      if (c === '\\' && (this.peek === '"' || this.peek === '\\')) value += this.text[this.at++];
      else value += c;
    }
    throw invalidPattern('the quotation mark is never closed', start);
  }

  /** What stands between the per cent signs that open here. */
  regexSource(): string {
    const start = this.at;
    const end = this.text.indexOf('%', start + 1);
    if (end < 0) throw invalidPattern('the regular expression is never closed by %', start);
    this.at = end + 1;
    return this.text.slice(start + 1, end);
  }

  fail(reason: string): Error {
    return invalidPattern(reason, this.at);
  }
}

/** `at`: index of the character, from 0. */
export function invalidPattern(reason: string, at: number): Error {
  return invalidParameter(`Invalid filter pattern: ${reason} (character ${at + 1})`);
}
