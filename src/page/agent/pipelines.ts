import { el, keep, plain, put, say, set } from '../shared/dom.ts';
import { listen, reachable } from '../shared/keys.ts';
import { agoText, bytesText, countText } from '../../cli/units.ts';
import { numberText, rateText } from '../shared/words.ts';
import type { StatusDocument } from './facts.ts';
import { fileRow, updateFile } from './file-row.ts';
import { ORDERS, entryFlows } from './flows.ts';
import type { EntryFlows, Flow, Order } from './flows.ts';
import { fileKey } from './rates.ts';
import type { Rates } from './rates.ts';

/** Rows at once, of flows in an entry and of files in a flow; a button shows more of them. */
const FIRST_FLOWS = 12;
const FIRST_FILES = 6;
const MORE = 100;

interface Looked { readonly status: StatusDocument; readonly rates: Rates }

/** The pipelines as they flow: file, entry, stream. */
export class Pipelines {
  readonly #filter = el('input', { type: 'search', placeholder: 'Filter files, groups, streams', 'aria-label': 'Filter files, groups and streams', class: 'wide', input: () => { this.#draw(); } });
  readonly #order = el('select', { 'aria-label': 'Order', change: () => { this.#draw(); } }, ...Object.entries(ORDERS).map(([order, text]) => el('option', { value: order }, text)));
  readonly #total = el('span', { class: 'soft', role: 'status' });
  readonly #list = el('div', { class: 'entries' });
  readonly #none = el('div', { class: 'empty', hidden: true });
  readonly element: HTMLElement;
  /** How many more rows a person asked for, by what they are rows of. */
  readonly #more = new Map<string, number>();
  #looked: Looked | null = null;

  constructor() {
    listen(this.#list);
    this.element = el('section', { 'aria-label': 'Pipelines' }, el('div', { class: 'bar' }, el('h2', {}, 'Pipelines'), this.#filter, this.#order, this.#total), this.#none, this.#list);
  }

  show(status: StatusDocument, rates: Rates): void {
    this.#looked = { status, rates };
    this.#draw();
  }

  #draw(): void {
    if (this.#looked === null) return;
    const { status, rates } = this.#looked;
    const words = this.#filter.value.toLowerCase().split(/\s+/).filter((word) => word !== '');
    const found = entryFlows(status, rates, this.#order.value as Order, words);
    const files = found.reduce((sum, entry) => sum + entry.files, 0);
    const { total, list } = status.files;
    const left = list.length < total ? `, of which the ${numberText(list.length)} most behind are shown` : '';
    say(this.#total, words.length > 0 ? `${numberText(files)} of ${countText(total, 'file')}` : `${countText(status.entries.length, 'entry', 'entries')}, ${countText(total, 'file')}${left}`);
    this.#none.hidden = found.length > 0;
    const [title, text] = words.length > 0
      ? ['Nothing matches', 'No path, group, stream or pattern has all of these words.']
      : ['No log entries', 'This config follows no files. `agent wizard` makes one, `agent check` says what a config means.'];
    if (found.length === 0) put(this.#none, el('h2', {}, title), el('p', {}, text));
    keep(this.#list, found, ({ entry }) => entry.key, ({ entry }) => {
      const flows = el('div', { class: 'flows' });
      return el('section', { class: 'entry', 'aria-label': `Entry ${entry.pattern}` }, el('div', { class: 'head' }, el('h3', { class: 'name mono' }, plain(entry.pattern)), el('span', { class: 'soft' })), flows, this.#button(entry.key));
    }, (section, entry) => { this.#updateEntry(section, entry); });
    reachable(this.#list);
  }

  /** Shows more of what `key` has. */
  #button(key: string): HTMLButtonElement {
    return el('button', { class: 'rest', hidden: true, click: () => {
      this.#more.set(key, (this.#more.get(key) ?? 0) + MORE);
      this.#draw();
    } });
  }

  #updateEntry(section: HTMLElement, { entry, flows, files, lagBytes }: EntryFlows): void {
    const { status: { at }, rates } = this.#looked!;
    const [head, body, button] = section.children as unknown as readonly [HTMLElement, HTMLElement, HTMLButtonElement];
    const speed = flows.reduce((sum, flow) => sum + flow.files.reduce((part, file) => part + (rates.ofFile(file) ?? 0), 0), 0);
    say(head.lastElementChild!, files === 0 ? `no file matches now${entry.skipped > 0 ? `; ${countText(entry.skipped, 'file')} skipped` : ': looked for all the time'}`
      : [countText(files, 'file'), speed >= 1 ? `${bytesText(speed)}/s` : null, lagBytes > 0 ? `${bytesText(lagBytes)} behind` : 'caught up', entry.skipped > 0 ? `${numberText(entry.skipped)} skipped` : null].filter((text) => text !== null).join(' · '));
    const shown = flows.slice(0, FIRST_FLOWS + (this.#more.get(entry.key) ?? 0));
    keep(body, shown, ({ key }) => key, (flow) => this.#newFlow(entry.key, flow), (element, flow) => { this.#updateFlow(element, entry.key, flow, at); });
    button.hidden = shown.length === flows.length;
    say(button, `${numberText(flows.length - shown.length)} more streams`);
  }

  #newFlow(entry: string, { key, group, stream }: Flow): HTMLElement {
    return el('div', { class: 'flow' },
      el('div', { class: 'files' }, el('div', { role: 'tree', 'aria-label': 'Files' }), this.#button(`${entry} ${key}`)),
      el('div', { class: 'arrow', 'aria-hidden': 'true' }),
      el('div', { class: 'destination' },
        group === null ? el('span', { class: 'soft' }, 'destination not said by this version') : el('div', { class: 'name' }, el('span', { class: 'strong' }, plain(group)), ' ', el('span', { class: 'soft' }, plain(stream ?? ''))),
        el('div', {}, el('span', { class: 'lane' }), el('span', { class: 'soft numbers' })),
        el('div', { class: 'bad name' })));
  }

  #updateFlow(element: HTMLElement, entry: string, { key, files, destination }: Flow, at: number): void {
    const { rates } = this.#looked!;
    const [left, , right] = element.children as unknown as readonly [HTMLElement, HTMLElement, HTMLElement];
    const [list, button] = left.children as unknown as readonly [HTMLElement, HTMLButtonElement];
    const shown = files.slice(0, FIRST_FILES + (this.#more.get(`${entry} ${key}`) ?? 0));
    keep(list, shown, fileKey, fileRow, (row, file) => { updateFile(row, file, { rates, at, waits: destination?.state === 'paused' || destination?.state === 'retrying' }); });
    button.hidden = shown.length === files.length;
    say(button, countText(files.length - shown.length, 'more file'));
    set(element, 'data-state', destination?.state ?? 'idle');
    const speed = destination === null ? null : rates.ofDestination(destination);
    set(element, 'data-moves', speed !== null && speed > 0);
    const [lane, numbers] = right.children[1]!.children as unknown as readonly [HTMLElement, HTMLElement];
    // Between two batches a lane has nothing to do, however fast the file grows.
    say(lane, destination === null ? 'nothing sent yet' : destination.state === 'idle' && speed !== null && speed > 0 ? 'delivering' : destination.state);
    say(numbers, destination === null ? '' : [
      ...(speed === null || speed === 0 ? [] : [`${rateText(speed)} events/s`]),
      ...(destination.heldBytes > 0 ? [`${bytesText(destination.heldBytes)} held`] : []),
      `${numberText(destination.events)} events`, `acknowledged ${agoText(destination.lastAckAt, at)}`,
    ].map((text) => ` · ${text}`).join(''));
    say(right.children[2]!, destination?.lastError ?? '');
  }
}
