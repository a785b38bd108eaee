import type { ShownEvent, ShownGroups, TailFlush } from '../../local-endpoint/console/facts.ts';
import { AskError, ask } from '../shared/ask.ts';
import { el, keep, plain, say, set } from '../shared/dom.ts';
import type { Frame, Shown } from '../shared/frame.ts';
import { listen, reachable } from '../shared/keys.ts';
import { countText } from '../../cli/units.ts';
import { numberText } from '../shared/words.ts';
import { eventRow } from './event-row.ts';

/** Rows kept, and events that wait while a person looks at older ones. */
const MOST_ROWS = 1000;
/** How often a screen reader is told how many came. */
const TOLD_MS = 5000;
/** Distance from the end that still counts as being at it, in pixels. */
const NEAR = 40;

/** Events as they arrive, of all groups or some, that match a pattern. */
export function showTail(query: URLSearchParams, frame: Frame): Shown {
  return new TailPage(query, frame).shown;
}

class TailPage {
  readonly shown: Shown;
  readonly #groups: Set<string>;
  readonly #frame: Frame;
  readonly #pattern: HTMLInputElement;
  readonly #rows = el('div', { class: 'events', role: 'tree', 'aria-label': 'Events, newest last' });
  readonly #scroll = el('div', { class: 'tail', role: 'region', 'aria-label': 'Live events', tabindex: 0 }, this.#rows);
  readonly #count = el('span', { class: 'soft num' });
  readonly #pause = el('button', { 'aria-pressed': 'false', click: () => { this.#setPaused(!this.#paused); } }, 'Pause');
  readonly #jump = el('button', { class: 'main jump', hidden: true, click: () => { this.#follow(); } });
  readonly #trouble = el('p', { class: 'trouble', role: 'alert', hidden: true });
  readonly #waitingText = el('p', { class: 'soft waiting' });
  readonly #choice = el('div', { class: 'choice' });
  readonly #summary = el('summary');
  #source: EventSource | null = null;
  #waiting: ShownEvent[] = [];
  #paused = false;
  #atEnd = true;
  #seen = 0;
  #skipped = 0;
  #toldAt = 0;

  constructor(query: URLSearchParams, frame: Frame) {
    this.#frame = frame;
    this.#groups = new Set(query.getAll('group'));
    this.#pattern = el('input', { type: 'search', class: 'mono', value: query.get('pattern') ?? '', spellcheck: 'false', placeholder: 'Filter pattern (empty: everything)', 'aria-label': 'Filter pattern' });
    listen(this.#rows);
    // What is drawn moves the end away; only a person moves away from the end.
    this.#scroll.addEventListener('scroll', () => {
      this.#atEnd = this.#scroll.scrollHeight - this.#scroll.scrollTop - this.#scroll.clientHeight < NEAR;
      if (this.#atEnd && !this.#paused && this.#waiting.length > 0) this.#follow();
    });
    const form = el('form', { class: 'bar', role: 'search', submit: (event) => { event.preventDefault(); void this.#start(); } },
      el('details', { class: 'pick' }, this.#summary, this.#choice),
      el('span', { class: 'wide' }, this.#pattern), el('button', { class: 'main' }, 'Tail'), this.#pause,
      el('button', { type: 'button', click: () => { this.#clear(); } }, 'Clear'), this.#count);
    this.#sayGroups();
    this.shown = {
      content: el('div', { class: 'tailpage' }, form, this.#trouble, this.#waitingText, this.#scroll, this.#jump),
      stop: () => { this.#source?.close(); },
      back: () => { this.#follow(); },
      keys: [{ keys: ['p', ' '], does: 'pause, go on', act: () => { this.#setPaused(!this.#paused); } }, { keys: ['c'], does: 'clear', act: () => { this.#clear(); } }, { keys: ['Esc'], does: 'to the newest event', act: () => {} }],
    };
    void this.#listGroups();
    void this.#start();
  }

  async #listGroups(): Promise<void> {
    const { groups } = await ask<ShownGroups>('/_console/groups').catch(() => ({ groups: [] }));
    keep(this.#choice, groups.slice(0, 500), ({ name }) => name, ({ name }) => el('label', {},
      el('input', {
        type: 'checkbox', checked: this.#groups.has(name), change: (event) => {
          if ((event.target as HTMLInputElement).checked) this.#groups.add(name);
          else this.#groups.delete(name);
          this.#sayGroups();
          void this.#start();
        },
      }), el('span', { class: 'name' }, plain(name))), () => {});
    if (groups.length === 0) this.#choice.append('No group yet.');
  }

  #sayGroups(): void {
    this.#rows.classList.toggle('many-groups', this.#groups.size !== 1);
    const [only] = this.#groups;
    say(this.#summary, this.#groups.size === 0 ? 'All groups' : this.#groups.size === 1 ? only! : countText(this.#groups.size, 'group'));
  }

  async #start(): Promise<void> {
    this.#source?.close();
    this.#clear();
    const query = new URLSearchParams([...[...this.#groups].map((group) => ['group', group]), ...(this.#pattern.value === '' ? [] : [['pattern', this.#pattern.value]])]);
    history.replaceState(null, '', this.#frame.link('tail', query));
    const address = `/_console/tail?${query.toString()}`;
    const source = new EventSource(address);
    this.#source = source;
    source.addEventListener('open', () => { this.#trouble.hidden = true; this.#frame.answers(null); });
    source.addEventListener('message', ({ data }) => { this.#take(JSON.parse(data as string) as TailFlush); });
    source.addEventListener('error', () => {
      if (source.readyState === EventSource.CONNECTING) this.#frame.answers('no answer: has the command ended? Asked again');
      else void this.#explain(address);
    });
  }

  /** An EventSource does not say why it was refused: asked once more, the answer is in the text. */
  async #explain(address: string): Promise<void> {
    try {
      await ask(address, { signal: AbortSignal.timeout(2000) });
    } catch (error) {
      say(this.#trouble, error instanceof AskError ? error.message : 'the live tail was closed: start it again');
      this.#trouble.hidden = false;
    }
  }

  #take({ events, skipped }: TailFlush): void {
    this.#seen += events.length + skipped;
    this.#skipped += skipped;
    const follows = !this.#paused && this.#waiting.length === 0 && this.#atEnd;
    if (follows) this.#draw(events);
    else this.#waiting = [...this.#waiting, ...events].slice(-MOST_ROWS);
    this.#sayCounts();
  }

  #draw(events: readonly ShownEvent[]): void {
    const now = Date.now();
    this.#rows.append(...events.map((event) => eventRow(event, now, this.#groups.size !== 1)));
    for (let over = this.#rows.childElementCount - MOST_ROWS; over > 0; over--) this.#rows.firstElementChild?.remove();
    reachable(this.#rows);
    this.#scroll.scrollTop = this.#scroll.scrollHeight;
  }

  #follow(): void {
    this.#atEnd = true;
    this.#setPaused(false);
    const events = this.#waiting;
    this.#waiting = [];
    this.#draw(events);
    this.#sayCounts();
  }

  #setPaused(paused: boolean): void {
    const goesOn = this.#paused && !paused;
    this.#paused = paused;
    set(this.#pause, 'aria-pressed', String(paused));
    say(this.#pause, paused ? 'Go on' : 'Pause');
    if (goesOn) this.#follow();
  }

  #clear(): void {
    this.#rows.replaceChildren();
    this.#waiting = [];
    this.#atEnd = true;
    [this.#seen, this.#skipped] = [0, 0];
    this.#sayCounts();
  }

  #sayCounts(): void {
    say(this.#count, this.#seen === 0 ? '' : `${countText(this.#seen, 'event')}${this.#skipped > 0 ? `, ${numberText(this.#skipped)} too many to show` : ''}`);
    say(this.#waitingText, this.#seen === 0 ? 'Waiting for events: what arrives from now on is shown here.' : '');
    this.#jump.hidden = this.#waiting.length === 0;
    say(this.#jump, `${numberText(this.#waiting.length)}${this.#waiting.length === MOST_ROWS ? ' or more' : ''} new ↓`);
    if (this.#seen > 0 && performance.now() - this.#toldAt > TOLD_MS) {
      this.#toldAt = performance.now();
      this.#frame.tell(`${countText(this.#seen, 'event')} so far`);
    }
  }
}
