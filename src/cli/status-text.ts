import { metricCost } from '../config/metric-cost.ts';
import type { CountersStatus, DestinationStatus, EmfStatus, FileStatus, JournalStatus, LimitsStatus, Listed, ListenerStatus, MetricsStatus, StatusDocument } from '../control/status-document.ts';
import { lagOf } from './status-rates.ts';
import type { Rate, Rates } from './status-rates.ts';
import { printable, textTable } from './text-table.ts';
import type { Column } from './text-table.ts';
import { agoText, bytesText, countText, spanText } from './units.ts';

/** Rows of a table on the screen; `--json` has all of them. */
const LISTED = 20;

/**
 * What is wrong now, one line each and the gravest first; empty when all is well. What is over (events dropped an hour
 * ago) is no problem of now: the counters show it.
 */
export function problemsOf(status: StatusDocument): readonly string[] {
  const { checkpointTrouble, config, destinations, files, skipped, disabled, journals = [] } = status;
  return [
    ...(checkpointTrouble === null ? [] : [`positions do not reach the disk (${checkpointTrouble}): what is delivered now is sent again after a crash`]),
    ...destinations.list.filter(isFailing).map(({ group, stream, service, state, lastError }) => `log group ${group}, stream ${stream}${aside(service)}: ${state}${lastError === null ? '' : ` (${lastError})`}; its logs stay in their files`),
    ...files.list.filter((file) => file.lastError !== null).map(({ path, lastError }) => `${path}: cannot be read (${lastError}); tried again`),
    ...skipped.list.filter(({ reason }) => reason.startsWith('cannot be opened')).map(({ path, reason }) => `${path}: ${reason}; \`agent doctor\` says what opens the way`),
    ...journals.flatMap(({ key, lastError }) => (lastError === null ? [] : `${key}: ${lastError}; tried again`)),
    ...(config.refused === null ? [] : [`config ${config.refused.version} is not used: ${config.refused.reason}`]),
    ...(config.unreachable === null ? [] : [`the config cannot be looked at: ${config.unreachable}; the present one goes on`]),
    ...(status.metrics != null && status.metrics.lastError !== null ? [`metrics in ${status.metrics.namespace}: ${status.metrics.state} (${status.metrics.lastError}); what is collected waits`] : []),
    ...status.stalls ?? [],
    ...(status.neighbour == null ? [] : [status.neighbour]),
    ...(status.restart == null ? [] : [status.restart]),
    ...(status.limits?.problem == null ? [] : [status.limits.problem]),
    ...disabled.map(({ pointer, pattern, reason }) => `${pointer} ${pattern}: does not run: ${reason}`),
  ].map(printable);
}

/** An agent of an earlier version says nothing of it. */
const aside = (service: string | null | undefined): string => (typeof service === 'string' ? ` (${service})` : '');

const isFailing = ({ state }: DestinationStatus): boolean => state === 'retrying' || state === 'paused';

/** The status for a terminal: problems, files, destinations, counters. @param rates since the look before, where there was one */
export function statusText(status: StatusDocument, rates: Rates | null = null): string {
  const { agent, at, entries, files, skipped, destinations, counters, metrics, quarantine, troubles, journals = [], listeners = [], emf, limits } = status;
  const problems = problemsOf(status);
  const blocks = [
    `unified-agent ${agent.version}, pid ${agent.pid}, running for ${spanText(agent.uptimeMs)}, state in ${agent.stateDirectory}\n`
    + `memory ${bytesText(agent.rssBytes)}, of it ${bytesText(agent.budgetUsedBytes)} of ${bytesText(agent.budgetLimitBytes)} for events; ${countText(agent.openFiles, 'file')} open${limitsText(limits)}\n${rates === null ? '' : `delivering ${rateText(rates.total)}\n`}`,
    configText(status),
    problems.length === 0 ? 'no problems\n' : `${countText(problems.length, 'problem')}\n${listed(problems)}`,
    `${countText(files.total, 'file')} of ${countText(entries.length, 'entry', 'entries')}, ${bytesText(lagOf(status))} not acknowledged${rates === null ? '' : ` (${growthText(rates)})`}\n${files.total === 0 ? '' : filesTable(files, at)}`,
    ...(journals.length === 0 ? [] : [journals.map((journal) => journalText(journal, at)).join('')]),
    `${countText(destinations.total, 'destination')}\n${destinations.total === 0 ? '' : destinationsTable(destinations, at, rates)}`,
    countersText(counters, journals.length > 0),
    ...(metrics == null ? [] : [metricsText(metrics)]),
    ...(listeners.length === 0 ? [] : [listeners.map(listenerText).join('')]),
    ...(emf == null ? [] : [emfText(emf)]),
  ];
  if (skipped.total > 0) blocks.push(`${countText(skipped.total, 'file')} skipped\n${listed(skipped.list.map(({ path, reason }) => printable(`${path}: ${reason}`)), skipped.total)}`);
  if (quarantine !== null && quarantine.events > 0) blocks.push(`quarantine: ${countText(quarantine.events, 'event')} (${bytesText(quarantine.bytes)}) kept in quarantine.jsonl${quarantine.rotatedEvents + quarantine.lostEvents > 0 ? `, ${quarantine.rotatedEvents + quarantine.lostEvents} of them pushed out or not written` : ''}${(quarantine.replayedEvents ?? 0) > 0 ? `, ${quarantine.replayedEvents} sent again` : ''}; \`agent quarantine list\` says what lies there\n`);
  if (troubles.length > 0) blocks.push(`said in the log\n${listed(troubles.map(({ message, since, times }) => printable(`${agoText(since, at)}${times > 1 ? `, ${times} times` : ''}: ${message}`)))}`);
  return blocks.join('\n');
}

function journalText({ key, directory, cursorTime, lagMs, heldBytes, gaps, lastAckAt, lastError }: JournalStatus, at: number): string {
  const position = cursorTime === null ? 'nothing read yet' : `${lastAckAt === null ? 'goes on after' : 'delivered up to'} ${new Date(cursorTime).toISOString()} (${agoText(cursorTime, at)})`;
  return `${printable([
    `${key}${directory === null ? '' : ` of ${directory}`}: ${position}`, lastError ?? (lagMs === 0 ? 'caught up' : `sending, ${bytesText(heldBytes)} held`),
    ...(gaps > 0 ? [`${countText(gaps, 'gap')}: the journal had deleted what was to be read next`] : []),
  ].join('; '))}\n`;
}

function limitsText(limits: LimitsStatus | undefined): string {
  const { memoryMaxBytes = null, memoryHighBytes = null, cpus = null } = limits ?? {};
  const parts = [
    ...(memoryMaxBytes === null ? [] : [`${bytesText(memoryMaxBytes)} of memory at most`]),
    ...(memoryHighBytes === null ? [] : [`slowed down beyond ${bytesText(memoryHighBytes)}`]),
    ...(cpus === null ? [] : [`${Math.round(100 * cpus) / 100} processors`]),
  ];
  return parts.length === 0 ? '' : `; its group may have ${parts.join(', ')}`;
}

function metricsText({ state, lastError, namespace, heldDatums, heldBytes, deliveredDatums, requests, dropped, skippedSamples, distinctMetrics = 0 }: MetricsStatus): string {
  const lines = [
    `metrics in ${namespace}: ${state}${lastError === null ? '' : ` (${lastError})`}, ${countText(deliveredDatums, 'datum', 'datums')} published in ${countText(requests, 'request')}, ${heldDatums} waiting (${bytesText(heldBytes)})`,
    ...(distinctMetrics > 0 ? [`${countText(distinctMetrics, 'different metric')} in an hour: about ${metricCost(distinctMetrics).toFixed(2)} USD a month, at the price of us-east-1`] : []),
    ...dropped.map(({ reason, datums }) => `${countText(datums, 'datum', 'datums')} dropped: ${reason}`),
    ...(skippedSamples > 0 ? [`${countText(skippedSamples, 'sample')} skipped, because the one before took too long`] : []),
  ];
  return lines.map((line) => `${printable(line)}\n`).join('');
}

function listenerText({ name, taken, unit, lost }: ListenerStatus): string {
  return `${name}: ${countText(taken, unit)} taken${lost.length === 0 ? '' : `; not taken: ${lost.map(({ reason, count }) => `${reason} ${exact(count)}`).join(', ')}`}\n`;
}

function emfText({ listening, events, faults, refusedConnections = 0, spoolBytes, spoolFiles }: EmfStatus): string {
  const bad = faults.reduce((sum, fault) => sum + fault.events, 0);
  return printable([
    `EMF: ${countText(events, 'event')} came in${bad > 0 ? `, ${bad} of them no metrics for CloudWatch (${faults.map((fault) => `${fault.reason} ${fault.events}`).join(', ')})` : ''}`,
    ...(refusedConnections > 0 ? [`${countText(refusedConnections, 'connection')} refused`] : []),
    listening.length === 0 ? 'listens nowhere' : `listens at ${listening.join(', ')}`,
    `${bytesText(spoolBytes)} in ${countText(spoolFiles, 'file')} of the spool`,
  ].join('; ')) + '\n';
}

function configText({ at, config: { sources, version, appliedAt, watchedUntil, changing, waiting, rollbacks } }: StatusDocument): string {
  const lines = [
    `config ${version === '' ? sources.join(', ') : version}, applied ${agoText(appliedAt, at)}`,
    ...(watchedUntil === null ? [] : [`delivery is watched for another ${spanText(watchedUntil - at)}`]),
    ...(changing > 0 ? [`${countText(changing, 'entry', 'entries')} not at it yet: what was read before is not acknowledged`] : []),
    ...(waiting === null ? [] : [`${waiting.version} waits until ${new Date(waiting.until).toISOString()}`]),
    ...(rollbacks > 0 ? [`${countText(rollbacks, 'version')} taken back since the start`] : []),
  ];
  return `${printable(lines.join('; '))}\n`;
}

function listed(lines: readonly string[], total: number = lines.length): string {
  const shown = lines.slice(0, LISTED);
  return [...shown, ...(total > shown.length ? [`and ${total - shown.length} more (--json lists them)`] : [])].map((line) => `  ${line}\n`).join('');
}

function filesTable({ total, list }: Listed<FileStatus>, at: number): string {
  const rows = list.slice(0, LISTED).map((file) => [
    bytesText(file.lagBytes), bytesText(file.size), percent(file.safeOffset, file.size), agoText(file.lastAckAt, at), conditionOf(file), file.path,
  ]);
  const table = textTable([{ title: 'lag', align: 'right' }, { title: 'size', align: 'right' }, { title: 'done', align: 'right' }, { title: 'acknowledged' }, { title: 'condition' }, { title: 'file' }], rows);
  return total > rows.length ? `${table}  and ${countText(total - rows.length, 'more file')} (--json lists them)\n` : table;
}

function conditionOf({ lastError, attachment, lagBytes, pendingBytes }: FileStatus): string {
  if (lastError !== null) return `error ${lastError}`;
  const caughtUp = lagBytes === 0 ? 'caught up' : lagBytes <= pendingBytes ? 'waiting for the rest of a message' : 'sending';
  return attachment === 'attached' ? caughtUp : `${attachment}, ${caughtUp}`;
}

/** Rounded down, so that 100 % is all of it. */
function percent(part: number, whole: number): string {
  return whole === 0 ? '100 %' : `${Math.floor((100 * part) / whole)} %`;
}

function destinationsTable({ total, list }: Listed<DestinationStatus>, at: number, rates: Rates | null): string {
  const rows = list.slice(0, LISTED).map((one) => [
    one.state, ...(rates === null ? [] : rateCells(rates.of(one))), bytesText(one.heldBytes), one.events.toLocaleString('en-US'), one.requests.toLocaleString('en-US'), agoText(one.lastAckAt, at), `${one.group} ${one.stream}${aside(one.service)}${one.lastError === null ? '' : ` (${one.lastError})`}`,
  ]);
  const table = textTable([{ title: 'state' }, ...(rates === null ? [] : RATE_COLUMNS), { title: 'held', align: 'right' }, { title: 'events', align: 'right' }, { title: 'requests', align: 'right' }, { title: 'acknowledged' }, { title: 'log group and stream' }], rows);
  return total > rows.length ? `${table}  and ${countText(total - rows.length, 'more destination')} (--json lists them)\n` : table;
}

function countersText({ readBytes, settledBytes, heldBytes, deliveredEvents, deliveredMessageBytes, dropped, redacted, requestsRetried, ambiguousAttempts }: CountersStatus, withJournals: boolean): string {
  const lines = [
    `read ${exact(readBytes)} = settled ${exact(settledBytes)} + held ${exact(heldBytes)} bytes of the files${withJournals ? ' and the journal' : ''}`,
    `delivered ${countText(deliveredEvents, 'event')}, ${exact(deliveredMessageBytes)} bytes of messages`,
    ...dropped.map(({ reason, events, bytes }) => `dropped as ${reason}: ${events > 0 ? `${countText(events, 'event')}, ` : ''}${exact(bytes)} bytes`),
    ...redacted.map(({ kind, replacements }) => `redacted as ${kind}: ${countText(replacements, 'replacement')}`),
    ...(requestsRetried > 0 ? [`${countText(requestsRetried, 'request')} tried again, ${ambiguousAttempts} of them without an answer (what they held may be there twice)`] : []),
  ];
  return `since the start\n${lines.map((line) => `  ${line}\n`).join('')}`;
}

const exact = (value: number): string => value.toLocaleString('en-US');

const RATE_COLUMNS: readonly Column[] = [{ title: 'bytes/s', align: 'right' }, { title: 'events/s', align: 'right' }];
const rateCells = (rate: Rate | null): readonly string[] => (rate === null ? ['', ''] : [bytesText(rate.bytes), Math.round(rate.events).toLocaleString('en-US')]);
const rateText = ({ bytes, events }: Rate): string => `${bytesText(bytes)}/s, ${countText(Math.round(events), 'event')}/s`;

function growthText({ lagGrowth }: Rates): string {
  // Less than a byte per second is none.
  if (Math.abs(lagGrowth) < 1) return 'steady';
  return `${lagGrowth > 0 ? 'growing' : 'shrinking'} by ${bytesText(Math.abs(lagGrowth))}/s`;
}

/** The status in one line, for a log of it. */
export function statusLine(status: StatusDocument, rates: Rates | null): string {
  const problems = problemsOf(status);
  const lag = `${bytesText(lagOf(status))} not acknowledged`;
  const parts = [
    rates === null ? `${countText(status.counters.deliveredEvents, 'event')} delivered` : rateText(rates.total),
    rates === null ? lag : `${lag}, ${growthText(rates)}`,
    problems.length === 0 ? 'no problems' : `${countText(problems.length, 'problem')}, the first: ${problems[0]!}`,
  ];
  return `${new Date(status.at).toISOString()} ${parts.join('; ')}\n`;
}
