import type { ShownEvents, ShownStream } from '../../local-endpoint/console/facts.ts';
import { AskError, ask, poll } from '../shared/ask.ts';
import { el, keep, plain, put, say, set } from '../shared/dom.ts';
import type { Frame, Shown } from '../shared/frame.ts';
import { listen, reachable } from '../shared/keys.ts';
import { agoText, countText } from '../../cli/units.ts';
import { numberText } from '../shared/words.ts';
import { empty } from './empty.ts';
import { eventRow } from './event-row.ts';
import { showGroups } from './groups.ts';

const POLL_MS = 2000;
const MOST_STREAMS = 500;
/** Rows of events at most: beyond it the page would get slow, and nobody reads so far. */
const MOST_EVENTS = 3000;

/** Log groups; of one: its streams, and the events that match a pattern. */
export function showLogs(query: URLSearchParams, frame: Frame): Shown {
  const group = query.get('group');
  return group === null ? showGroups(frame) : new GroupPage(group, query.get('stream'), query.get('pattern') ?? '', frame).shown;
}

class GroupPage {
  readonly shown: Shown;
  readonly #group: string;
  readonly #stream: string | null;
  readonly #frame: Frame;
  readonly #pattern: HTMLInputElement;
  readonly #streams = el('div', { class: 'streams', role: 'list' });
  readonly #streamFilter = el('input', { type: 'search', placeholder: 'Filter streams', 'aria-label': 'Filter streams', input: () => { this.#drawStreams(); } });
  readonly #events = el('div', { class: 'events', role: 'tree', 'aria-label': 'Events, newest first' });
  readonly #found = el('p', { class: 'soft', role: 'status' });
  readonly #older = el('button', { hidden: true, click: () => { void this.#search(true); } }, 'Older events');
  readonly #trouble = el('p', { class: 'trouble', role: 'alert', hidden: true });
  #known: readonly ShownStream[] = [];
  #before: string | null = null;
  #count = 0;
  #asking = 0;

  constructor(group: string, stream: string | null, pattern: string, frame: Frame) {
    [this.#group, this.#stream, this.#frame] = [group, stream, frame];
    this.#pattern = el('input', { type: 'search', class: 'mono', value: pattern, spellcheck: 'false', placeholder: 'Filter pattern: ERROR   ?WARN ?ERROR   { $.status >= 500 }', 'aria-label': 'Filter pattern' });
    listen(this.#events);
    this.#events.classList.toggle('one-stream', stream !== null);
    const form = el('form', { class: 'bar', role: 'search', submit: (event) => { event.preventDefault(); frame.go('logs', this.#query({ stream, pattern: this.#pattern.value })); if (this.#pattern.value === pattern) void this.#search(false); } },
      el('span', { class: 'wide' }, this.#pattern), el('button', { class: 'main' }, 'Search'),
      el('button', { type: 'button', click: () => { frame.go('tail', { group, ...(this.#pattern.value === '' ? {} : { pattern: this.#pattern.value }) }); } }, 'Live tail'));
    const side = el('details', { class: 'side', open: matchMedia('(min-width: 900px)').matches },
      el('summary', {}, stream === null ? 'Streams' : el('span', { class: 'name' }, 'Stream: ', plain(stream))), this.#streamFilter, this.#streams);
    const stop = poll(POLL_MS, async () => {
      this.#known = await ask<readonly ShownStream[]>(`/_console/streams?${new URLSearchParams({ group }).toString()}`);
      this.#drawStreams();
    }, (message) => { frame.answers(message); });
    const content = el('div', {},
      el('nav', { class: 'crumbs', 'aria-label': 'Where this is' }, el('a', { href: '#/logs' }, 'Log groups'), el('span', { class: 'soft' }, ' / '), el('strong', { class: 'name' }, plain(group))),
      form, this.#trouble,
      el('div', { class: 'two' }, side, el('div', { class: 'found' }, this.#found, this.#events, this.#older)));
    this.shown = {
      content, stop,
      back: () => { if (stream === null) frame.go('logs'); else frame.go('logs', { group }); },
      keys: [{ keys: ['r'], does: 'search again', act: () => { void this.#search(false); } }, { keys: ['o'], does: 'older events', act: () => { if (!this.#older.hidden) void this.#search(true); } }],
    };
    void this.#search(false);
  }

  #query({ stream, pattern }: { readonly stream: string | null; readonly pattern: string }): Record<string, string> {
    return { group: this.#group, ...(stream === null ? {} : { stream }), ...(pattern === '' ? {} : { pattern }) };
  }

  #drawStreams(): void {
    const now = Date.now();
    const wanted = this.#streamFilter.value.toLowerCase();
    const found = this.#known.filter(({ name }) => name.toLowerCase().includes(wanted));
    this.#streamFilter.hidden = this.#known.length < 8;
    const events = this.#known.reduce((sum, stream) => sum + stream.events, 0);
    const all = { name: null, events, lastEvent: null } as const;
    keep(this.#streams, [all, ...found.slice(0, MOST_STREAMS)], ({ name }) => (name === null ? 'all' : `stream ${name}`), ({ name }) => {
      const link = el('a', { href: this.#frame.link('logs', this.#query({ stream: name, pattern: this.#pattern.value })), role: 'listitem' }, el('span', { class: 'name' }, name === null ? 'All streams' : plain(name)), el('span', { class: 'soft num' }));
      set(link, 'aria-current', name === this.#stream ? 'true' : null);
      return link;
    }, (link, { events: count, lastEvent }) => { say(link.lastElementChild!, `${numberText(count)}${lastEvent === null ? '' : `, ${agoText(lastEvent, now)}`}`); });
  }

  async #search(older: boolean): Promise<void> {
    const mine = ++this.#asking;
    const query = new URLSearchParams(this.#query({ stream: this.#stream, pattern: this.#pattern.value }));
    if (older && this.#before !== null) query.set('before', this.#before);
    let answer: ShownEvents;
    try {
      answer = await ask<ShownEvents>(`/_console/events?${query.toString()}`);
    } catch (error) {
      if (!(error instanceof AskError)) throw error;
      say(this.#trouble, error.message);
      this.#trouble.hidden = false;
      return;
    }
    if (mine !== this.#asking) return;
    this.#trouble.hidden = true;
    const now = Date.now();
    const rows = answer.events.map((event) => eventRow(event, now, false));
    const first = rows[0];
    if (older) this.#events.append(...rows);
    else this.#events.replaceChildren(...rows);
    this.#count = (older ? this.#count : 0) + rows.length;
    reachable(this.#events);
    if (older) first?.focus();
    this.#before = answer.before;
    this.#older.hidden = this.#before === null || this.#count >= MOST_EVENTS;
    this.#say(answer);
  }

  #say({ before, scanned }: ShownEvents): void {
    const pattern = this.#pattern.value;
    if (this.#count === 0) {
      put(this.#found);
      if (before === null) put(this.#events, pattern === '' ? empty('No event yet', 'The group is there; nothing is stored in it.') : empty('No event matches', `Of ${countText(scanned, 'event')} none matches this pattern. Words are found as they are written: case counts.`));
      else say(this.#found, `none among the latest ${countText(scanned, 'event')}: look further back`);
      return;
    }
    say(this.#found, `${countText(this.#count, 'event')}${pattern === '' ? '' : ' that match'}, newest first${before === null ? '; these are all' : ''}`);
  }
}
