import { el, put, say, set } from './dom.ts';
import { Keys } from './keys.ts';
import type { Shortcut } from './keys.ts';
import { Colours } from './theme.ts';

/** What a section of the page is while it is shown. */
export interface Shown {
  readonly content: HTMLElement;
  readonly keys?: readonly Shortcut[];
  /** What Escape does. */
  readonly back?: () => void;
  /** Ends what asks and listens. */
  readonly stop?: () => void;
}

export interface Section {
  readonly name: string;
  readonly title: string;
  /** `query`: what stands behind the section's name in the address. */
  readonly show: (query: URLSearchParams, frame: Frame) => Shown;
}

/** What all of a page has in common: header with its sections, keys, colours, and a line for what a screen reader is told. */
export class Frame {
  readonly #sections: readonly Section[];
  readonly #main = el('main', { id: 'main', tabindex: -1 });
  readonly #state = el('span', { class: 'state', role: 'status' });
  readonly #told = el('div', { class: 'told', 'aria-live': 'polite' });
  readonly #links: ReadonlyMap<string, HTMLAnchorElement>;
  readonly keys: Keys;
  #shown: Shown | null = null;

  constructor(title: string, sections: readonly Section[]) {
    this.#sections = sections;
    const several = sections.length > 1;
    this.#links = new Map(sections.map(({ name, title }) => [name, el('a', { href: `#/${name}` }, title)]));
    const themeButton = el('button', { class: 'quiet', click: () => { colours.next(); } });
    const colours = new Colours((theme) => {
      say(themeButton, { system: '◐', dark: '●', light: '○' }[theme]);
      set(themeButton, 'aria-label', `Colours: ${theme}. Change`);
      set(themeButton, 'title', `Colours: ${theme} (t)`);
    });
    this.keys = new Keys([
      ...(several ? [{ keys: sections.map((_, i) => String(i + 1)), does: sections.map(({ title }) => title).join(', '), act: (key: string) => { this.go(sections[Number(key) - 1]!.name); } }] : []),
      { keys: ['t'], does: 'colours: of the system, dark, light', act: () => { colours.next(); } },
      { keys: ['?'], does: 'these keys', act: () => { this.keys.showHelp(); } },
    ]);
    document.body.append(
      el('a', { class: 'skip', href: '#main', click: (event) => { event.preventDefault(); this.#main.focus(); } }, 'To the content'),
      el('header', {},
        el('h1', {}, title), this.#state,
        several ? el('nav', { 'aria-label': 'Sections' }, ...this.#links.values()) : null,
        el('span', { class: 'tools' }, themeButton, el('button', { class: 'quiet', 'aria-label': 'Keys', title: 'Keys (?)', click: () => { this.keys.showHelp(); } }, '?'))),
      this.#main, this.#told);
    addEventListener('hashchange', () => { this.#show(); });
    // Not before the caller has the frame.
    queueMicrotask(() => { this.#show(); });
  }

  /** The address of a section. */
  link(name: string, query: Readonly<Record<string, string>> | URLSearchParams = {}): string {
    const text = new URLSearchParams(query).toString();
    return `#/${name}${text === '' ? '' : `?${text}`}`;
  }

  go(name: string, query: Readonly<Record<string, string>> = {}): void {
    location.hash = this.link(name, query);
  }

  /** Whether what is asked answers: said in the header. */
  answers(trouble: string | null): void {
    set(this.#state, 'data-trouble', trouble !== null);
    say(this.#state, trouble ?? 'live');
  }

  /** Says something to who does not see it change. */
  tell(text: string): void {
    say(this.#told, text);
  }

  #show(): void {
    const [path = '', query = ''] = location.hash.replace(/^#\/?/, '').split('?');
    const section = this.#sections.find(({ name }) => name === path) ?? this.#sections[0]!;
    this.#shown?.stop?.();
    for (const [name, link] of this.#links) set(link, 'aria-current', name === section.name ? 'page' : null);
    this.#links.get(section.name)?.scrollIntoView({ block: 'nearest', inline: 'nearest' });
    this.#shown = section.show(new URLSearchParams(query), this);
    this.keys.section = this.#shown.keys ?? [];
    this.keys.back = this.#shown.back ?? (() => {});
    put(this.#main, this.#shown.content);
    scrollTo(0, 0);
  }
}
