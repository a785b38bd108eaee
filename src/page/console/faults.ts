import type { FaultKinds, FaultState, MemberType } from '../../local-endpoint/console/facts.ts';
import { AskError, ask, poll } from '../shared/ask.ts';
import { el, keep, plain, put, say } from '../shared/dom.ts';
import type { Frame, Shown } from '../shared/frame.ts';
import { listen, reachable } from '../shared/keys.ts';
import { numberText } from '../shared/words.ts';

const POLL_MS = 1500;

/** What each kind does, in a line; one that is new has none and works all the same. */
const SAYS: Readonly<Record<string, string>> = {
  throttle: '400 ThrottlingException: the service wants fewer calls',
  error: '500 or 503: the service is ill',
  latency: 'the answer comes later; combines with the others',
  reset: 'the connection is reset, nothing is stored',
  hang: 'no answer ever, nothing is stored',
  'drop-answer': 'the call takes effect, but its answer is lost',
  'reject-event': 'a request with this text in an event (or a metric of this name) is refused as a whole',
  'access-denied': '400 AccessDeniedException: a permission is missing',
  'expired-token': '400 ExpiredTokenException',
  'unrecognized-client': '400 UnrecognizedClientException: wrong key',
  skew: 'the clock of the service is ahead by these seconds',
  garbage: 'an answer that is not AWS: of a proxy, or no JSON',
  'delete-group': 'deletes the group or stream, once and at once',
};
const MEMBER_SAYS: Readonly<Record<string, string>> = {
  operation: 'only this operation', group: 'only this group', stream: 'only this stream', skip: 'lets so many through first', every: 'only each Nth', probability: '0 to 1', seed: 'of the probability',
  tps: 'hits what exceeds this per second', count: 'at most so often', afterMs: 'begins later, ms', forMs: 'ends after, ms', retryAfterSeconds: 'retry-after header, s', ms: 'milliseconds', seconds: 'seconds', containing: 'text of an event',
};

/** The faults that are armed, and a form for another. */
export function showFaults(_: URLSearchParams, frame: Frame): Shown {
  const list = el('ul', { class: 'faults' });
  listen(list);
  const none = el('p', { class: 'soft' });
  const trouble = el('p', { class: 'trouble', role: 'alert', hidden: true });
  const clear = el('button', { hidden: true, click: () => { void change('/_faults', { method: 'DELETE' }, 'all faults are off'); } }, 'Switch all off');
  const refresh = async (): Promise<void> => {
    const faults = await ask<readonly FaultState[]>('/_faults');
    say(none, faults.length === 0 ? 'No fault is on: every call is answered as AWS would.' : '');
    clear.hidden = faults.length < 2;
    keep(list, faults, ({ id }) => String(id), ({ id, spec }) => el('li', { 'data-row': '', tabindex: -1 },
      el('div', { class: 'name' }, el('strong', {}, spec.kind), ' ', el('span', { class: 'soft mono' }, plain(specText(spec)))), el('span', { class: 'soft num' }),
      el('button', { 'aria-label': `Switch off ${spec.kind}, fault ${id}`, click: () => { void change(`/_faults/${id}`, { method: 'DELETE' }, `${spec.kind} is off`); } }, 'Off')),
    (row, { seen, fired, spent }) => { say(row.children[1]!, `hit ${numberText(fired)} of ${numberText(seen)}${spent ? ', over' : ''}`); });
    reachable(list);
  };
  const change = async (path: string, init: RequestInit, done: string): Promise<void> => {
    try {
      await ask(path, init);
      trouble.hidden = true;
      frame.tell(done);
      await refresh();
    } catch (error) {
      if (!(error instanceof AskError)) throw error;
      say(trouble, error.message);
      trouble.hidden = false;
    }
  };
  const form = el('form', { class: 'faultform', submit: (event) => {
    event.preventDefault();
    const spec = specOf(form);
    void change('/_faults', { method: 'POST', body: JSON.stringify(spec), headers: { 'content-type': 'application/json' } }, `${String(spec['kind'])} is on`);
  } });
  void ask<FaultKinds>('/_console/fault-kinds').then((kinds) => { fillForm(form, kinds); });
  const stop = poll(POLL_MS, refresh, (message) => { frame.answers(message); });
  return {
    content: el('div', { class: 'faultpage' }, el('section', { 'aria-labelledby': 'on' }, el('div', { class: 'bar' }, el('h2', { id: 'on' }, 'On now'), clear), none, list), el('section', { 'aria-labelledby': 'new' }, el('h2', { id: 'new' }, 'Switch on'), trouble, form)),
    keys: [{ keys: ['n'], does: 'a new fault', act: () => { form.querySelector('select')?.focus(); } }], stop,
  };
}

function specText(spec: FaultState['spec']): string {
  return Object.entries(spec).filter(([name]) => name !== 'kind').map(([name, value]) => `${name}=${typeof value === 'string' ? JSON.stringify(value) : value}`).join(' ');
}

function field(name: string, type: MemberType, required: boolean): HTMLElement {
  const id = `fault-${name}`;
  const input = typeof type === 'string'
    ? el('input', { id, name, required, 'data-type': type, type: type === 'string' ? 'text' : 'number', step: type === 'number' ? 'any' : '1', min: type === 'count' ? 0 : null })
    : el('select', { id, name, 'data-type': typeof type[0] === 'number' ? 'number' : 'string' }, el('option', { value: '' }, '–'), ...type.map((value) => el('option', { value }, value)));
  return el('div', { class: 'field' }, el('label', { for: id }, `${name}${required ? ' *' : ''}`), input, el('span', { class: 'soft' }, MEMBER_SAYS[name] ?? ''));
}

function fillForm(form: HTMLFormElement, { kinds, scope }: FaultKinds): void {
  const members = el('div', { class: 'fields' });
  const says = el('p', { class: 'soft' });
  const choose = (): void => {
    const kind = select.value as keyof typeof kinds;
    const { required = {}, optional = {} } = kinds[kind];
    say(says, SAYS[kind] ?? '');
    put(members, ...Object.entries(required).map(([name, type]) => field(name, type, true)), ...Object.entries(optional).map(([name, type]) => field(name, type, false)));
    // A member of the kind itself stands in for that of the scope.
    const own = new Set([...Object.keys(required), ...Object.keys(optional)]);
    for (const each of scoped) each.hidden = own.has(each.dataset['name']!);
  };
  const select = el('select', { name: 'kind', id: 'fault-kind', change: choose }, ...Object.keys(kinds).map((kind) => el('option', { value: kind }, kind)));
  const scoped = Object.entries(scope).map(([name, type]) => { const row = field(name, type, false); row.dataset['name'] = name; return row; });
  put(form, el('div', { class: 'field kind' }, el('label', { for: 'fault-kind' }, 'kind'), select, says), members,
    el('details', {}, el('summary', {}, 'Which calls, how often, how long'), el('div', { class: 'fields' }, ...scoped)),
    el('button', { class: 'main' }, 'Switch on'));
  choose();
}

function specOf(form: HTMLFormElement): Readonly<Record<string, string | number>> {
  const inputs = [...form.querySelectorAll<HTMLInputElement | HTMLSelectElement>('input, select')].filter((input) => input.value !== '' && input.closest('[hidden]') === null);
  return Object.fromEntries(inputs.map((input) => [input.name, ['count', 'number'].includes(input.dataset['type'] ?? '') ? Number(input.value) : input.value]));
}
