import { EC2_DIMENSIONS, HOST_PLUGINS, METRIC_KINDS, hostPlugins, type MetricKind, type MetricsLevel } from '../../config/metrics-levels.ts';
import type { Host } from './agent-questions.ts';
import { listIn, numberIn, partAt, textIn, withPart, type ConfigPart } from './config-part.ts';
import type { Conversation } from './conversation.ts';
import type { Machine } from './machine.ts';
import { QUESTIONS } from './question.ts';

type CollectdFacts = Pick<Machine, 'hasCollectd' | 'hasCollectdUsers'>;

const DEFAULT_INTERVAL_S = 60;
const COLLECTED = ['metrics', 'metrics_collected'] as const;

/** Asks for StatsD, CollectD and host metrics; gives the config with them. Parts of `config` that are not asked for stay. */
export async function askMetrics(talk: Conversation, host: Host, machine: CollectdFacts, config: ConfigPart): Promise<ConfigPart> {
  const isNew = config['metrics'] === undefined;
  const daemons = await askCollectd(talk, isNew, machine, await askStatsd(talk, isNew, config));
  const measured = await askHostMetrics(talk, host, isNew, daemons);
  return isNew ? withPart(measured, ['metrics'], sorted({ ...partAt(measured, 'metrics'), metrics_collected: sorted(partAt(measured, ...COLLECTED)) })) : measured;
}

/** As the CloudWatch agent's wizard writes it: by name. */
const sorted = (part: ConfigPart): ConfigPart => Object.fromEntries(Object.entries(part).filter(([, value]) => Object.keys(Object(value)).length > 0).toSorted(([a], [b]) => (a < b ? -1 : 1)));

async function askStatsd(talk: Conversation, isNew: boolean, config: ConfigPart): Promise<ConfigPart> {
  const old = partAt(config, ...COLLECTED, 'statsd');
  const wanted = await talk.yesNo('statsd', { usual: isNew || partAt(config, ...COLLECTED)['statsd'] !== undefined });
  if (!wanted) return withPart(config, [...COLLECTED, 'statsd'], null);
  const address = textIn(old, 'service_address') ?? ':8125';
  const [, before = '', known = '8125'] = /^(.*:)(\d+)$/.exec(address) ?? [];
  const port = await talk.text('statsd_port', { usual: known });
  const interval = await askSeconds(talk, 'statsd_interval', numberIn(old, 'metrics_collection_interval') ?? 10);
  const aggregation = await askSeconds(talk, 'statsd_aggregation', numberIn(old, 'metrics_aggregation_interval') ?? 60);
  return withPart(config, [...COLLECTED, 'statsd'], { ...old, metrics_aggregation_interval: aggregation, metrics_collection_interval: interval, service_address: `${before || ':'}${port}` });
}

/** A number of seconds; one that the config has and nobody would propose can be kept. */
async function askSeconds(talk: Conversation, id: 'statsd_interval' | 'statsd_aggregation' | 'metrics_interval', usual: number): Promise<number> {
  const { choices } = QUESTIONS[id];
  const own = choices.some(({ value }) => value === String(usual)) ? [] : [{ value: String(usual), label: `${usual} s`, hint: 'as the config has it' }];
  return Number(await talk.choice(id, { usual: String(usual), among: [...choices, ...own] }));
}

async function askCollectd(talk: Conversation, isNew: boolean, { hasCollectd: installed, hasCollectdUsers }: CollectdFacts, config: ConfigPart): Promise<ConfigPart> {
  const old = partAt(config, ...COLLECTED)['collectd'];
  const note = installed ? undefined : 'CollectD is not installed here: the CloudWatch agent would not start with it.';
  const wanted = await talk.yesNo('collectd', { usual: isNew ? installed : old !== undefined, ...(note !== undefined && { note }) });
  if (!wanted) return withPart(config, [...COLLECTED, 'collectd'], null);
  const aggregation = numberIn(partAt(config, ...COLLECTED, 'statsd'), 'metrics_aggregation_interval') ?? 60;
  // CollectD proves nothing by itself, and comes from this host alone: without users to check it by, all it sends would be refused.
  const unproven = hasCollectdUsers ? {} : { collectd_security_level: 'none' };
  return old === undefined ? withPart(config, [...COLLECTED, 'collectd'], { ...unproven, metrics_aggregation_interval: aggregation }) : config;
}

async function askHostMetrics(talk: Conversation, host: Host, isNew: boolean, config: ConfigPart): Promise<ConfigPart> {
  const had = HOST_PLUGINS.some((name) => partAt(config, ...COLLECTED)[name] !== undefined);
  if (!await talk.yesNo('metrics', { usual: isNew || had })) return withoutEmptyMetrics(withoutHostPlugins(config));
  const metrics = partAt(config, 'metrics');
  const perCore = await talk.yesNo('per_core', { usual: isNew || listIn(partAt(config, ...COLLECTED, 'cpu'), 'resources').length > 0 });
  const dimensions = host.onEc2 && await talk.yesNo('ec2_dimensions', { usual: isNew || metrics['append_dimensions'] !== undefined });
  const aggregate = host.onEc2 && await talk.yesNo('aggregate', { usual: isNew || metrics['aggregation_dimensions'] !== undefined });
  const interval = await askSeconds(talk, 'metrics_interval', numberIn(partAt(config, 'agent'), 'metrics_collection_interval') ?? DEFAULT_INTERVAL_S);
  let whole = withPart(config, ['agent', 'metrics_collection_interval'], interval);
  if (host.onEc2) {
    whole = withPart(whole, ['metrics', 'aggregation_dimensions'], aggregate ? metrics['aggregation_dimensions'] ?? [['InstanceId']] : null);
    whole = withPart(whole, ['metrics', 'append_dimensions'], dimensions ? metrics['append_dimensions'] ?? EC2_DIMENSIONS : null);
  }
  for (let usual = had ? 'Keep' : 'Basic', again = false; ; again = true) {
    const level = await talk.choice('level', { usual, again, among: QUESTIONS.level.choices.filter(({ value }) => value !== 'Keep' || had) });
    const kinds = level === 'None' ? await askKinds(talk, again) : [];
    const chosen = level === 'Keep' ? whole : withHostPlugins(whole, hostPlugins({ level: level as MetricsLevel, kinds, onEc2: host.onEc2, perCore, interval }));
    if (talk.interactive) talk.show(`Metrics, every ${interval} s`, pluginsText(partAt(chosen, ...COLLECTED)));
    if (await talk.agreed('Are you satisfied with these metrics? No asks for the level again.', true)) return withoutEmptyMetrics(chosen);
    usual = level;
  }
}

/** A line for each plugin with its measurements: `disk  used_percent, inodes_free`. */
function pluginsText(collected: ConfigPart): string {
  const names = HOST_PLUGINS.filter((name) => collected[name] !== undefined);
  if (names.length === 0) return 'no host metrics';
  return names.map((name) => {
    const plugin = partAt(collected, name);
    const cores = name !== 'cpu' ? '' : plugin['resources'] === undefined ? ' (all cores together)' : plugin['totalcpu'] === false ? ' (each core)' : ' (each core, and all together)';
    return `${name.padEnd(8)} ${listIn(plugin, 'measurement').join(', ')}${cores}`;
  }).join('\n');
}

async function askKinds(talk: Conversation, again: boolean): Promise<readonly MetricKind[]> {
  const chosen = await talk.list('metric_kinds', {
    usual: METRIC_KINDS, again, among: METRIC_KINDS.map((value) => ({ value, label: value })),
    fault: (value) => (METRIC_KINDS.some((kind) => kind === value) ? null : `one of ${METRIC_KINDS.join(', ')}`),
  });
  return METRIC_KINDS.filter((kind) => chosen.includes(kind));
}

/** Dimensions and the like without any metric are refused by the CloudWatch agent. */
function withoutEmptyMetrics(config: ConfigPart): ConfigPart {
  return Object.keys(partAt(config, ...COLLECTED)).length === 0 ? withPart(config, ['metrics'], null) : config;
}

function withoutHostPlugins(config: ConfigPart): ConfigPart {
  return HOST_PLUGINS.reduce((rest, name) => withPart(rest, [...COLLECTED, name], null), config);
}

function withHostPlugins(config: ConfigPart, plugins: Readonly<Record<string, object>>): ConfigPart {
  return Object.entries(plugins).reduce((whole, [name, plugin]) => withPart(whole, [...COLLECTED, name], plugin), withoutHostPlugins(config));
}
