import { el, plain, put, say, set } from '../shared/dom.ts';
import { agoText, bytesText, countText, spanText } from '../../cli/units.ts';
import { numberText, rateText } from '../shared/words.ts';
import type { ConfigStatus, StatusDocument } from './facts.ts';
import type { Rates } from './rates.ts';
import { Spark } from './spark.ts';

/** The small chart is not stretched beyond this when the page was just opened. */
const LEAST_SPARK_VALUES = 30;
/** Of the memory budget: beyond it the agent waits for the service rather than for the files. */
const NEARLY_FULL = 0.9;

/** One fact: a name, the figure, and a line about it. */
class Card {
  readonly #figure = el('strong');
  readonly #about = el('span', { class: 'soft' });
  readonly element: HTMLElement;

  constructor(name: string, extra: Element | null = null) {
    this.element = el('div', { class: 'card', role: 'group', 'aria-label': name }, el('h3', {}, name), this.#figure, extra instanceof HTMLElement ? extra : null, this.#about, extra instanceof HTMLElement ? null : extra);
  }

  say(figure: string, about: string, kind: 'bad' | 'warn' | '' = ''): void {
    say(this.#figure, figure);
    say(this.#about, about);
    set(this.element, 'data-kind', kind === '' ? null : kind);
  }
}

/** The figures of the whole agent. */
export class Overview {
  readonly #eventSpark = new Spark();
  readonly #meter = el('meter', { min: 0, max: 1, high: NEARLY_FULL, 'aria-label': 'Memory budget' });
  readonly #delivered = new Card('Delivered', this.#eventSpark.element);
  readonly #lag = new Card('Not acknowledged');
  readonly #budget = new Card('Memory budget', this.#meter);
  readonly #process = new Card('Process');
  readonly #config = new Card('Config');
  readonly #metrics = new Card('Metrics');
  readonly #quarantine = new Card('Quarantine and drops');
  readonly element = el('section', { class: 'cards', 'aria-label': 'The whole agent' }, ...[this.#delivered, this.#lag, this.#budget, this.#process, this.#config, this.#metrics, this.#quarantine].map(({ element }) => element));

  show(status: StatusDocument, rates: Rates): void {
    const { at, agent, files, destinations, counters, metrics, quarantine, config } = status;
    const { latest, totals } = rates;
    this.#delivered.say(latest === null ? '…' : `${rateText(latest.events)} events/s`, `${latest === null ? '' : `${bytesText(latest.bytes)}/s of files; `}${numberText(counters.deliveredEvents)} since the start`);
    this.#eventSpark.show(totals.map(({ events }) => events), Math.max(LEAST_SPARK_VALUES, totals.length));
    const lag = files.list.reduce((sum, { lagBytes }) => sum + lagBytes, 0);
    const behind = files.list.filter(({ lagBytes, pendingBytes }) => lagBytes > pendingBytes).length;
    this.#lag.say(bytesText(lag), behind === 0 ? `${countText(files.total, 'file')}, all caught up` : `in ${numberText(behind)} of ${countText(files.total, 'file')}`);
    const share = agent.budgetLimitBytes === 0 ? 0 : agent.budgetUsedBytes / agent.budgetLimitBytes;
    this.#meter.value = share;
    say(this.#meter, `${Math.round(share * 100)} %`);
    const full = share >= NEARLY_FULL;
    const holding = countText(destinations.list.filter(({ heldBytes }) => heldBytes > 0).length, 'destination');
    this.#budget.say(`${bytesText(agent.budgetUsedBytes)} of ${bytesText(agent.budgetLimitBytes)}`,
      full ? 'full: files wait until the service takes what is held' : `${Math.round(share * 100)} % held for ${holding}`, full ? 'warn' : '');
    this.#process.say(bytesText(agent.rssBytes), `version ${agent.version}, pid ${agent.pid}, up ${spanText(agent.uptimeMs)}, ${countText(agent.openFiles, 'file')} open`);
    this.#config.say(config.version === '' ? `applied ${agoText(config.appliedAt, at)}` : config.version, configText(config, at), config.refused !== null || config.unreachable !== null ? 'warn' : '');
    this.#sayMetrics(metrics);
    const dropped = counters.dropped.reduce((sum, { events }) => sum + events, 0);
    const kept = quarantine?.events ?? 0;
    if (kept === 0 && dropped === 0) this.#quarantine.say('none', 'every event was deliverable');
    else this.#quarantine.say(`${numberText(kept)} kept`, `${bytesText(quarantine?.bytes ?? 0)} in quarantine.jsonl; ${countText(dropped, 'event')} dropped for a counted reason`, kept > 0 ? 'warn' : '');
  }

  #sayMetrics(metrics: StatusDocument['metrics']): void {
    if (metrics == null) return this.#metrics.say('none', 'no metrics are published by this config');
    const { state, lastError, namespace, deliveredDatums, heldDatums, skippedSamples } = metrics;
    const about = [
      `${countText(deliveredDatums, 'datum', 'datums')} to ${namespace}`, `${numberText(heldDatums)} waiting`,
      ...(skippedSamples > 0 ? [`${countText(skippedSamples, 'sample')} skipped`] : []),
    ].join(', ');
    this.#metrics.say(state, lastError === null ? about : `${about}: ${lastError}`, lastError === null ? '' : 'bad');
  }
}

function configText({ sources, version, appliedAt, watchedUntil, changing, waiting, refused, unreachable, rollbacks }: ConfigStatus, at: number): string {
  return [
    `${version === '' ? '' : `applied ${agoText(appliedAt, at)}, `}of ${sources.join(', ')}`,
    watchedUntil === null ? null : `delivery is watched for another ${spanText(watchedUntil - at)}`,
    changing > 0 ? `${countText(changing, 'entry', 'entries')} not at it yet` : null,
    waiting === null ? null : `${waiting.version} waits for another ${spanText(waiting.until - at)}`,
    refused === null ? null : `${refused.version} was not taken`,
    unreachable === null ? null : 'cannot be looked at',
    rollbacks > 0 ? `${countText(rollbacks, 'version')} taken back` : null,
  ].filter((text) => text !== null).join('; ');
}

/** What is wrong now, the gravest first, each with its cause and the next step; read out when it changes. */
export class Problems {
  readonly #list = el('ul');
  readonly #title = el('h2');
  readonly element = el('section', { class: 'problems', 'aria-label': 'Problems' }, this.#title, this.#list,
    el('p', {}, el('code', {}, 'agent doctor'), ' tries what the agent stands on (credentials, permissions, paths, limits) and says what to do about each.'));
  #shown = '';

  /** Returns what to read out, or null where nothing changed. */
  show(problems: readonly string[]): string | null {
    const text = problems.join('\n');
    const first = this.#shown === '';
    if (!first && this.#shown === `\n${text}`) return null;
    this.#shown = `\n${text}`;
    set(this.element, 'data-some', problems.length > 0);
    say(this.#title, problems.length === 0 ? 'No problems' : countText(problems.length, 'problem'));
    put(this.#list, ...problems.slice(0, 50).map((problem) => el('li', {}, plain(problem))));
    if (problems.length > 50) this.#list.append(el('li', { class: 'soft' }, `and ${problems.length - 50} more: \`agent status --json\` lists them`));
    return first && problems.length === 0 ? null : problems.length === 0 ? 'No problems any more' : `${countText(problems.length, 'problem')}: ${problems[0]!}`;
  }
}
