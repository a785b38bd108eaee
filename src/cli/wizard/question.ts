import { groupFault, streamFault } from '../../naming/legal-name.ts';
import { tokensOf } from '../../config/template-text.ts';

/** One way to answer a question. */
export interface Choice {
  readonly value: string;
  readonly label: string;
  readonly hint?: string;
}

interface Asked {
  /** What is asked, in one line. */
  readonly text: string;
  /** What is taken when nobody answers, in words. */
  readonly usual: string;
  /** When it is asked; null: always. */
  readonly when: string | null;
  /** It is asked once for each of these, which an answer may name in brackets; null: once. */
  readonly each: 'log' | 'journal entry' | null;
}

export interface YesNoQuestion extends Asked { readonly kind: 'yes or no' }
export interface ChoiceQuestion extends Asked { readonly kind: 'choice'; readonly choices: readonly Choice[] }
export interface TextQuestion extends Asked {
  readonly kind: 'text';
  /** What is wrong with an answer, or null. */
  readonly fault: (value: string) => string | null;
}
export interface ManyQuestion extends Asked { readonly kind: 'list'; readonly fault: (value: string) => string | null }
export type Question = YesNoQuestion | ChoiceQuestion | TextQuestion | ManyQuestion;

/** What CloudWatch Logs allows as retention, days; -1: it is left alone. */
const RETENTIONS = [-1, 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653];

const once = { when: null, each: null } as const;
const choices = (...values: readonly (readonly [string, string?, string?])[]): readonly Choice[] => values.map(([value, label = value, hint]) => ({ value, label, ...(hint !== undefined && { hint }) }));
const seconds = (...values: readonly number[]): readonly Choice[] => values.map((value) => ({ value: String(value), label: `${value} s` }));
const anything = (): null => null;
const some = (value: string): string | null => (value.trim() === '' ? 'an answer is needed' : null);
const absolute = (value: string): string | null => (value.startsWith('/') ? null : 'an absolute path is needed, such as /var/log/app/*.log');
const port = (value: string): string | null => (/^\d{1,5}$/.test(value) && Number(value) >= 1 && Number(value) <= 65_535 ? null : 'a port is a number from 1 to 65535');
const region = (value: string): string | null => (/^[a-z]{2}(?:-[a-z]+)+-\d$/.test(value) ? null : 'a region looks like eu-central-1');
/** A placeholder such as {instance_id} is filled in later: what stands around it is judged now. */
const unfilled = (fault: (name: string) => string | null) => (value: string): string | null => fault(tokensOf(value).map((token) => (token.kind === 'text' ? token.text : token.kind === 'placeholder' ? 'x' : '{')).join(''));
const match = (value: string): string | null => (/^[A-Z_][A-Z0-9_]*=.+$/.test(value) ? null : 'a match looks like _SYSTEMD_UNIT=nginx.service');
const rule = (value: string): string | null => (/^(?:include|exclude):.+$/.test(value) ? null : 'a filter looks like exclude:DEBUG or include:(?i)error');
const group = unfilled(groupFault);
const stream = unfilled(streamFault);

/** Every question by its id, in the order in which they are asked: that of the CloudWatch agent's wizard. */
export const QUESTIONS = {
  host: { kind: 'choice', text: 'Are you using EC2 or on-premises hosts?', usual: 'ec2 where the instance metadata answers, else onprem', choices: choices(['ec2', 'EC2'], ['onprem', 'On-premises']), ...once },
  region: { kind: 'text', text: 'Which AWS region are the logs sent to?', usual: 'that of the environment or the config, else us-east-1', fault: region, when: 'the instance metadata names none', each: null },
  statsd: { kind: 'yes or no', text: 'Do you want to turn on the StatsD daemon?', usual: 'yes', ...once },
  statsd_port: { kind: 'text', text: 'Which port do you want the StatsD daemon to listen to?', usual: '8125', fault: port, when: 'statsd is yes', each: null },
  statsd_interval: { kind: 'choice', text: 'What is the collect interval of the StatsD daemon?', usual: '10', choices: seconds(10, 30, 60), when: 'statsd is yes', each: null },
  statsd_aggregation: { kind: 'choice', text: 'What is the aggregation interval of metrics collected by the StatsD daemon?', usual: '60', choices: [{ value: '0', label: 'Do not aggregate' }, ...seconds(10, 30, 60)], when: 'statsd is yes', each: null },
  collectd: { kind: 'yes or no', text: 'Do you want to monitor metrics from CollectD?', usual: 'yes where CollectD is installed, else no', ...once },
  metrics: { kind: 'yes or no', text: 'Do you want to monitor any host metrics, such as CPU and memory?', usual: 'yes', ...once },
  per_core: { kind: 'yes or no', text: 'Do you want to monitor CPU metrics per core?', usual: 'yes', when: 'metrics is yes', each: null },
  ec2_dimensions: { kind: 'yes or no', text: 'Do you want to add EC2 dimensions (ImageId, InstanceId, InstanceType, AutoScalingGroupName) to all metrics?', usual: 'yes', when: 'metrics is yes, on EC2', each: null },
  aggregate: { kind: 'yes or no', text: 'Do you want to aggregate EC2 dimensions (InstanceId)?', usual: 'yes', when: 'metrics is yes, on EC2', each: null },
  metrics_interval: { kind: 'choice', text: 'How often are metrics collected? Below 60 s they are high-resolution metrics, which cost more.', usual: '60', choices: seconds(1, 10, 30, 60), when: 'metrics is yes', each: null },
  level: {
    kind: 'choice', text: 'Which default metrics config do you want?', usual: 'Basic, or with --config what it has',
    choices: choices(['Basic', 'Basic', 'memory and disk; on-premises also cpu, network, swap'], ['Standard', 'Standard', 'also inodes, disk and cpu waiting times'], ['Advanced', 'Advanced', 'also disk traffic and TCP connections'], ['None', 'None', 'choose kinds of metrics'], ['Keep', 'Keep', 'as the config has them now']),
    when: 'metrics is yes', each: null,
  },
  metric_kinds: { kind: 'list', text: 'Which host metrics do you want?', usual: 'cpu, memory, disk, network, swap', fault: anything, when: 'level is None', each: null },
  awslogs: { kind: 'yes or no', text: 'Do you have a config of the legacy CloudWatch Logs agent (awslogs.conf) to take over?', usual: 'no', ...once },
  awslogs_path: { kind: 'text', text: 'Path of that config', usual: '/var/awslogs/etc/awslogs.conf', fault: some, when: 'awslogs is yes', each: null },
  logs: { kind: 'yes or no', text: 'Do you want to monitor any log files?', usual: 'yes', ...once },
  files: { kind: 'list', text: 'Which of the logs found here?', usual: 'those of programs we know', fault: absolute, when: 'logs is yes', each: null },
  more_files: { kind: 'list', text: 'Another log file or pattern, such as /srv/app/logs/*.log (nothing: go on)', usual: 'none', fault: absolute, when: 'logs is yes', each: null },
  stream: { kind: 'text', text: 'Log stream name', usual: '{instance_id}; on-premises {hostname}', fault: stream, when: 'there are logs', each: 'log' },
  class: { kind: 'choice', text: 'Log group class', usual: 'STANDARD', choices: choices(['STANDARD'], ['INFREQUENT_ACCESS', 'INFREQUENT_ACCESS', 'half the price; no live tail, metric filters or alarms']), when: 'there are logs', each: 'log' },
  retention: { kind: 'choice', text: 'Log group retention in days', usual: '-1', choices: RETENTIONS.map((days) => ({ value: String(days), label: days === -1 ? '-1 (leave as it is: a new group keeps everything)' : String(days) })), when: 'there are logs', each: 'log' },
  entry: { kind: 'choice', text: 'Collect it like this?', usual: 'yes', choices: choices(['yes', 'Yes'], ['change', 'Change it'], ['no', 'Leave it out']), when: 'there are logs', each: 'log' },
  group: { kind: 'text', text: 'Log group name', usual: 'the name of the file', fault: group, when: 'entry is change', each: 'log' },
  timestamp_field: { kind: 'text', text: 'JSON field that holds the time (none: it is no field)', usual: 'as told from the lines', fault: anything, when: 'entry is change, and the lines are JSON', each: 'log' },
  timestamp_format: { kind: 'text', text: 'Timestamp format (none: events carry the time they are read)', usual: 'as told from the lines', fault: anything, when: 'entry is change', each: 'log' },
  timezone: { kind: 'text', text: 'Time zone of the timestamps: Local, UTC or a name such as Europe/Berlin', usual: 'Local, or UTC where that fits the time of the last write', fault: some, when: 'entry is change, and the timestamps name none', each: 'log' },
  event_start: {
    kind: 'choice', text: 'Where does an event begin?', usual: 'as told from the lines',
    choices: choices(['line', 'At a line without leading white space', 'stack traces that are indented stay whole'], ['timestamp', 'At a line with a timestamp', 'whatever follows belongs to it']),
    when: 'entry is change, and there is a timestamp', each: 'log',
  },
  journald: { kind: 'yes or no', text: 'Do you want to monitor the systemd journal (journald)?', usual: 'yes where systemd runs, else no', ...once },
  journald_group: { kind: 'text', text: 'Log group name', usual: 'journald', fault: group, when: 'journald is yes', each: 'journal entry' },
  journald_stream: { kind: 'text', text: 'Log stream name', usual: 'that of the log files', fault: stream, when: 'journald is yes', each: 'journal entry' },
  journald_units: { kind: 'list', text: 'Which units? (none: all)', usual: 'all', fault: some, when: 'journald is yes', each: 'journal entry' },
  journald_priority: {
    kind: 'choice', text: 'Minimum priority', usual: 'info', choices: ['emerg', 'alert', 'crit', 'err', 'warning', 'notice', 'info', 'debug'].map((value) => ({ value, label: value })), when: 'journald is yes', each: 'journal entry',
  },
  journald_matches: { kind: 'list', text: 'Only entries with a field such as _SYSTEMD_UNIT=nginx.service (nothing: go on)', usual: 'none', fault: match, when: 'journald is yes', each: 'journal entry' },
  journald_filters: { kind: 'list', text: 'A filter such as exclude:DEBUG (nothing: go on)', usual: 'none', fault: rule, when: 'journald is yes', each: 'journal entry' },
  journald_retention: { kind: 'choice', text: 'Log group retention in days', usual: 'that of the log files', choices: RETENTIONS.map((days) => ({ value: String(days), label: String(days) })), when: 'journald is yes', each: 'journal entry' },
  journald_more: { kind: 'yes or no', text: 'Do you want another selection of the journal in a group of its own?', usual: 'no', when: 'journald is yes', each: 'journal entry' },
  write: { kind: 'choice', text: 'Where do you want to put the config?', usual: 'file', choices: choices(['file', 'A file'], ['ssm', 'The SSM Parameter Store', 'for a fleet'], ['print', 'Nowhere: print it']), ...once },
  output: { kind: 'text', text: 'Path of the file', usual: 'the one of --config; else /etc/unified-agent/agent.json where this user may write it; else ./agent.json', fault: some, when: 'write is file', each: null },
  replace: { kind: 'yes or no', text: 'The file exists. Replace it? The old one is kept beside it.', usual: 'no', when: 'the file exists', each: null },
  ssm_name: { kind: 'text', text: 'Name of the parameter; with a slash at both ends a path, for a config of several', usual: 'AmazonCloudWatch-linux', fault: some, when: 'write is ssm', each: null },
  ssm_region: { kind: 'text', text: 'Region of the parameter', usual: 'that of the logs', fault: region, when: 'write is ssm', each: null },
} as const satisfies Readonly<Record<string, Question>>;

export type QuestionId = keyof typeof QUESTIONS;
export type IdOf<Kind extends Question['kind']> = { [Id in QuestionId]: (typeof QUESTIONS)[Id]['kind'] extends Kind ? Id : never }[QuestionId];

/** Ids, texts, choices and defaults, for whoever writes answers. */
export function questionsText(): string {
  return (Object.entries(QUESTIONS) as readonly (readonly [string, Question])[]).map(([id, question]) => [
    `${id}${question.each === null ? '' : ` (or ${id}[${question.each === 'log' ? '/path/of/the.log' : '2'}] for one ${question.each} alone)`}`,
    `  ${question.text}`,
    `  ${answersText(question)}; default: ${question.usual}`,
    ...(question.when === null ? [] : [`  asked when ${question.when}`]),
  ].map((line) => `${line}\n`).join('')).join('\n');
}

function answersText(question: Question): string {
  switch (question.kind) {
    case 'yes or no': return 'yes or no';
    case 'choice': return `one of ${question.choices.map(({ value }) => value).join(', ')}`;
    case 'text': return 'a text';
    case 'list': return 'a list, or texts with commas between them';
    default: return question satisfies never;
  }
}
