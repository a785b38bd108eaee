// The page of `agent ui`: what the running agent does, to look at and no more.
import { ask, poll } from '../shared/ask.ts';
import { el, say, set } from '../shared/dom.ts';
import { Frame } from '../shared/frame.ts';
import type { Shown } from '../shared/frame.ts';
import type { Facts } from './facts.ts';
import { Overview, Problems } from './overview.ts';
import { Pipelines } from './pipelines.ts';
import { Rates } from './rates.ts';
import { Rest } from './rest.ts';

const POLL_MS = 1000;

function showAgent(frame: Frame): Shown {
  const rates = new Rates();
  const problems = new Problems();
  const overview = new Overview();
  const pipelines = new Pipelines();
  const rest = new Rest();
  const gone = el('p', { class: 'trouble', role: 'alert', hidden: true });
  const all = el('div', { hidden: true }, problems.element, overview.element, pipelines.element, rest.element);
  const stop = poll(POLL_MS, async () => {
    const facts = await ask<Facts>('/facts');
    set(all, 'data-old', facts.noAgent !== undefined);
    if (facts.noAgent !== undefined) {
      say(gone, facts.noAgent);
      gone.hidden = false;
      return;
    }
    gone.hidden = true;
    all.hidden = false;
    rates.take(facts.status);
    const told = problems.show(facts.problems);
    if (told !== null) frame.tell(told);
    overview.show(facts.status, rates);
    pipelines.show(facts.status, rates);
    rest.show(facts.status);
    document.title = `${facts.problems.length > 0 ? `(${facts.problems.length}) ` : ''}unified-agent`;
  }, (trouble) => { frame.answers(trouble ?? (gone.hidden ? null : 'no agent answers')); });
  return { content: el('div', {}, gone, all), stop };
}

// The token that opened the page stays neither in the address nor in the history.
if (location.search !== '') history.replaceState(null, '', location.pathname + location.hash);

export const frame = new Frame('unified-agent', [{ name: 'agent', title: 'Agent', show: (_, frame) => showAgent(frame) }]);
