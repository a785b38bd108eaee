// Elements out of text, never out of HTML: what a log says stays text.
import { plainPieces } from './plain.ts';

export type Content = Node | string | number | null | readonly Content[];

/** Attributes by name (false and null: none, true: without a value), and what listens, by the name of its event. */
export type Attributes = Readonly<Record<string, string | number | boolean | null | ((event: Event) => void)>>;

export function el<K extends keyof HTMLElementTagNameMap>(tag: K, attributes: Attributes = {}, ...content: readonly Content[]): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  assign(element, attributes);
  add(element, content);
  return element;
}

export function svg<K extends keyof SVGElementTagNameMap>(tag: K, attributes: Attributes = {}, ...content: readonly Content[]): SVGElementTagNameMap[K] {
  const element = document.createElementNS('http://www.w3.org/2000/svg', tag);
  assign(element, attributes);
  add(element, content);
  return element;
}

function assign(element: Element, attributes: Attributes): void {
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === 'function') element.addEventListener(name, value);
    else set(element, name, value);
  }
}

/** Sets an attribute where it changes. */
export function set(element: Element, name: string, value: string | number | boolean | null): void {
  if (value === null || value === false) element.removeAttribute(name);
  else if (element.getAttribute(name) !== (value === true ? '' : String(value))) element.setAttribute(name, value === true ? '' : String(value));
}

function add(parent: Element, content: Content): void {
  if (content === null) return;
  if (typeof content === 'string' || typeof content === 'number') parent.append(String(content));
  else if (content instanceof Node) parent.append(content);
  else for (const each of content) add(parent, each);
}

/** Replaces what an element holds. */
export function put(parent: Element, ...content: readonly Content[]): void {
  parent.replaceChildren();
  add(parent, content);
}

/** Sets the text where it changes: what is the same is neither drawn nor read out again. */
export function say(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

/** A text of somebody else, with what cannot be seen in it made visible. */
export function plain(text: string): Content {
  return plainPieces(text).map((piece) => (piece.mark ? el('span', { class: 'unseen', title: 'a character that cannot be seen' }, piece.text) : piece.text));
}

/**
 * Makes the children of `parent` be those of `items`, in their order. What has the same key stays the same element, so that
 * focus, selection and scroll position survive; of several items with one key the first does.
 */
export function keep<T, E extends HTMLElement>(parent: Element, items: readonly T[], keyOf: (item: T) => string, make: (item: T) => E, update: (element: E, item: T) => void): void {
  const old = new Map<string, E>();
  for (const child of [...parent.children] as E[]) {
    const key = child.dataset['key'] ?? '';
    if (old.has(key)) child.remove();
    else old.set(key, child);
  }
  let next = parent.firstElementChild;
  for (const item of items) {
    const key = keyOf(item);
    const element = old.get(key) ?? make(item);
    old.delete(key);
    if (element.dataset['key'] === undefined) element.dataset['key'] = key;
    update(element, item);
    if (element === next) next = next.nextElementSibling;
    else parent.insertBefore(element, next);
  }
  for (const element of old.values()) element.remove();
}
