import type { RequestEntry, ShownRequests } from '../../local-endpoint/console/facts.ts';
import { ask, poll } from '../shared/ask.ts';
import { el, keep, plain, put, say, set } from '../shared/dom.ts';
import type { Frame, Shown } from '../shared/frame.ts';
import { listen, reachable } from '../shared/keys.ts';
import { bytesText, countText } from '../../cli/units.ts';
import { clockText, numberText } from '../shared/words.ts';
import { empty } from './empty.ts';

const POLL_MS = 1000;

/** What was received, the newest first. */
export function showRequests(_: URLSearchParams, frame: Frame): Shown {
  const filter = el('input', { type: 'search', placeholder: 'Filter: PutLogEvents   400   throttle   group', 'aria-label': 'Filter requests', class: 'wide', input: () => { draw(); } });
  let paused = false;
  const pause = el('button', { 'aria-pressed': 'false', click: () => { turn(); } }, 'Pause');
  const turn = (): void => {
    paused = !paused;
    set(pause, 'aria-pressed', String(paused));
    say(pause, paused ? 'Go on' : 'Pause');
  };
  const counts = el('p', { class: 'soft counts' });
  const body = el('tbody');
  listen(body);
  const heads = [['Time', ''], ['Operation', ''], ['Status', ''], ['Group and stream', 'name'], ['Events', 'num'], ['Bytes', 'num'], ['Took', 'num'], ['Fault', '']] as const;
  const table = el('table', { class: 'table stack requests', hidden: true }, el('thead', {}, el('tr', {}, ...heads.map(([head, kind]) => el('th', { scope: 'col', class: kind }, head)))), body);
  const none = el('div');
  let facts: ShownRequests | null = null;
  const draw = (): void => {
    if (facts === null) return;
    const { operations, recent, inFlight, wireBytes } = facts;
    say(counts, [
      `${bytesText(wireBytes)} received`, ...(inFlight > 0 ? [`${inFlight} under way`] : []),
      ...Object.entries(operations).map(([name, { calls, succeeded }]) => `${name} ${numberText(calls)}${calls > succeeded ? ` (${numberText(calls - succeeded)} refused)` : ''}`),
    ].join(' · '));
    const wanted = filter.value.toLowerCase().split(/\s+/);
    const found = recent.toReversed().filter((request) => { const text = searched(request); return wanted.every((word) => text.includes(word)); });
    table.hidden = found.length === 0;
    const nothing = found.length > 0 ? '' : recent.length === 0 ? 'No request yet' : 'No request matches';
    if (none.dataset['says'] !== nothing) put(none, nothing === '' ? null : empty(nothing, recent.length === 0 ? 'Calls to this endpoint are listed here as they come.' : `None of the latest ${countText(recent.length, 'request')} has all of these words.`));
    none.dataset['says'] = nothing;
    const now = Date.now();
    keep(body, found, keyOf, (request) => requestRow(request, now), () => {});
    reachable(body);
  };
  const stop = poll(POLL_MS, async () => {
    const next = await ask<ShownRequests>('/_console/requests');
    if (paused) return;
    facts = next;
    draw();
  }, (trouble) => { frame.answers(trouble); });
  return {
    content: el('div', {}, el('div', { class: 'bar' }, filter, pause, el('button', { click: () => { void ask('/_requests', { method: 'DELETE' }).then(() => ask<ShownRequests>('/_console/requests')).then((next) => { facts = next; draw(); }); } }, 'Clear')), counts, table, none),
    keys: [{ keys: ['p', ' '], does: 'pause, go on', act: turn }], stop,
  };
}

/** Two requests of one moment are told apart by all that is known of them. */
const keyOf = ({ at, ms, operation, stream, wireBytes, status }: RequestEntry): string => `${at} ${ms} ${operation} ${stream ?? ''} ${wireBytes} ${status}`;
const searched = ({ operation, group, stream, status, error, faults }: RequestEntry): string => `${operation} ${group ?? ''} ${stream ?? ''} ${status} ${error ?? ''} ${faults.join(' ')}`.toLowerCase();

function requestRow({ at, operation, group, stream, events, wireBytes, bodyBytes, status, error, faults, ms }: RequestEntry, now: number): HTMLTableRowElement {
  const kind = status === 200 ? 'good' : 'bad';
  return el('tr', { 'data-row': '', tabindex: -1 },
    el('td', { class: 'mono soft' }, clockText(at, now)), el('td', { class: 'strong' }, plain(operation)),
    el('td', { class: kind }, status === 0 ? 'no answer' : String(status), error === null ? null : ` ${error}`),
    el('td', { class: 'name soft' }, group === null ? '' : plain(stream === null ? group : `${group} ${stream}`)),
    el('td', { class: 'num', 'data-unit': events === 1 ? 'event' : 'events' }, events === 0 ? '' : numberText(events)),
    el('td', { class: 'num', title: `${numberText(wireBytes)} bytes on the wire, ${numberText(bodyBytes)} inflated` }, bytesText(wireBytes)), el('td', { class: 'num' }, `${ms < 10 ? ms.toFixed(1) : Math.round(ms)} ms`),
    el('td', { class: 'warn' }, faults.join(', ')));
}
