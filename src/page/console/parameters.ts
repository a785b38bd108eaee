import type { ShownParameter, ShownParameters } from '../../local-endpoint/console/facts.ts';
import { ask, poll } from '../shared/ask.ts';
import { el, keep, plain, put, say } from '../shared/dom.ts';
import type { Frame, Shown } from '../shared/frame.ts';
import { listen, reachable } from '../shared/keys.ts';
import { agoText, countText } from '../../cli/units.ts';
import { empty } from './empty.ts';

const POLL_MS = 3000;

/** The parameters of Parameter Store; a value is shown when it is opened. */
export function showParameters(_: URLSearchParams, frame: Frame): Shown {
  const filter = el('input', { type: 'search', placeholder: 'Filter parameters', 'aria-label': 'Filter parameters', class: 'wide', input: () => { draw(); } });
  const total = el('span', { class: 'soft', role: 'status' });
  const list = el('div', { class: 'parameters', role: 'list' });
  listen(list);
  const none = el('div');
  let facts: ShownParameters | null = null;
  const draw = (): void => {
    if (facts === null) return;
    const wanted = filter.value.toLowerCase();
    const found = facts.parameters.filter(({ name }) => name.toLowerCase().includes(wanted));
    say(total, countText(facts.total, 'parameter'));
    const says = found.length > 0 ? '' : facts.total === 0 ? 'No parameter yet' : 'No name matches';
    if (none.dataset['says'] !== says) {
      put(none, says === '' ? null : facts.total > 0 ? empty(says, 'No parameter has this text in its name.')
        : empty(says, 'Put one, for example a config of the agent:', `AWS_ENDPOINT_URL=${location.origin} agent config push --config agent.json ssm:AmazonCloudWatch-linux`));
    }
    none.dataset['says'] = says;
    const now = Date.now();
    keep(list, found, ({ name, version }) => `${name} ${version}`, parameterRow, (row, { version, type, modifiedAt, labels }) => {
      say(row.querySelector('.facts')!, `${type}, version ${version}${labels.length > 0 ? ` (${labels.join(', ')})` : ''}, ${agoText(modifiedAt, now)}`);
    });
    reachable(list);
  };
  const stop = poll(POLL_MS, async () => {
    facts = await ask<ShownParameters>('/_console/parameters');
    draw();
  }, (trouble) => { frame.answers(trouble); });
  return { content: el('div', {}, el('div', { class: 'bar' }, filter, total), list, none), stop };
}

function parameterRow({ name, value }: ShownParameter): HTMLElement {
  const body = el('pre', { class: 'code' });
  const summary = el('summary', { 'data-row': '', tabindex: -1 }, el('span', { class: 'name' }, plain(name)), el('span', { class: 'soft facts' }));
  return el('details', { role: 'listitem', toggle: (event) => {
    if ((event.target as HTMLDetailsElement).open && body.childNodes.length === 0) put(body, plain(value));
  } }, summary, body);
}
