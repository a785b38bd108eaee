import assert from 'node:assert/strict';
import { test } from 'node:test';
import { globFault } from '../../../../src/agent/file-lookup.ts';
import { groupFault } from '../../../../src/naming/legal-name.ts';
import { compileFormat } from '../../../../src/records/timestamp.ts';
import { KNOWN_LOGS } from '../../../../src/cli/wizard/known-logs.ts';
import { METRIC_KINDS } from '../../../../src/config/metrics-levels.ts';
import { parseJson } from '../../../../src/config/parse-json.ts';
import { formatProblems, strictly } from '../../../../src/config/problem.ts';
import { planOf } from '../../../../src/cli/load-plan.ts';
import { Answers } from '../../../../src/cli/wizard/answers.ts';
import { Conversation, defaultsVoice } from '../../../../src/cli/wizard/conversation.ts';
import { askConfig } from '../../../../src/cli/wizard/flow.ts';
import { partAt, listIn, type ConfigPart } from '../../../../src/cli/wizard/config-part.ts';
import { NOW, converse, madeUp } from './scripted.ts';

const entries = (config: ConfigPart): readonly ConfigPart[] => listIn(partAt(config, 'logs', 'logs_collected', 'files'), 'collect_list') as readonly ConfigPart[];

test('the questions come in the order of the CloudWatch agent\'s wizard, with its defaults', async () => {
  const { asked, usual, proposed } = await converse([]);
  assert.deepEqual(asked.map((text) => text.slice(0, 24)), [
    'Are you using EC2 or on-', 'Which AWS region are the', 'Do you want to turn on t', 'Which port do you want t', 'What is the collect inte',
    'What is the aggregation ', 'Do you want to monitor m', 'Do you want to monitor a', 'Do you want to monitor C', 'How often are metrics co', 'Which default metrics co', 'Are you satisfied with t',
    'Do you have a config of ', 'Do you want to monitor a', 'Which of the logs found ', 'Another log file or patt', 'Log stream name', 'Log group class', 'Log group retention in d', 'Collect it like this?', 'Do you want to monitor t',
  ]);
  assert.deepEqual(['Which port do you want the StatsD daemon to listen to?', 'Do you want to monitor metrics from CollectD?', 'Which default metrics config do you want?', 'Log group retention in days', 'Log stream name'].map((text) => usual.get(text)), ['8125', false, 'Basic', '-1', '{hostname}']);
  assert.deepEqual(partAt(proposed.config, 'metrics', 'metrics_collected')['statsd'], { metrics_aggregation_interval: 60, metrics_collection_interval: 10, service_address: ':8125' });
  assert.deepEqual(entries(proposed.config), [{
    file_path: '/var/log/nginx/access.log', log_group_name: 'nginx/access', log_group_class: 'STANDARD', log_stream_name: '{hostname}', retention_in_days: -1, timestamp_format: '%Y-%m-%dT%H:%M:%S.%f%z',
  }]);
});

test('on EC2 dimensions are asked for, the stream is the instance, and the region is left to the instance', async () => {
  const { proposed, asked } = await converse([], { machine: madeUp({ instance: { region: 'eu-west-1' } }) });
  assert.deepEqual(partAt(proposed.config, 'metrics')['aggregation_dimensions'], [['InstanceId']]);
  assert.equal(partAt(proposed.config, 'metrics', 'append_dimensions')['InstanceId'], '${aws:InstanceId}');
  assert.equal(entries(proposed.config)[0]?.['log_stream_name'], '{instance_id}');
  assert.deepEqual([proposed.region, partAt(proposed.config, 'agent')['region']], ['eu-west-1', undefined]);
  assert.ok(!asked.some((text) => text.startsWith('Which AWS region')));
});

for (const level of ['Basic', 'Standard', 'Advanced', 'None'] as const) {
  for (const instance of [null, { region: 'eu-west-1' }]) {
    test(`a config made with the level ${level} ${instance === null ? 'on premises' : 'on EC2'} passes a strict check`, async () => {
      const { proposed } = await converse([['Log group retention', '30'], ['Do you want to monitor the systemd', true], ['Which units', ['nginx.service']], ['A filter', ['exclude:debug']]], {
        machine: madeUp({ instance, hasCollectd: true }), answers: { level, ...(level === 'None' ? { metric_kinds: [...METRIC_KINDS] } : {}), files: ['/var/log/nginx/access.log', '/srv/app/app.log'] },
      });
      const about = instance === null ? null : { instanceId: 'i-1', region: instance.region, availabilityZone: 'eu-west-1a', instanceType: 't3.micro', imageId: 'ami-1', accountId: '1', privateIp: '10.0.0.1', hostname: 'h', tags: {}, tagsShown: false };
      const { plan, problems } = await planOf(parseJson('made', JSON.stringify(proposed.config)), {}, globFault, async () => about);
      assert.notEqual(plan, null);
      assert.equal(formatProblems(strictly(problems).filter(({ severity }) => severity === 'error'), false), '');
    });
  }
}

test('CollectD is on by default only where it is installed, and must prove what it sends where there are users to check it by', async () => {
  const { proposed } = await converse([], { machine: madeUp({ hasCollectd: true }) });
  assert.deepEqual(partAt(proposed.config, 'metrics', 'metrics_collected')['collectd'], { collectd_security_level: 'none', metrics_aggregation_interval: 60 });
  const proven = await converse([], { machine: madeUp({ hasCollectd: true, hasCollectdUsers: true }) });
  assert.deepEqual(partAt(proven.proposed.config, 'metrics', 'metrics_collected')['collectd'], { metrics_aggregation_interval: 60 });
});

test('a level that does not please is asked for again, and None asks for each kind', async () => {
  const { proposed } = await converse([['Which default metrics', 'Advanced'], ['Are you satisfied', false], ['Which default metrics', 'None'], ['Which host metrics', ['swap']], ['Do you want to turn on', false]]);
  assert.deepEqual(Object.keys(partAt(proposed.config, 'metrics', 'metrics_collected')), ['swap']);
});

test('without metrics there is no metrics section, without logs no logs section', async () => {
  const { proposed } = await converse([['Do you want to turn on', false], ['Do you want to monitor any host', false], ['Do you want to monitor any log', false]]);
  assert.deepEqual(Object.keys(proposed.config), ['agent']);
});

test('metrics that are turned off take their dimensions with them, but not what the wizard does not know', async () => {
  const dimensions = { append_dimensions: { InstanceId: '${aws:InstanceId}' } };
  const off = [['Do you want to monitor any host', false], ['Do you want to turn on', false]] as const;
  const cpu = { measurement: ['usage_idle'] };
  assert.equal((await converse(off, { from: { metrics: { ...dimensions, metrics_collected: { cpu } } } })).proposed.config['metrics'], undefined);
  const procstat = [{ exe: 'nginx', measurement: ['cpu_usage'] }];
  assert.deepEqual((await converse(off, { from: { metrics: { ...dimensions, metrics_collected: { cpu, procstat } } } })).proposed.config['metrics'], { ...dimensions, metrics_collected: { procstat } });
});

test('a log is changed until it pleases, and its lines are shown each time', async () => {
  const { proposed, shown } = await converse([
    ['Collect it', 'change'], ['Log group name', 'web'], ['Timestamp format', '%Y-%m-%dT%H:%M:%S'], ['Time zone', 'UTC'], ['Where does an event', 'timestamp'], ['Collect it', 'change'], ['Collect it', 'yes'],
  ]);
  assert.deepEqual(entries(proposed.config)[0], {
    file_path: '/var/log/nginx/access.log', log_group_name: 'web', log_group_class: 'STANDARD', log_stream_name: '{hostname}', retention_in_days: -1,
    timestamp_format: '%Y-%m-%dT%H:%M:%S', timezone: 'UTC', multi_line_start_pattern: '{timestamp_format}',
  });
  const blocks = shown.filter((text) => text.startsWith('/var/log/nginx/access.log'));
  assert.equal(blocks.length, 3);
  assert.match(blocks[0]!, /time {4}%Y-%m-%dT%H:%M:%S\.%f%z: found in 20 of the last 20 lines/);
  assert.match(blocks[0]!, /2026-11-21T11:59:00\.000Z {2}2026-11-21T11:59:00\.000Z INFO line 19$/);
  assert.match(blocks[1]!, /events {2}begin at a line with a timestamp/);
  assert.match(blocks[0]!, /1 MB in the last 60 min/);
});

test('an answer about something else leaves what was told from the lines, with its doubts', async () => {
  const lines = ['10:00:01', '10:00:02', '10:00:03'].map((clock) => `03/04/2026 ${clock} ok`);
  const machine = madeUp({ tail: () => ({ lines, encoding: 'utf-8', mtimeMs: NOW, bytes: 100 }) });
  const { shown, proposed } = await converse([], { machine, answers: { retention: 7 } });
  assert.match(shown.find((text) => text.startsWith('/var/log/nginx'))!, /day and month cannot be told apart: it may be %m\/%d\/%Y %H:%M:%S as well/);
  assert.equal(entries(proposed.config)[0]?.['timestamp_format'], '%d/%m/%Y %H:%M:%S');
});

test('no timestamp format is none', async () => {
  const { proposed } = await converse([['Collect it', 'change'], ['Timestamp format', ''], ['Collect it', 'yes']]);
  assert.equal(entries(proposed.config)[0]?.['timestamp_format'], undefined);
});

test('the field of JSON lines is told, can be changed, and one without times is not taken', async () => {
  const lines = Array.from({ length: 9 }, (_, i) => JSON.stringify({ time: new Date(NOW - (9 - i) * 60_000).toISOString(), at: { unix: NOW / 1000 - (9 - i) * 60 }, id: `x${i}` }));
  const machine = madeUp({ tail: () => ({ lines, encoding: 'utf-8', mtimeMs: NOW, bytes: 900 }) });
  const told = entries((await converse([], { machine })).proposed.config)[0];
  assert.deepEqual([told?.['timestamp_field'], told?.['timestamp_format']], ['time', undefined]);
  const changed = entries((await converse([['Collect it', 'change'], ['JSON field', 'at.unix'], ['Time zone', 'UTC']], { machine })).proposed.config)[0];
  assert.deepEqual([changed?.['timestamp_field'], changed?.['timestamp_format'], changed?.['timezone'], changed?.['multi_line_start_pattern']], ['at.unix', undefined, 'UTC', undefined]);
  const none = entries((await converse([['Collect it', 'change'], ['JSON field', 'none']], { machine })).proposed.config)[0];
  assert.deepEqual([none?.['timestamp_field'], none?.['timestamp_format']], [undefined, undefined]);
  await assert.rejects(converse([], { machine, answers: { 'timestamp_field[/var/log/nginx/access.log]': 'id' } }), /no time is read from the field "id" of these lines/);
});

test('of a known program that has not written yet the usual form is taken', async () => {
  const { proposed, shown } = await converse([], { machine: madeUp({ tail: () => ({ lines: [], encoding: 'utf-8', mtimeMs: NOW, bytes: 0 }) }) });
  assert.equal(entries(proposed.config)[0]?.['timestamp_format'], '%d/%b/%Y:%H:%M:%S %z');
  assert.match(shown.find((text) => text.startsWith('/var/log/nginx'))!, /there are no lines yet, but this is how the program writes it/);
});

test('every known form is one the agent reads', () => {
  for (const { pattern, format, group } of KNOWN_LOGS) {
    assert.equal(groupFault(group), null);
    assert.equal(globFault(pattern), null);
    if (format !== undefined) assert.ok(!('problem' in compileFormat(format, 'UTC', 'UTC')), format);
  }
});

test('a log can be left out, and patterns that nothing matches yet can be added', async () => {
  const { proposed } = await converse([['Which of the logs', ['/var/log/nginx/access.log']], ['Another log', ['/opt/later/*.log', '/srv/app/o*.log']], ['Collect it', 'no']]);
  assert.deepEqual(entries(proposed.config).map((entry) => [entry['file_path'], entry['log_group_name'], entry['timestamp_format']]), [
    ['/opt/later/*.log', 'opt/later', undefined], ['/srv/app/o*.log', 'srv/app', '%Y-%m-%dT%H:%M:%S.%f%z'],
  ]);
});

test('two logs of one name do not share a group', async () => {
  const { proposed } = await converse([['Another log', ['/srv/a/x.log', '/srv/b/x.log']], ['Which of the logs', []]]);
  assert.deepEqual(entries(proposed.config).map((entry) => entry['log_group_name']), ['x.log', '/srv/b/x.log']);
});

test('selections of the journal are asked for until there are enough', async () => {
  const { proposed } = await converse([
    ['Do you want to monitor the systemd', true], ['Which units', ['nginx.service']], ['Only entries', ['_UID=0', 'UNIT=a=b']], ['A filter', ['exclude:a:b']], ['Do you want another', true], ['Minimum', 'err'], ['Minimum', 'debug'],
  ]);
  const list = listIn(partAt(proposed.config, 'logs', 'logs_collected', 'journald'), 'collect_list');
  assert.deepEqual(list, [
    { log_group_name: 'journald', log_stream_name: '{hostname}', retention_in_days: -1, priority: 'err', units: ['nginx.service'], matches: [{ _UID: '0' }, { UNIT: 'a=b' }], filters: [{ type: 'exclude', expression: 'a:b' }] },
    { log_group_name: 'journald-2', log_stream_name: '{hostname}', retention_in_days: -1, priority: 'debug' },
  ]);
});

test('a config of the legacy agent is taken over, but what the config has already; one that cannot be read is asked for again', async () => {
  const from = { logs: { logs_collected: { files: { collect_list: [{ file_path: '/srv/app/app.log', log_group_name: 'mine' }] } } } };
  const { proposed, shown } = await converse([['Do you have a config', true], ['Path of that', '/etc/none'], ['Do you have a config', true], ['Path of that', '/etc/awslogs.conf'], ['Which of the logs', []]], { from });
  assert.deepEqual(entries(proposed.config), [{ file_path: '/srv/app/app.log', log_group_name: 'mine' }, { file_path: '/old/a.log' }]);
  assert.equal(partAt(proposed.config, 'logs')['force_flush_interval'], 7);
  assert.ok(shown.includes('Not imported\n/etc/none cannot be read'));
});

test('an existing config is the default of each answer, and what the wizard does not know in it stays', async () => {
  const from = {
    agent: { region: 'ap-south-1', run_as_user: 'app', metrics_collection_interval: 10, debug: true },
    metrics: { namespace: 'Mine', metrics_collected: { cpu: { measurement: ['usage_idle'], totalcpu: true }, procstat: [{ exe: 'nginx', measurement: ['cpu_usage'] }], statsd: { service_address: '127.0.0.1:9000', allowed_pending_messages: 5, metrics_collection_interval: 7 } } },
    logs: { force_flush_interval: 1, logs_collected: { files: { collect_list: [{ file_path: '/srv/app/app.log', log_group_name: 'app', log_stream_name: 'x', retention_in_days: 7, filters: [{ type: 'exclude', expression: 'x' }] }] } } },
    traces: { anything: 1 },
  };
  const { proposed, usual } = await converse([], { from });
  const [first, second] = entries(proposed.config);
  assert.deepEqual(first, from.logs.logs_collected.files.collect_list[0]);
  assert.deepEqual([second?.['file_path'], second?.['log_stream_name'], second?.['retention_in_days']], ['/var/log/nginx/access.log', 'x', 7]);
  assert.deepEqual(proposed.config['agent'], from.agent);
  assert.deepEqual(proposed.config['traces'], from.traces);
  assert.deepEqual(partAt(proposed.config, 'metrics')['namespace'], 'Mine');
  assert.deepEqual(partAt(proposed.config, 'metrics', 'metrics_collected'), {
    ...from.metrics.metrics_collected, statsd: { service_address: '127.0.0.1:9000', allowed_pending_messages: 5, metrics_aggregation_interval: 60, metrics_collection_interval: 7 },
  });
  assert.equal(partAt(proposed.config, 'logs')['force_flush_interval'], 1);
  assert.deepEqual([usual.get('Which default metrics config do you want?'), usual.get('Which AWS region are the logs sent to?')], ['Keep', 'ap-south-1']);
});

test('a person and a file of answers come to the same config', async () => {
  const person = await converse([
    ['Which AWS region', 'eu-central-1'], ['Do you want to turn on', false], ['Which default', 'Standard'], ['Which of the logs', ['/srv/app/app.log']], ['Log group class', 'INFREQUENT_ACCESS'], ['Log group retention', '30'],
    ['Collect it', 'change'], ['Log group name', 'shop'], ['Log stream name', '{hostname}'], ['Collect it', 'yes'],
  ]);
  const answers = new Answers();
  const given = { region: 'eu-central-1', statsd: false, level: 'standard', files: ['/srv/app/app.log'], class: 'INFREQUENT_ACCESS', retention: 30, 'group[/srv/app/app.log]': 'shop' };
  for (const [key, value] of Object.entries(given)) answers.add(key, value, 'answers.json:1:1');
  const filed = await askConfig(new Conversation(answers, defaultsVoice(() => {})), madeUp(), {});
  assert.deepEqual(filed.config, person.proposed.config);
  assert.deepEqual(answers.unused, []);
});

test('answers given beforehand are not asked for, and those that nobody needs are told', async () => {
  const { asked, unused, proposed } = await converse([], { answers: { statsd: 'no', statsd_port: 99, 'retention[/var/log/nginx/access.log]': '7' } });
  assert.ok(!asked.some((text) => text.includes('StatsD')));
  assert.deepEqual(unused, ['statsd_port']);
  assert.equal(entries(proposed.config)[0]?.['retention_in_days'], 7);
});

test('a config that is too large for a parameter is told before it is written', async () => {
  const { shown } = await converse([['Another log', Array.from({ length: 30 }, (_, i) => `/srv/many/number-${i}-of-many.log`)]]);
  assert.ok(shown.some((text) => text.startsWith('Size') && /more than a standard SSM parameter holds/.test(text)));
});

test('what is estimated rests on the growth of the files, or on the times of their lines', async () => {
  const { shown } = await converse([]);
  assert.match(shown.find((text) => text.startsWith('Ingestion'))!, /\/var\/log\/nginx\/access\.log {2}nginx\/access {2}\d+ MB {2}0\.\d\d USD/);
  const young = await converse([], { machine: madeUp({ growth: () => null }) });
  assert.match(young.shown.find((text) => text.startsWith('/var/log/nginx'))!, /about \d+ kB a day \(\d+ B in the last 20 min\)/);
});
