/**
 * Characters that show nothing, or let other text show what it is not: controls but tab and line feed, and what turns the
 * direction of writing (Unicode UAX 9) or breaks lines.
 */
// oxlint-disable-next-line no-control-regex -- those are what is looked for
const UNSEEN = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;

export interface Piece { readonly text: string; /** Stands for an unseen character. */ readonly mark: boolean }

/** A text in pieces, with a readable name in the place of each character that cannot be seen: `U+202E`, `NUL`. */
export function plainPieces(text: string): readonly Piece[] {
  const pieces: Piece[] = [];
  let from = 0;
  for (const { 0: found, index } of text.matchAll(UNSEEN)) {
    if (index > from) pieces.push({ text: text.slice(from, index), mark: false });
    pieces.push({ text: nameOf(found), mark: true });
    from = index + found.length;
  }
  if (from < text.length) pieces.push({ text: text.slice(from), mark: false });
  return pieces;
}

/** As plainPieces, for places that take text alone. */
export function plainText(text: string): string {
  return plainPieces(text).map((piece) => (piece.mark ? `⟨${piece.text}⟩` : piece.text)).join('');
}

const NAMES: Readonly<Record<number, string>> = { 0: 'NUL', 13: 'CR', 27: 'ESC' };

function nameOf(character: string): string {
  const code = character.charCodeAt(0);
  return NAMES[code] ?? `U+${code.toString(16).toUpperCase().padStart(4, '0')}`;
}
