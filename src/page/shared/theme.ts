const KEY = 'theme';
type Theme = 'system' | 'dark' | 'light';
const NEXT: Readonly<Record<Theme, Theme>> = { system: 'dark', dark: 'light', light: 'system' };

/** As chosen before; where nothing may be kept, that of the system. */
function chosen(): Theme {
  try {
    const kept = localStorage.getItem(KEY);
    return kept === 'dark' || kept === 'light' ? kept : 'system';
  } catch {
    return 'system';
  }
}

/** The colours of the page: those of the system until a person chooses. `told` hears of each change. */
export class Colours {
  #now: Theme = chosen();
  readonly #told: (theme: Theme) => void;

  constructor(told: (theme: Theme) => void) {
    this.#told = told;
    this.#show();
  }

  next(): void {
    this.#now = NEXT[this.#now];
    try {
      localStorage.setItem(KEY, this.#now);
    } catch { /* then it holds until the page is left */ }
    this.#show();
  }

  #show(): void {
    document.documentElement.dataset['theme'] = this.#now;
    this.#told(this.#now);
  }
}
