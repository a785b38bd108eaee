// The built agent's wizard, on a terminal and without one.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, mkdtempSync, openSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, test, type TestContext } from 'node:test';
import { buildAgent } from '../../scripts/build.ts';
import { atEnd } from '../support/at-end.ts';
import { rigFor, TEST_ENV, type Rig } from '../support/rig.ts';
import { KEY, Terminal } from '../support/terminal.ts';

const build = mkdtempSync(join(tmpdir(), 'wizard-build-'));
const AGENT = [process.execPath, join(build, 'agent.js')] as const;
before(() => buildAgent(build));
after(() => { rmSync(build, { recursive: true }); });

interface Host {
  readonly rig: Rig;
  /** A log that is open for writing, with stack traces in it. */
  readonly log: string;
  readonly events: readonly string[];
  /** A config that names the endpoint of the test. */
  readonly base: string;
  readonly output: string;
  readonly folder: string;
}

async function host(t: TestContext): Promise<Host> {
  const rig = await rigFor(t);
  const folder = dirname(rig.logs);
  const log = rig.path('shop.log');
  const now = Date.now();
  const events = Array.from({ length: 12 }, (_, i) => {
    const stamp = new Date(now - (12 - i) * 60_000).toISOString().replace('T', ' ').replace('.', ',').replace('Z', '');
    return i % 4 === 1 ? `${stamp} ERROR failed\njava.io.IOException: gone\n\tat Shop.java:${i}\nCaused by: nothing` : `${stamp} INFO order ${i}`;
  });
  const fd = openSync(log, 'a');
  atEnd(t, () => { closeSync(fd); });
  writeSync(fd, `${events.join('\n')}\n`);
  const base = join(folder, 'base.json');
  writeFileSync(base, JSON.stringify({ agent: { region: 'us-east-1' }, logs: { endpoint_override: rig.url, force_flush_interval: 0.05 } }));
  return { rig, log, events, base, output: join(folder, 'made/config.json'), folder };
}

const ENV = { ...TEST_ENV, TZ: 'UTC' } as const;

function agent(args: readonly string[], folder: string, input = ''): { readonly status: number | null; readonly stdout: string; readonly stderr: string } {
  return spawnSync(AGENT[0], [AGENT[1], ...args], { encoding: 'utf8', input, cwd: folder, timeout: 30_000, env: { PATH: process.env['PATH'] ?? '', HOME: folder, ...ENV } });
}

/** A strict check passes, and the agent delivers the log by it as whole events with their own times. */
async function ships({ rig, folder, output, events }: Host, group: string): Promise<void> {
  const checked = agent(['check', '--strict', '--config', output], folder);
  assert.equal(checked.status, 0, checked.stderr);
  // Not in this thread: the endpoint is in it.
  const run = spawn(AGENT[0], [AGENT[1], 'run', '--config', output, '--state-dir', join(folder, 'state'), '--until-caught-up'], { cwd: folder, stdio: 'ignore', env: { PATH: process.env['PATH'] ?? '', HOME: folder, ...ENV } });
  assert.equal(await new Promise((resolve) => { run.once('exit', resolve); }), 0);
  await rig.delivered(group, 'here', events);
  const stored = rig.events(group, 'here');
  assert.deepEqual(stored.map(({ timestamp }) => timestamp), events.map((text) => Date.parse(`${text.slice(0, 10)}T${text.slice(11, 19)}.${text.slice(20, 23)}Z`)));
}

type Step = readonly [question: string, ...keys: readonly string[]];

/** From the first question to the logs. */
const BEFORE_LOGS: readonly Step[] = [
  ['Are you using EC2', KEY.enter], ['Which AWS region', KEY.enter], ['Do you want to turn on the StatsD', 'n'], ['Do you want to monitor metrics from CollectD', 'n'],
  ['Do you want to monitor any host metrics', KEY.enter], ['Do you want to monitor CPU metrics per core', KEY.enter], ['How often are metrics', KEY.enter], ['Which default metrics', KEY.down, KEY.enter],
  ['Are you satisfied', KEY.enter], ['Do you have a config of the legacy', KEY.enter], ['Do you want to monitor any log files', KEY.enter],
];

async function walk(terminal: Terminal, steps: readonly Step[]): Promise<void> {
  for (const [question, ...keys] of steps) await terminal.answer(question, ...keys);
}

test('on a terminal, from the first question to a config that check passes and run ships with', async (t) => {
  const place = await host(t);
  const terminal = new Terminal(t, { command: [...AGENT, 'wizard', '--config', place.base, '--answer', `files=${place.log}`, '--answer', 'stream=here'], cwd: place.folder, env: ENV });
  await walk(terminal, [...BEFORE_LOGS, ['Another log file', KEY.enter], ['Log group class', KEY.enter], ['Log group retention', KEY.down, KEY.enter]]);
  await terminal.shows('%Y-%m-%d %H:%M:%S,%f: found in 12 of the last 21 lines');
  await terminal.shows('begin at a line with a timestamp');
  await terminal.shows('Caused by: nothing');
  await walk(terminal, [
    ['Collect it like this?', KEY.down, KEY.enter], ['Log group name', '-orders', KEY.enter], ['Log stream name', KEY.enter], ['Log group class', KEY.enter], ['Log group retention', KEY.enter], ['Timestamp format', KEY.enter],
    ['Time zone', KEY.enter], ['Where does an event', KEY.enter], ['Collect it like this?', KEY.enter], ['Do you want to monitor the systemd journal', 'n'],
  ]);
  await terminal.shows('Ingestion, estimated');
  await terminal.answer('Where do you want to put', KEY.enter);
  await terminal.answer('Path of the file', place.output, KEY.enter);
  assert.equal(await terminal.exit(), 0, terminal.text);
  assert.ok(terminal.text.includes(`wrote ${place.output}`));
  assert.equal(statSync(place.output).mode & 0o777, 0o600);
  const { metrics, logs } = JSON.parse(readFileSync(place.output, 'utf8')) as { readonly metrics: { readonly metrics_collected: object }; readonly logs: { readonly endpoint_override: string; readonly logs_collected: { readonly files: { readonly collect_list: readonly { readonly retention_in_days: number }[] } } } };
  assert.deepEqual(Object.keys(metrics.metrics_collected), ['cpu', 'disk', 'diskio', 'mem', 'net', 'swap']);
  assert.deepEqual([logs.endpoint_override, logs.logs_collected.files.collect_list[0]?.retention_in_days], [place.rig.url, 1]);
  await ships(place, 'shop.log-orders');
});

test('a log that a program writes is found, and is taken from the list with the space bar', async (t) => {
  const place = await host(t);
  const terminal = new Terminal(t, { command: [...AGENT, 'wizard', '--config', place.base, '--answer', 'statsd=no', 'collectd=no', 'metrics=no', 'more_files='], cwd: place.folder, env: ENV });
  await walk(terminal, [['Are you using EC2', KEY.enter], ['Which AWS region', KEY.enter], ['Do you have a config of the legacy', KEY.enter], ['Do you want to monitor any log files', KEY.enter]]);
  // What else this machine has is nobody's business here: all, then none.
  await terminal.answer('Which of the logs', 'a', 'a');
  await terminal.choose(place.log);
  await walk(terminal, [['Log stream name', 'here', KEY.enter], ['Log group class', KEY.enter], ['Log group retention', KEY.enter], ['Collect it like this?', KEY.enter]]);
  await walk(terminal, [['Do you want to monitor the systemd journal', 'n'], ['Where do you want to put', KEY.enter], ['Path of the file', place.output, KEY.enter]]);
  assert.equal(await terminal.exit(), 0, terminal.text);
  await ships(place, 'shop.log');
});

test('with a file of answers the same config is made without a question, and with flags in their stead', async (t) => {
  const place = await host(t);
  const answers = join(place.folder, 'answers.json');
  writeFileSync(answers, JSON.stringify({ statsd: false, collectd: false, level: 'Standard', files: [place.log], stream: 'here', retention: 1, [`group[${place.log}]`]: 'orders', output: place.output }));
  const filed = agent(['wizard', '--config', place.base, '--answers', answers], place.folder);
  assert.equal(filed.status, 0, filed.stderr);
  await ships(place, 'orders');
  const flagged = agent(['wizard', '--config', place.base, '--non-interactive', '--answer', 'statsd=no', 'collectd=no', 'stream=here', `group[${place.log}]=orders`, '--files', place.log, '--retention', '1', '--level', 'standard', '--output', '-'], place.folder);
  assert.equal(flagged.status, 0, flagged.stderr);
  assert.equal(flagged.stdout, readFileSync(place.output, 'utf8'));
  assert.doesNotMatch(flagged.stderr, /nothing asked for/);
});

for (const question of ['Which AWS region', 'Which of the logs', 'Collect it like this?', 'Where do you want to put', 'Path of the file']) {
  test(`Ctrl-C at "${question}" leaves with 130 and nothing half-written`, async (t) => {
    const place = await host(t);
    const before = readdirSync(place.folder);
    const chosen = question === 'Which of the logs' ? [] : ['--answer', `files=${place.log}`];
    const terminal = new Terminal(t, { command: [...AGENT, 'wizard', '--config', place.base, ...chosen], cwd: place.folder, env: ENV });
    const steps: readonly Step[] = [
      ...BEFORE_LOGS, ...(chosen.length === 0 ? [['Which of the logs', KEY.enter] as const] : []), ['Another log file', KEY.enter], ['Log stream name', KEY.enter], ['Log group class', KEY.enter],
      ['Log group retention', KEY.enter], ['Collect it like this?', KEY.enter], ['Do you want to monitor the systemd journal', 'n'], ['Where do you want to put', KEY.enter], ['Path of the file', KEY.enter],
    ];
    const last = steps.findIndex(([text]) => text === question);
    await walk(terminal, [...steps.slice(0, last), [question, KEY.interrupt]]);
    assert.equal(await terminal.exit(), 130, terminal.text);
    assert.match(terminal.text, /Left; nothing was written\./);
    assert.deepEqual(readdirSync(place.folder), before);
  });
}

test('the end of the input of a terminal is a no: 130, and nothing is written', async (t) => {
  const { folder } = await host(t);
  const terminal = new Terminal(t, { command: [...AGENT, 'wizard'], cwd: folder, env: ENV });
  // Before a prompt has taken the terminal over this is the end of its input.
  terminal.end(KEY.endOfInput);
  assert.equal(await terminal.exit(), 130, terminal.text);
  assert.match(terminal.text, /Left; nothing was written\./);
});

test('without a terminal nothing is asked, and whatever is piped in nothing loops', async (t) => {
  const { folder } = await host(t);
  for (const input of ['', '\n'.repeat(100_000)]) {
    const { status, stderr, stdout } = agent(['wizard'], folder, input);
    assert.deepEqual([status, stdout], [64, '']);
    assert.match(stderr, /^agent wizard: this is no terminal, .*--non-interactive.*--answers FILE.*\n$/);
  }
  const yes = spawnSync('sh', ['-c', `yes "" | '${AGENT[0]}' '${AGENT[1]}' wizard; echo "exit $?"`], { encoding: 'utf8', timeout: 30_000, env: { PATH: process.env['PATH'] ?? '', HOME: folder, ...ENV } });
  assert.match(yes.stdout, /^exit 64$/m);
  const piped = agent(['wizard', '--non-interactive', '--region', 'us-east-1', '--files', join(folder, 'logs/shop.log'), '--output', '-'], folder, '\n'.repeat(100_000));
  assert.equal(piped.status, 0, piped.stderr);
});

test('a file that is there is replaced only by --force, and kept beside the new one', async (t) => {
  const place = await host(t);
  mkdirSync(dirname(place.output));
  const made = (...more: readonly string[]): ReturnType<typeof agent> => agent(['wizard', '--config', place.base, '--non-interactive', '--files', place.log, '--output', place.output, ...more], place.folder);
  writeFileSync(place.output, 'mine');
  const refused = made();
  assert.deepEqual([refused.status, readFileSync(place.output, 'utf8')], [73, 'mine']);
  assert.match(refused.stderr, /exists; --force replaces it and keeps the old one beside it/);
  assert.equal(made('--force').status, 0);
  assert.equal(readFileSync(`${place.output}.bak-1`, 'utf8'), 'mine');
  const second = readFileSync(place.output, 'utf8');
  assert.equal(made('--force', '--retention', '3').status, 0);
  assert.equal(readFileSync(`${place.output}.bak-2`, 'utf8'), second);
  assert.deepEqual(readdirSync(dirname(place.output)).toSorted(), ['config.json', 'config.json.bak-1', 'config.json.bak-2']);
});

test('a config with errors is written only by --force, and the exit code is that of check', async (t) => {
  const place = await host(t);
  writeFileSync(place.base, JSON.stringify({ agent: { region: 'us-east-1' }, logs: { gzip: 'perhaps' } }));
  const made = (...more: readonly string[]): ReturnType<typeof agent> => agent(['wizard', '--config', place.base, '--non-interactive', '--files', place.log, '--output', place.output, ...more], place.folder);
  const refused = made();
  assert.deepEqual([refused.status, existsSync(place.output)], [78, false], refused.stderr);
  assert.match(refused.stderr, /error \/logs\/gzip: "perhaps" is not allowed/);
  assert.equal(made('--force').status, 0);
});

test('a config of the legacy agent is part of the new one', async (t) => {
  const place = await host(t);
  const conf = join(place.folder, 'awslogs.conf');
  writeFileSync(conf, `[general]\nstate_file = /x\n[shop]\nfile = ${place.log}\nlog_group_name = orders\nlog_stream_name = here\ndatetime_format = %Y-%m-%d %H:%M:%S,%f\nmulti_line_start_pattern = {datetime_format}\n`);
  const made = agent(['wizard', '--config', place.base, '--non-interactive', '--answer', 'awslogs=yes', `awslogs_path=${conf}`, 'files=', 'metrics=no', 'statsd=no', '--output', place.output], place.folder);
  assert.equal(made.status, 0, made.stderr);
  await ships(place, 'orders');
  const missing = agent(['wizard', '--non-interactive', '--region', 'us-east-1', '--answer', 'awslogs=yes', 'awslogs_path=/none/awslogs.conf', 'write=print'], place.folder);
  assert.equal(missing.status, 64);
  assert.match(missing.stderr, /\/none\/awslogs\.conf cannot be read \(ENOENT\)/);
});

test('answers that cannot be used are said with their place, and nothing is written', async (t) => {
  const place = await host(t);
  const answers = join(place.folder, 'answers.json');
  writeFileSync(answers, '{\n  "retension": 7\n}');
  const unknown = agent(['wizard', '--answers', answers], place.folder);
  assert.equal(unknown.status, 64);
  assert.ok(unknown.stderr.startsWith(`agent wizard: ${answers}:2:3: there is no question "retension"; did you mean "retention"?\n`), unknown.stderr);
  writeFileSync(answers, '{,');
  assert.equal(agent(['wizard', '--answers', answers], place.folder).status, 64);
  assert.equal(agent(['wizard', '--answers', join(place.folder, 'none.json')], place.folder).status, 66);
  assert.equal(agent(['wizard', '--non-interactive', '--config', join(place.folder, 'none.json')], place.folder).status, 66);
  assert.equal(agent(['wizard', '--non-interactive', '--answer', 'statsd'], place.folder).status, 64);
  assert.match(agent(['wizard', '--print-questions'], place.folder).stdout, /^host\n {2}Are you using EC2/);
});

test('the config goes to Parameter Store, and is read from there', async (t) => {
  const place = await host(t);
  const run = async (...args: readonly string[]): Promise<{ readonly code: unknown; readonly said: string }> => {
    const child = spawn(AGENT[0], [AGENT[1], ...args], { cwd: place.folder, stdio: ['ignore', 'pipe', 'pipe'], env: { PATH: process.env['PATH'] ?? '', HOME: place.folder, ...ENV, AWS_ENDPOINT_URL_SSM: place.rig.url } });
    let said = '';
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text: string) => { said += text; });
    return { code: await new Promise((resolve) => { child.once('close', resolve); }), said };
  };
  const made = await run('wizard', '--config', place.base, '--non-interactive', '--files', place.log, '--ssm', 'AmazonCloudWatch-shop');
  assert.equal(made.code, 0, made.said);
  assert.match(made.said, /ssm:AmazonCloudWatch-shop version 1/);
  const checked = await run('check', '--config', 'ssm:AmazonCloudWatch-shop');
  assert.equal(checked.code, 0, checked.said);
  assert.ok(checked.said.includes(place.log));
});
