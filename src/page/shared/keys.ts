import { el, put } from './dom.ts';

export interface Shortcut {
  /** As KeyboardEvent.key says it. */
  readonly keys: readonly string[];
  readonly does: string;
  readonly act: (key: string) => void;
}

/** Moves within a list: rows are what has `data-row`. */
const STEPS: Readonly<Record<string, number>> = { ArrowDown: 1, j: 1, ArrowUp: -1, k: -1, PageDown: 10, PageUp: -10, Home: Number.NEGATIVE_INFINITY, End: Number.POSITIVE_INFINITY };
const LIST_KEYS = [['↑ ↓ or j k', 'move in a list'], ['Enter', 'open what is chosen'], ['/', 'filter; Enter goes to what it found'], ['Esc', 'leave the filter, close, go back']] as const;

/** The keys of a page: of the frame, which stay, and of the section that is shown. */
export class Keys {
  readonly #always: readonly Shortcut[];
  #section: readonly Shortcut[] = [];
  readonly #help = el('dialog', { 'aria-label': 'Keys', class: 'help' });
  /** What Escape does where nothing else takes it. */
  back: () => void = () => {};

  constructor(always: readonly Shortcut[]) {
    this.#always = always;
    document.body.append(this.#help);
    document.addEventListener('keydown', (event) => { this.#pressed(event); });
  }

  set section(shortcuts: readonly Shortcut[]) { this.#section = shortcuts; }

  showHelp(): void {
    if (this.#help.open) { this.#help.close(); return; }
    const rows = [...LIST_KEYS, ...[...this.#section, ...this.#always].map(({ keys, does }) => [keys.join(' '), does] as const)];
    put(this.#help, el('h2', {}, 'Keys'), el('dl', {}, ...rows.flatMap(([keys, does]) => [el('dt', {}, keys), el('dd', {}, does)])),
      el('button', { click: () => { this.#help.close(); } }, 'Close'));
    this.#help.showModal();
  }

  #pressed(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const target = event.target as HTMLElement;
    const writes = target.matches('input:not([type=checkbox]), textarea, select');
    if (event.key === 'Escape') return this.#escaped(target, writes);
    if (this.#help.open && event.key !== '?') return;
    // Space presses the button that has the focus, whatever else it does.
    if (event.key === ' ' && target.matches('button, summary')) return;
    const leaves = target.matches('input[type=search]') && target.closest('form') === null && (event.key === 'Enter' || event.key === 'ArrowDown');
    if (leaves ? !step('ArrowDown', target) : writes || !this.#acted(event.key, target)) return;
    event.preventDefault();
  }

  #escaped(target: HTMLElement, writes: boolean): void {
    if (this.#help.open) return;
    if (!writes) { this.back(); return; }
    if (target instanceof HTMLInputElement && target.type === 'search' && target.value !== '') {
      target.value = '';
      target.dispatchEvent(new Event('input', { bubbles: true }));
    } else target.blur();
  }

  #acted(key: string, target: HTMLElement): boolean {
    if (key === '/') {
      const filter = document.querySelector<HTMLInputElement>('main input[type=search]');
      filter?.focus();
      filter?.select();
      return filter !== null;
    }
    const shortcut = [...this.#section, ...this.#always].find(({ keys }) => keys.includes(key));
    if (shortcut !== undefined) { shortcut.act(key); return true; }
    return step(key, target);
  }
}

/** Moves the focus within the list it is in, or into the first list there is. */
function step(key: string, target: HTMLElement): boolean {
  const by = STEPS[key];
  if (by === undefined || target.closest('[data-own-keys]') !== null) return false;
  const list = target.closest('[data-list]') ?? document.querySelector('main [data-list]');
  if (list === null) return false;
  const rows = [...list.querySelectorAll<HTMLElement>('[data-row]')].filter((row) => row.offsetParent !== null);
  if (rows.length === 0) return false;
  const here = rows.findIndex((row) => row.contains(target));
  if (here < 0 && (key === 'Home' || key === 'End' || key.startsWith('Page'))) return false;
  const row = rows[here < 0 ? 0 : Math.min(rows.length - 1, Math.max(0, here + by))]!;
  row.focus();
  row.scrollIntoView({ block: 'nearest' });
  return true;
}

/** One row at a time of a list is reached by Tab, the one that had the focus last; the others by arrows. */
export function listen(list: HTMLElement): void {
  list.dataset['list'] = '';
  list.addEventListener('focusin', (event) => {
    const row = (event.target as HTMLElement).closest<HTMLElement>('[data-row]');
    if (row === null) return;
    for (const other of list.querySelectorAll<HTMLElement>('[data-row][tabindex="0"]')) other.tabIndex = -1;
    row.tabIndex = 0;
  });
}

/** After rows changed: lets Tab reach one. */
export function reachable(list: HTMLElement): void {
  if (list.querySelector('[data-row][tabindex="0"]') !== null) return;
  const first = list.querySelector<HTMLElement>('[data-row]');
  if (first !== null) first.tabIndex = 0;
}
