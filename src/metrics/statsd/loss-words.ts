import type { Fault } from './line.ts';
import type { Loss } from './losses.ts';

/** What is wrong with a line, for a person; the line itself is not told: it may be anything. */
export const FAULT_WORDS: Readonly<Record<Fault, string>> = {
  event: 'an event (_e{…})',
  'service-check': 'a service check (_sc|…)',
  'no-name': 'nothing stands before the first colon',
  'no-value': 'no `:value` stands behind the name',
  'no-type': 'no `|type` stands behind the value',
  'unknown-type': 'the type is none of c, g, s, ms, h and d',
  'bad-value': 'the value is no decimal number within 2^360 of zero',
  'bad-rate': 'the rate behind @ is no number above 0 and up to 1',
  'bad-time': 'the time behind T is no time of the last two weeks or the next two hours, in seconds',
  'bad-part': 'a part between bars is neither rate, tags, timestamp nor container, or the tags come twice',
  'control-byte': 'a control character in the name or the tags',
  'long-line': 'longer than 64 KiB',
  'cut-line': 'the connection broke before the end of the line',
  'long-name': 'the name is blank, or longer than the 255 characters that CloudWatch takes',
};

const many = (count: number, one: string, several: string): string => `${count} ${count === 1 ? one : several}`;

export const LOSS_WORDS: Readonly<Record<Loss, (count: number, detail: string) => string>> = {
  malformed: (count, detail) => `statsd: ${many(count, 'line is', 'lines are')} no StatsD and not counted, the first ${detail}; correct the program that sends it`,
  unsupported: (count, detail) => `statsd: ${many(count, 'event or service check is', 'events and service checks are')} not published, the first ${detail}: CloudWatch has no place for them`,
  beyond: (count, detail) => `statsd: ${many(count, 'sample was', 'samples were')} left out: as many series, members of sets and distinct values are held as may be (${detail}); a tag with ever new values is the usual cause`,
  kernel: (count, detail) => `statsd: the kernel dropped ${many(count, 'packet', 'packets')} because the receive buffer of ${detail} was full: what they held is not counted. Put more lines into a packet, use sample rates, or raise net.core.rmem_max and allowed_pending_messages`,
  connections: (count, detail) => `statsd: ${many(count, 'connection was', 'connections were')} refused, the first ${detail}: 512 are open already`,
  tags: (count, detail) => `statsd: ${many(count, 'tag was', 'tags were')} left out of new metrics (${detail}): CloudWatch takes 30 dimensions of a metric, the type among them, with names of up to 255 characters`,
};
