import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { parse } from 'yaml';
import { compiled } from '../config/compiled.ts';
import { ON_EC2 } from '../config/facts.ts';

const ROOT = join(import.meta.dirname, '../../..');
const FLEET = join(ROOT, 'packaging/fleet');
const text = (path: string): string => readFileSync(join(FLEET, path), 'utf8');

interface SsmParameter { readonly type: string; readonly default?: string; readonly allowedValues?: readonly string[]; readonly allowedPattern?: string }
interface SsmDocument {
  readonly schemaVersion: string;
  readonly parameters: Readonly<Record<string, SsmParameter>>;
  readonly mainSteps: readonly { readonly action: string; readonly name: string; readonly precondition: unknown; readonly inputs: { readonly runCommand: readonly string[] } }[];
}
interface Policy { readonly Version: string; readonly Statement: readonly { readonly Effect: string; readonly Action: readonly string[]; readonly Resource: string }[] }

const document = (name: string): SsmDocument => parse(text(`ssm/${name}.yaml`)) as SsmDocument;

/** The shell's text with the parameters put in, as the SSM agent does it. */
function filled(name: string, given: Readonly<Record<string, string>>): string {
  const { parameters, mainSteps } = document(name);
  return mainSteps[0]!.inputs.runCommand.join('\n').replaceAll(/\{\{ *(\w+) *\}\}/g, (_, parameter: string) => {
    const { allowedValues, allowedPattern, default: usual } = parameters[parameter]!;
    const value = given[parameter] ?? usual;
    assert.ok(value !== undefined && (allowedValues?.includes(value) ?? new RegExp(allowedPattern!).test(value)), `${parameter} may not be ${value}`);
    return value;
  });
}

/** A folder of commands that stand before those of the machine. */
function commands(t: TestContext, stubs: Readonly<Record<string, string>>): { readonly folder: string; readonly run: (script: string) => { readonly status: number | null; readonly out: string; readonly err: string } } {
  const folder = mkdtempSync(join(tmpdir(), 'fleet-'));
  t.after(() => { rmSync(folder, { recursive: true }); });
  for (const [name, body] of Object.entries(stubs)) {
    writeFileSync(join(folder, name), `#!/bin/sh\n${body}\n`);
    chmodSync(join(folder, name), 0o755);
  }
  return {
    folder,
    run: (script) => {
      const { status, stdout, stderr } = spawnSync('sh', ['-c', script], { encoding: 'utf8', env: { PATH: `${folder}:${process.env['PATH']}`, FOLDER: folder } });
      return { status, out: stdout, err: stderr };
    },
  };
}

test('the SSM documents are of schema 2.2, and nothing but what their patterns allow reaches the shell', () => {
  for (const file of readdirSync(join(FLEET, 'ssm'))) {
    const { schemaVersion, parameters, mainSteps } = document(file.replace('.yaml', ''));
    assert.equal(schemaVersion, '2.2');
    assert.deepEqual(mainSteps.map(({ action, precondition }) => [action, precondition]), [['aws:runShellScript', { StringEquals: ['platformType', 'Linux'] }]]);
    for (const [name, { type, allowedValues, allowedPattern }] of Object.entries(parameters)) {
      assert.equal(type, 'String');
      for (const value of ["'", '"', '$(id)', '`', ';', '&', '|', '\n', '\\']) {
        assert.ok(allowedValues !== undefined || !new RegExp(allowedPattern!).test(`a${value}`), `${file} ${name} allows ${JSON.stringify(value)}`);
      }
    }
    const used = new Set(mainSteps[0]!.inputs.runCommand.join('\n').match(/(?<=\{\{ )\w+/g));
    assert.deepEqual([...used].toSorted(), Object.keys(parameters).toSorted());
  }
});

test('the document that configures calls ctl as ManageAgent does: several parameters are one fetch and appends, the last one restarts', (t) => {
  const { run } = commands(t, { agent: 'echo "$*"; [ "$*" != "ctl -a append-config -m ec2 -c ssm:broken" ]' });
  const calls = (given: Readonly<Record<string, string>>): readonly string[] => run(filled('configure', given)).out.trimEnd().split('\n');
  assert.deepEqual(calls({ optionalConfigurationLocation: 'a' }), ['ctl -a fetch-config -m ec2 -c ssm:a -s']);
  assert.deepEqual(calls({ optionalConfigurationLocation: '/a/b,c', mode: 'onPremise' }), ['ctl -a fetch-config -m onPremise -c ssm:/a/b', 'ctl -a append-config -m onPremise -c ssm:c -s']);
  assert.deepEqual(calls({ action: 'configure (remove)', optionalConfigurationSource: 'all', optionalRestart: 'no' }), ['ctl -a remove-config -m ec2 -c all']);
  assert.deepEqual(calls({ action: 'configure (append)', optionalConfigurationSource: 'default' }), ['ctl -a append-config -m ec2 -c default -s']);
  assert.deepEqual(calls({ action: 'status-with-workloads' }), ['ctl -a status-with-workloads -m ec2']);
  assert.notEqual(run(filled('configure', {})).status, 0, 'without a name');
  const broken = run(filled('configure', { optionalConfigurationLocation: 'a,broken,c' }));
  assert.deepEqual([broken.status, broken.out.includes('ssm:c')], [1, false]);
});

test('the document that installs takes the package of this machine, and only as SHA256SUMS has it', (t) => {
  const arch = spawnSync('uname', ['-m'], { encoding: 'utf8' }).stdout.trim() === 'aarch64' ? 'arm64' : 'amd64';
  const { folder, run } = commands(t, {
    curl: 'while [ $# -gt 2 ]; do [ "$1" = -o ] && to=$2; shift; done; cp "$FOLDER/$(basename "$to")" "$to"',
    dpkg: '', 'apt-get': 'echo "apt-get $*"', agent: 'echo "agent $*"', systemctl: 'cat "$FOLDER/unit"',
  });
  const name = `unified-agent_0.1.0-1_${arch}.deb`;
  writeFileSync(join(folder, name), 'package');
  const sums = (content: string): void => writeFileSync(join(folder, 'SHA256SUMS'), ['x.rpm', name, `unified-agent_0.1.00-1_${arch}.deb`].map((one) => `${createHash('sha256').update(content).digest('hex')}  ${one}\n`).join(''));
  const script = filled('install', { location: 'https://packages.example.com/agent', version: '0.1.0', takeOver: 'yes' });
  sums('package');
  for (const [unit, act] of [['Id=amazon-cloudwatch-agent.service\nLoadState=loaded\n', 'takeover'], ['Id=unified-agent.service\nLoadState=loaded\n', 'compat install'], ['Id=amazon-cloudwatch-agent.service\nLoadState=not-found\n', 'compat install']] as const) {
    writeFileSync(join(folder, 'unit'), unit);
    assert.equal(run(script).out.split('\n').at(-3), `agent ${act}`, unit);
  }
  assert.deepEqual(run(script).out.split('\n').slice(1), [`apt-get install -y -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold ./${name}`, 'agent compat install', 'agent version', '']);
  sums('another');
  const refused = run(script);
  assert.deepEqual([refused.status === 0, refused.out.includes('apt-get')], [false, false]);
  assert.match(run(filled('install', { location: 's3://bucket/agent', version: '9.9.9' }).replace('aws s3 cp', 'curl -o SHA256SUMS')).err, /names no package of version 9\.9\.9 for this machine/);
});

test('every shell text of the examples is one', () => {
  const cloud = parse(text('cloud-init/user-data.yaml')) as { write_files: readonly { content: string; path: string }[]; runcmd: readonly (readonly string[])[] };
  const scripts = [
    ...readdirSync(join(FLEET, 'ssm')).flatMap((file) => document(file.replace('.yaml', '')).mainSteps[0]!.inputs.runCommand),
    ...cloud.write_files.map(({ content }) => content).filter((content) => content.startsWith('#!')),
    ...cloud.runcmd.filter(([shell, flag]) => shell === 'sh' && flag === '-c').map((words) => words[2]!),
    text('cloud-init/cloudwatch-agent-user-data.sh'),
  ];
  assert.equal(scripts.length, 5);
  for (const script of scripts) assert.equal(spawnSync('sh', ['-n'], { input: script, encoding: 'utf8' }).stderr, '');
});

test('what installs where nobody can be asked keeps an environment file that is there, and takes packages that nobody signed', () => {
  const cloud = parse(text('cloud-init/user-data.yaml')) as { write_files: readonly { content: string }[] };
  const ssm = document('install').mainSteps[0]!.inputs.runCommand.join('\n');
  const apt = [ssm, ...cloud.write_files.map(({ content }) => content)].flatMap((script) => script.match(/.*apt-get install.*/g) ?? []);
  assert.equal(apt.length, 2);
  // Without them dpkg asks about a conffile that was written before the package came, gets no answer and fails.
  for (const line of apt) assert.match(line, /--force-confdef .*--force-confold/);
  const plays = parse(text('ansible/unified-agent.yml')) as readonly { tasks: readonly Record<string, { readonly disable_gpg_check?: boolean }>[] }[];
  assert.deepEqual(plays.flatMap(({ tasks }) => tasks.map((task) => task['ansible.builtin.package']?.disable_gpg_check)).filter((value) => value !== undefined), [true]);
  assert.match(ssm, /zypper .*--allow-unsigned-rpm/);
});

test('the config that cloud-init writes has no problem', () => {
  const cloud = parse(text('cloud-init/user-data.yaml')) as { write_files: readonly { content: string; path: string }[] };
  const config = cloud.write_files.find(({ path }) => path === '/etc/unified-agent/agent.json')!.content;
  assert.deepEqual(compiled(JSON.parse(config) as object, ON_EC2).problems, []);
});

test('the playbook has modules by their full names, and checks a config before it is the one', () => {
  const plays = parse(text('ansible/unified-agent.yml')) as readonly { name: string; hosts: string; tasks: readonly Record<string, unknown>[]; handlers?: readonly Record<string, unknown>[] }[];
  const tasks = plays.flatMap((play) => [...play.tasks, ...(play.handlers ?? [])]);
  for (const task of tasks) assert.equal(Object.keys(task).filter((key) => /^ansible\.builtin\.\w+$/.test(key)).length, 1, String(task['name']));
  const handlers = plays.flatMap(({ handlers: all = [] }) => all.map(({ name }) => name));
  assert.deepEqual(tasks.flatMap(({ notify }) => notify ?? []), handlers);
  assert.ok(tasks.some((task) => (task['ansible.builtin.copy'] as { validate?: string } | undefined)?.validate === 'agent check --strict --config %s'));
});

test('the policies allow every action this agent calls, and no other', () => {
  const policy = (name: string): readonly string[] => (JSON.parse(text(`iam/${name}.json`)) as Policy).Statement.flatMap(({ Action }) => Action).toSorted();
  const source = (folder: string): string => readdirSync(join(ROOT, 'src', folder), { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts')).map((file) => readFileSync(join(ROOT, 'src', folder, file), 'utf8')).join('\n');
  const admin = policy('admin-policy');
  // The commands of the SDK that are sent, by name; and what `agent iam-policy` can ever ask for. Roles are named in the config, so no general policy can have them.
  const called = new Set(source('aws').match(/(?<=new )\w+(?=Command\()|(?<=#ask\(')\w+/g));
  assert.ok(called.has('PutLogEvents') && called.has('DescribeTags'));
  assert.deepEqual([...called].filter((command) => !admin.some((action) => action.endsWith(`:${command}`))), []);
  const known = new Set(`${source('config')}${source('cli')}`.match(/(?<=')(?:logs|cloudwatch|ssm|ec2):[A-Z]\w+(?=')/g));
  assert.deepEqual(admin, [...known].toSorted());
  assert.deepEqual(admin.filter((action) => !policy('server-policy').includes(action)), ['ssm:DeleteParameters', 'ssm:PutParameter']);
  assert.deepEqual(policy('server-policy').filter((action) => !admin.includes(action)), []);
});
