import { addressText } from '../metrics-plan.ts';
import type { EmfPlan, SpoolPlan } from '../metrics-plan.ts';
import { isDated, shown } from '../naming/template.ts';
import type { ConfigPlan, FileEntryPlan, FramingPlan, NamingPlan, Plan, RedactRulePlan, ServicePlan, StartPlan, TimestampPlan } from '../plan.ts';
import { spanText } from './units.ts';

/** A file that matches an entry now. */
export interface MatchingFile {
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  /** Where it goes, if that depends on the file: a date is left open. */
  readonly group?: string;
  readonly stream?: string;
}

/** The files that match an entry now, and those that match but are not followed, with the reason. */
export interface EntryMatches {
  readonly matches: readonly MatchingFile[];
  readonly skipped: readonly { readonly path: string; readonly reason: string }[];
}

/** Paths listed per entry; the rest is counted. */
const LISTED = 20;

const seconds = (milliseconds: number): string => `${milliseconds / 1000} s`;
const NUMBER = new Intl.NumberFormat('en-US');
const count = (value: number): string => NUMBER.format(value);

/** What holds for all entries, in plain words. */
export function describeService({ service, delivery, ownLogs, config }: Plan): string {
  const rows: [string, string][] = [
    ['region', service.region],
    ['endpoint', service.endpoint ?? `the AWS endpoint of the region${kinds(service)}`],
    ['role', service.roleArn === null ? 'none: the credentials of the standard chain as they are' : `${service.roleArn}${service.externalId === null ? '' : ', with an external id'}`],
    ['batches', `sent when full (${count(delivery.maxBatchBytes)} bytes) or after ${seconds(delivery.flushMs)}; ${order(delivery.window)}; gzip ${delivery.compression}`],
    ['limits', `${delivery.maxRequests} requests in flight, ${count(delivery.budgetBytes)} bytes in memory; what can never be stored: ${delivery.undeliverable}`],
    ...ownLogs.map((path): [string, string] => ['own log', `${path} (never followed)`]),
    ...(config.rollout.percent === 100 ? [] : [['versions', describeRollout(config)] as [string, string]]),
  ];
  return `CloudWatch Logs\n${table(rows)}`;
}

/** How a new version of a config in Parameter Store spreads, where not every host takes it at once. */
function describeRollout({ pollMs, rollout: { percent, waitMs, watchMs } }: ConfigPlan): string {
  const watched = watchMs === 0 ? 'delivery is not watched' : `taken back where delivery gets worse within ${spanText(watchMs)}`;
  return `of a config in Parameter Store: looked for each ${spanText(pollMs)}, taken at once by ${percent} % of the hosts, by the others ${spanText(waitMs)} after it was published; ${watched}`;
}

const kinds = ({ fips, dualStack }: ServicePlan): string => [fips === true ? ', FIPS' : '', dualStack === true ? ', dual-stack' : ''].join('');

const order = (window: number): string => (window === 1 ? 'one at a time per stream, in order' : `up to ${window} of a stream in flight, which may reorder them`);

/** The EMF listeners in plain words. */
export function describeEmf({ addresses, group, stream }: EmfPlan, { maxBytes }: SpoolPlan): string {
  return `EMF events over the network\n${table([
    ['listens', addresses.map(addressText).join(', ')],
    ['group', `that the event names, else ${group}`],
    ['stream', `that the event names, else ${shown(stream)}`],
    ['time', 'in the JSON field _aws.Timestamp'],
    ['waits', `in the state directory until delivered, at most ${count(maxBytes)} bytes`],
  ])}`;
}

/** One entry in plain words; `found` is null when the files were not looked up. */
export function describeEntry(entry: FileEntryPlan, found: EntryMatches | null): string {
  const { service, naming, framing, timestamp, filters, redact } = entry;
  const rows: [string, string][] = [
    ...(service.label === null ? [] : [['service', `${service.label}${service.endpoint === null || service.label.includes(service.endpoint) ? '' : `, still at ${service.endpoint}`}`] as [string, string]]),
    ['group', describeGroup(naming)],
    ['stream', describeStream(naming)],
    ['follows', `${entry.follow === 'all' ? 'every match' : 'the match changed last'}, from the ${entry.startAt === 'start' ? 'start' : 'end, for files that exist already'}${entry.exclude === null ? '' : `; not /${entry.exclude.source}/`}`],
    ['events', describeFraming(framing)],
    ['time', describeTime(timestamp)],
  ];
  for (const { type, pattern } of filters) rows.push(['filter', `${type === 'include' ? 'keeps only' : 'drops'} /${pattern.source}/`]);
  if (redact.length > 0) rows.push(['redacts', redact.map(describeRedaction).join(', ')]);
  if (entry.autoRemoval) rows.push(['removal', 'a file is deleted once a newer one matches and every byte of it is acknowledged']);
  return `${entry.pattern}\n${table(rows)}${found === null ? '' : describeFiles(found)}`;
}

export function describeGroup({ group, groupClass, retentionDays, kmsKeyId, tags }: NamingPlan): string {
  const name = shown(group);
  const creation = [
    groupClass === null ? [] : `class ${groupClass}`,
    kmsKeyId === null ? [] : `key ${kmsKeyId}`,
    Object.keys(tags).length === 0 ? [] : `tags ${Object.entries(tags).map(([key, value]) => `${key}=${value}`).join(' ')}`,
  ].flat();
  const facts = [creation.length === 0 ? [] : `${creation.join(', ')} when created`, retentionDays === null ? [] : `kept ${retentionDays} days`].flat();
  return facts.length === 0 ? name : `${name} (${facts.join(', ')})`;
}

export function describeStream({ stream, dateZone, entity }: NamingPlan): string {
  const name = `${shown(stream)}${isDated(stream) ? ` (${dateZone === 'Local' ? 'local time' : dateZone})` : ''}`;
  return entity === null ? name : `${name}; entity ${entity.keyAttributes['Name']}${entity.keyAttributes['Environment'] === undefined ? '' : ` in ${entity.keyAttributes['Environment']}`}`;
}

function describeStart(start: StartPlan): string {
  switch (start.kind) {
    case 'line': return 'each line is one';
    case 'nonspace': return 'begin at a line without leading white space';
    case 'pattern': return `begin at a line that matches /${start.pattern.source}/`;
    case 'timestamp': return 'begin at a line with a timestamp';
    default: return start satisfies never;
  }
}

function describeFraming({ encoding, start, multilineTimeoutMs, partialLineTimeoutMs, maxEventBytes }: FramingPlan): string {
  const held = start.kind === 'line' ? '' : `, sent after ${seconds(multilineTimeoutMs)} without another line`;
  return `${describeStart(start)}${held}; unfinished lines after ${seconds(partialLineTimeoutMs)}; at most ${count(maxEventBytes)} bytes; ${encoding}`;
}

function describeTime(timestamp: TimestampPlan | null): string {
  if (timestamp === null) return 'when it is read';
  const zone = timestamp.zone === 'Local' ? 'local time' : timestamp.zone;
  const form = timestamp.format ?? 'RFC 3339 or a number since 1970';
  return `${timestamp.field === null ? 'in the text' : `in the JSON field ${timestamp.field}`} as ${form}, ${zone} where it names no zone${timestamp.trim ? '; cut out of the message' : ''}`;
}

export function describeRedaction(rule: RedactRulePlan): string {
  return rule.kind === 'pattern' ? `/${rule.pattern.source}/ to ${JSON.stringify(rule.replacement)}` : rule.kind.replace('_', ' ');
}

function describeFiles({ matches, skipped }: EntryMatches): string {
  const lines = [
    ...matches.slice(0, LISTED).map((file) => `    ${file.path} (${count(file.size)} bytes)${goesTo(file)}\n`),
    ...(matches.length > LISTED ? [`    and ${count(matches.length - LISTED)} more\n`] : []),
    ...skipped.slice(0, LISTED).map(({ path, reason }) => `    skipped: ${path} (${reason})\n`),
    ...(skipped.length > LISTED ? [`    and ${count(skipped.length - LISTED)} more skipped\n`] : []),
  ];
  return `${table([['files', matches.length === 0 ? 'none match now' : `${count(matches.length)} match now`]])}${lines.join('')}`;
}

function goesTo({ group, stream }: MatchingFile): string {
  const names = [group === undefined ? [] : `group ${group}`, stream === undefined ? [] : `stream ${stream}`].flat();
  return names.length === 0 ? '' : `: ${names.join(', ')}`;
}

export function table(rows: readonly (readonly [string, string])[]): string {
  return rows.map(([name, text]) => `  ${name.padEnd(9)}${text}\n`).join('');
}
