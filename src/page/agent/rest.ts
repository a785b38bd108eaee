import { el, plain, put, set } from '../shared/dom.ts';
import { agoText, bytesText, countText } from '../../cli/units.ts';
import { numberText } from '../shared/words.ts';
import type { StatusDocument } from './facts.ts';

type Line = readonly [string, string];

/** What is looked at less often: the counters, other inputs, what was skipped, what was said in the log. Each opens. */
export class Rest {
  readonly #blocks = new Map<string, { readonly details: HTMLDetailsElement; readonly title: HTMLElement; readonly list: HTMLElement; text: string }>();
  readonly element = el('section', { class: 'blocks', 'aria-label': 'More' });

  show(status: StatusDocument): void {
    this.#block('Counters since the start', counterLines(status));
    this.#block('Other inputs', inputLines(status));
    this.#block('Skipped files', status.skipped.list.slice(0, 200).map(({ path, reason }) => [path, reason]), status.skipped.total);
    this.#block('Said in the log', status.troubles.slice(0, 200).map(({ message, since, times }) => [`${agoText(since, status.at)}${times > 1 ? `, ${times} times` : ''}`, message]), status.troubles.length);
  }

  #block(name: string, lines: readonly Line[], total: number | null = null): void {
    let block = this.#blocks.get(name);
    if (block === undefined) {
      const title = el('summary');
      const list = el('dl');
      block = { title, list, details: el('details', {}, title, list), text: '' };
      this.#blocks.set(name, block);
      this.element.append(block.details);
    }
    const text = JSON.stringify([lines, total]);
    if (text === block.text) return;
    block.text = text;
    set(block.details, 'hidden', lines.length === 0);
    put(block.title, total === null ? name : `${name}: ${numberText(total)}`);
    put(block.list, ...lines.flatMap(([what, words]) => [el('dt', { class: 'name' }, plain(what)), el('dd', { class: 'name' }, plain(words))]));
  }
}

function counterLines({ counters: { readBytes, settledBytes, heldBytes, deliveredEvents, deliveredMessageBytes, dropped, redacted, requestsRetried, ambiguousAttempts } }: StatusDocument): readonly Line[] {
  return [
    ['bytes of files', `${numberText(readBytes)} read = ${numberText(settledBytes)} settled + ${numberText(heldBytes)} held`],
    ['delivered', `${countText(deliveredEvents, 'event')}, ${bytesText(deliveredMessageBytes)} of messages`],
    ...dropped.map(({ reason, events, bytes }): Line => [`dropped: ${reason}`, `${events > 0 ? `${countText(events, 'event')}, ` : ''}${bytesText(bytes)}`]),
    ...redacted.map(({ kind, replacements }): Line => [`redacted: ${kind}`, countText(replacements, 'replacement')]),
    ...(requestsRetried === 0 ? [] : [['tried again', `${countText(requestsRetried, 'request')}, of them ${numberText(ambiguousAttempts)} without an answer (what they held may be there twice)`] as Line]),
  ];
}

function inputLines({ listeners = [], emf }: StatusDocument): readonly Line[] {
  return [
    ...listeners.map(({ name, taken, unit, lost }): Line => [name, `${countText(taken, unit)} taken${lost.map(({ reason, count }) => `; ${numberText(count)} not: ${reason}`).join('')}`]),
    ...(emf == null ? [] : [['embedded metric format', [
      `${countText(emf.events, 'event')} came in`, ...emf.faults.map(({ reason, events }) => `${numberText(events)} ${reason}`),
      emf.listening.length === 0 ? 'listens nowhere' : `listens at ${emf.listening.join(', ')}`, `${bytesText(emf.spoolBytes)} in the spool`,
    ].join('; ')] as Line]),
  ];
}
