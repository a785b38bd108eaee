import type { ShownEvent } from '../../local-endpoint/console/facts.ts';
import { el, plain, put, set } from '../shared/dom.ts';
import { bytesText } from '../../cli/units.ts';
import { clockText } from '../shared/words.ts';

/** Characters of a message drawn at first, and opened; a line of megabytes would make the page slow. */
const CLOSED_CHARS = 600;
const OPEN_CHARS = 20_000;

/** One event: time, stream, message. Chosen, it opens: all of the message, JSON indented, and where it is from. */
export function eventRow(event: ShownEvent, now: number, showGroup: boolean): HTMLElement {
  const message = el('span', { class: 'message' }, plain(oneLine(event.message.slice(0, CLOSED_CHARS))), event.message.length > CLOSED_CHARS ? el('span', { class: 'soft' }, ' …') : null);
  const more = el('div', { class: 'more', hidden: true });
  const row = el('div', { class: 'event', role: 'treeitem', 'data-row': '', tabindex: -1, 'aria-expanded': 'false' },
    el('span', { class: 'at soft' }, clockText(event.at, now)),
    el('span', { class: 'from soft cut' }, plain(showGroup ? `${event.group} ${event.stream}` : event.stream)),
    message, more);
  const turn = (): void => {
    const opens = more.hidden;
    if (opens) fill(more, event);
    more.hidden = !opens;
    message.hidden = opens;
    set(row, 'aria-expanded', String(opens));
  };
  row.addEventListener('click', ({ target }) => {
    if ((target as HTMLElement).closest('button, .more') === null && getSelection()?.type !== 'Range') turn();
  });
  row.addEventListener('keydown', (pressed) => {
    if (pressed.key !== 'Enter' || pressed.target !== row) return;
    pressed.preventDefault();
    turn();
  });
  return row;
}

const oneLine = (text: string): string => text.replaceAll('\n', ' ⏎ ');

function fill(more: HTMLElement, event: ShownEvent): void {
  const { group, stream, at, arrivedAt, message } = event;
  const text = indented(message);
  let shown = OPEN_CHARS;
  const body = el('pre');
  const rest = el('button', {
    click: () => { shown *= 10; show(); },
  });
  const show = (): void => {
    put(body, plain(text.slice(0, shown)));
    rest.hidden = text.length <= shown;
    put(rest, `Show more of its ${bytesText(new TextEncoder().encode(text).length)}`);
  };
  show();
  put(more, body, rest, el('p', { class: 'soft' }, plain(`${group} · ${stream} · ${new Date(at).toISOString()}, arrived ${arrivedAt - at >= 0 ? `${((arrivedAt - at) / 1000).toFixed(1)} s later` : `${((at - arrivedAt) / 1000).toFixed(1)} s before its time`}`)));
}

/** JSON objects are indented; everything else stays as it is. */
function indented(message: string): string {
  if (!/^\s*[{[]/.test(message) || message.length > 200_000) return message;
  try {
    return JSON.stringify(JSON.parse(message), null, 2);
  } catch {
    return message;
  }
}
