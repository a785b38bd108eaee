/** A placeholder as it is written: `{word}`, `{word:argument}`, each with `|fallback` if it has one. */
export interface Placeholder {
  readonly kind: 'placeholder';
  readonly written: string;
  readonly word: string;
  readonly argument: string | null;
  readonly fallback: string | null;
}

/** `brace`: one that neither begins nor ends a placeholder. */
export type Token = { readonly kind: 'text'; readonly text: string } | Placeholder | { readonly kind: 'brace'; readonly column: number };

const TOKEN = /[^{}]+|\{(?<inside>[^{}]*)\}|[{}]/g;

/** Cuts a name as written in the config into text and placeholders. Columns count UTF-16 units from 1. */
export function tokensOf(written: string): readonly Token[] {
  if (!/[{}]/.test(written)) return written === '' ? [] : [{ kind: 'text', text: written }];
  return Array.from(written.matchAll(TOKEN), ({ 0: text, index, groups }): Token => {
    const inside = groups?.['inside'];
    if (inside !== undefined) return placeholderOf(text, inside);
    return text === '{' || text === '}' ? { kind: 'brace', column: index + 1 } : { kind: 'text', text };
  });
}

function placeholderOf(written: string, inside: string): Placeholder {
  const [head, fallback] = cutAt(inside, '|');
  const [word, argument] = cutAt(head, ':');
  return { kind: 'placeholder', written, word, argument, fallback };
}

function cutAt(text: string, mark: string): [string, string | null] {
  const at = text.indexOf(mark);
  return at < 0 ? [text, null] : [text.slice(0, at), text.slice(at + 1)];
}
