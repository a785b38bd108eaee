const MAX_DEPTH = 64;
const TOKEN = /<!--[\s\S]*?-->|<!\[CDATA\[([\s\S]*?)\]\]>|<[!?][^<>]*>|<\/([^\s<>]+)\s*>|<([^\s/<>!?][^\s/<>]*)(?=[\s/>])(?:[^<>"'/]|\/(?!>)|"[^"<]*"|'[^'<]*')*(\/?)>|([^<]+)|</g;
const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: '\'' };

/** One element without children: the names from the root down to it, joined by `/`, and its text. */
export interface XmlText { readonly path: string; readonly text: string }

/**
 * The texts of an XML document in its order, and each beginning of an element whose path is `mark`, with an empty text. Pure, never throws: what is no XML is
 * passed over, a closing tag closes all up to its own, attributes are not kept.
 */
export function* xmlTexts(document: string, mark: string): Generator<XmlText> {
  const names: string[] = [];
  let [text, isLeaf] = ['', false];
  for (const [, cdata, closed, opened, alone, plain] of document.matchAll(TOKEN)) {
    if (opened !== undefined) {
      if (names.length >= MAX_DEPTH) return;
      [text, isLeaf] = ['', alone === ''];
      names.push(opened);
      const path = names.join('/');
      if (path === mark || alone !== '') yield { path, text: '' };
      if (alone !== '') names.pop();
    } else if (closed !== undefined) {
      const at = names.lastIndexOf(closed);
      if (at === -1) continue;
      const path = names.join('/');
      if (isLeaf && at === names.length - 1 && path !== mark) yield { path, text: text.trim() };
      names.length = at;
      isLeaf = false;
    } else {
      text += cdata ?? (plain ?? '').replaceAll(/&(amp|lt|gt|quot|apos);/g, (_, name: string) => ENTITIES[name]!);
    }
  }
}
