import type { ShownGroup, ShownGroups } from '../../local-endpoint/console/facts.ts';
import { ask, poll } from '../shared/ask.ts';
import { el, keep, plain, put, say } from '../shared/dom.ts';
import type { Frame, Shown } from '../shared/frame.ts';
import { listen, reachable } from '../shared/keys.ts';
import { agoText, bytesText, countText } from '../../cli/units.ts';
import { numberText } from '../shared/words.ts';
import { agentConfig, empty } from './empty.ts';

const POLL_MS = 2000;
/** Rows at once; the filter leads to the others. */
const MOST_ROWS = 500;

const COLUMNS = [['Log group', ''], ['Streams', 'num'], ['Events', 'num'], ['Stored', 'num wideonly'], ['Retention', 'num wideonly'], ['Last event', 'num']] as const;

/** All log groups. */
export function showGroups(frame: Frame): Shown {
  const filter = el('input', { type: 'search', placeholder: 'Filter log groups', 'aria-label': 'Filter log groups', class: 'wide', input: () => { draw(); } });
  const total = el('span', { class: 'soft', role: 'status' });
  const body = el('tbody');
  listen(body);
  const table = el('table', { class: 'table' },
    el('thead', {}, el('tr', {}, ...COLUMNS.map(([title, kind]) => el('th', { scope: 'col', class: kind }, title)))), body);
  const none = el('div');
  const evicted = el('p', { class: 'soft' });
  let facts: ShownGroups | null = null;
  const draw = (): void => {
    if (facts === null) return;
    const wanted = filter.value.toLowerCase();
    const found = facts.groups.filter(({ name }) => name.toLowerCase().includes(wanted));
    table.hidden = found.length === 0;
    say(total, found.length > MOST_ROWS ? `the first ${MOST_ROWS} of ${countText(found.length, 'group')}` : countText(found.length, 'group'));
    if (found.length > 0) put(none);
    else if (none.dataset['for'] !== filter.value) put(none, facts.groups.length === 0 ? empty('No log group yet', 'Start an agent that sends here:', agentConfig()) : empty('No group matches', `No name of ${countText(facts.groups.length, 'group')} contains this text.`));
    none.dataset['for'] = found.length > 0 ? '\n' : filter.value;
    const now = Date.now();
    keep(body, found.slice(0, MOST_ROWS), ({ name }) => name, (group) => groupRow(group, frame), (row, group) => { updateRow(row, group, now); });
    reachable(body);
    say(evicted, facts.evicted.events === 0 ? '' : `${countText(facts.evicted.events, 'old event')} (${bytesText(facts.evicted.bytes)}) went from memory to make room for new ones.`);
  };
  const stop = poll(POLL_MS, async () => {
    facts = await ask<ShownGroups>('/_console/groups');
    draw();
  }, (trouble) => { frame.answers(trouble); });
  return { content: el('div', {}, el('div', { class: 'bar' }, filter, total), table, none, evicted), stop };
}

function groupRow({ name }: ShownGroup, frame: Frame): HTMLTableRowElement {
  return el('tr', {},
    el('td', { class: 'name' }, el('a', { href: frame.link('logs', { group: name }), 'data-row': '', tabindex: -1 }, plain(name))),
    ...COLUMNS.slice(1).map(([, kind]) => el('td', { class: kind })));
}

function updateRow(row: HTMLTableRowElement, { streams, events, storedBytes, retentionDays, lastEvent }: ShownGroup, now: number): void {
  const texts = [numberText(streams), numberText(events), bytesText(storedBytes), retentionDays === null ? '–' : `${retentionDays} d`, agoText(lastEvent, now)];
  for (const [i, text] of texts.entries()) say(row.cells[i + 1]!, text);
}
