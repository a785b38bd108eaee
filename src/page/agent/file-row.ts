import { el, plain, put, say, set } from '../shared/dom.ts';
import { agoText, bytesText } from '../../cli/units.ts';
import { numberText } from '../shared/words.ts';
import type { FileStatus } from './facts.ts';
import type { Rates } from './rates.ts';

/** Behind by less, a file is simply being sent: how much of it was is of no interest. */
const MUCH = 1_000_000;

/** One file: name, condition, how far behind, how fast. Opened, it says all. */
export function fileRow(file: FileStatus): HTMLElement {
  const slash = file.path.lastIndexOf('/') + 1;
  const more = el('div', { class: 'more soft', hidden: true });
  const row = el('div', { class: 'file', role: 'treeitem', 'data-row': '', tabindex: -1, 'aria-expanded': 'false' },
    el('span', { class: 'name', title: file.path }, el('span', { class: 'soft folder' }, plain(file.path.slice(0, slash))), plain(file.path.slice(slash))),
    el('span', { class: 'condition' }), el('span', { class: 'num lag' }), el('span', { class: 'num rate soft' }), more);
  const turn = (): void => {
    more.hidden = !more.hidden;
    set(row, 'aria-expanded', String(!more.hidden));
  };
  row.addEventListener('click', () => { if (getSelection()?.type !== 'Range') turn(); });
  row.addEventListener('keydown', (event) => { if (event.key === 'Enter') turn(); });
  return row;
}

/** `waits`: its destination takes nothing now. */
export function updateFile(row: HTMLElement, file: FileStatus, { rates, at, waits }: { readonly rates: Rates; readonly at: number; readonly waits: boolean }): void {
  const { lastError, lagBytes, pendingBytes, attachment, size, safeOffset, offset, lastAckAt } = file;
  const [, condition, lag, rate, more] = row.children as unknown as readonly [Element, Element, Element, Element, HTMLElement];
  const kind = lastError !== null ? 'bad' : lagBytes === 0 ? 'done' : lagBytes <= pendingBytes ? 'pending' : waits ? 'waits' : 'sends';
  set(row, 'data-kind', kind);
  const words = { bad: `cannot be read: ${lastError}`, done: 'caught up', pending: 'rest of a message', waits: 'kept in the file', sends: lagBytes < MUCH ? 'sending' : `${Math.floor((100 * safeOffset) / size)} % sent` }[kind];
  say(condition, attachment === 'attached' ? words : `${attachment}, ${words}`);
  say(lag, lagBytes === 0 ? '' : `${bytesText(lagBytes)} behind`);
  const speed = rates.ofFile(file);
  say(rate, speed === null ? '' : speed < 1 ? '' : `${bytesText(speed)}/s`);
  if (!more.hidden || more.childElementCount === 0) fillMore(more, [
    ['path', file.path],
    ['size', `${numberText(size)} bytes`],
    ['read up to', numberText(offset)],
    ['acknowledged up to', `${numberText(safeOffset)}: a restart goes on there`],
    ['not acknowledged', `${numberText(lagBytes)} bytes${pendingBytes > 0 ? `, of them ${numberText(pendingBytes)} are no complete message yet` : ''}`],
    ['last acknowledged', agoText(lastAckAt, at)],
  ]);
}

function fillMore(more: HTMLElement, facts: readonly (readonly [string, string])[]): void {
  if (more.childElementCount === 0) put(more, el('dl', {}, ...facts.flatMap(([name]) => [el('dt', {}, name), el('dd', { class: 'name' })])));
  for (const [i, value] of more.querySelectorAll('dd').entries()) {
    const text = facts[i]![1];
    if (i > 0) say(value, text);
    else if (value.childNodes.length === 0) put(value, plain(text));
  }
}
