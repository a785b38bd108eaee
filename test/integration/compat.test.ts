import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, lstatSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { test, type TestContext } from 'node:test';
import { installStandIns, removeStandIns, replacedStandIns } from '../../src/cli/compat/install.ts';
import { placesBelow, type Places } from '../../src/cli/ctl/places.ts';
import { takeoverFindings } from '../../src/cli/doctor/takeover.ts';
import { recordFile, reservationFile } from '../../src/cli/takeover/host.ts';

const OPTIONS = { program: '/usr/bin/unified-agent', version: '9.8.7', replace: false };

function machine(t: TestContext): { places: Places; root: string; all: () => readonly string[]; put: (path: string, text: string) => void } {
  const root = mkdtempSync(join(tmpdir(), 'compat-'));
  t.after(() => { rmSync(root, { recursive: true }); });
  for (const folder of ['usr/bin', 'etc', 'opt']) mkdirSync(join(root, folder), { recursive: true });
  return {
    root, places: placesBelow(root),
    all: () => readdirSync(root, { recursive: true, encoding: 'utf8' }).toSorted(),
    put: (path, text) => { mkdirSync(join(root, path, '..'), { recursive: true }); writeFileSync(join(root, path), text); },
  };
}

test('compat: ctl, wizard, version and the alias of the unit stand where the CloudWatch agent has them; a second install changes nothing', async (t) => {
  const { root, places, put } = machine(t);
  put('usr/lib/systemd/system/unified-agent.service', '');
  await installStandIns(places, OPTIONS);
  const ctl = join(places.bin, 'amazon-cloudwatch-agent-ctl');
  assert.match(readFileSync(ctl, 'utf8'), /^#!\/bin\/sh\n.*\nexec \/usr\/bin\/unified-agent ctl "\$@"\n$/);
  assert.equal(lstatSync(ctl).mode & 0o777, 0o755);
  assert.equal(readlinkSync(join(root, 'usr/bin/amazon-cloudwatch-agent-ctl')), ctl);
  assert.equal(readFileSync(join(places.bin, 'CWAGENT_VERSION'), 'utf8'), '9.8.7');
  assert.equal(readlinkSync(join(root, 'etc/systemd/system/amazon-cloudwatch-agent.service')), join(root, 'usr/lib/systemd/system/unified-agent.service'));
  assert.deepEqual(await installStandIns(places, OPTIONS), []);
  assert.deepEqual(await installStandIns(places, { ...OPTIONS, version: '9.8.8' }), [join(places.bin, 'CWAGENT_VERSION')]);
});

test('compat: the scripts hand their words on as they are', async (t) => {
  const { root, places, put } = machine(t);
  const program = join(root, 'usr/bin/program');
  put('usr/bin/program', '#!/bin/sh\nprintf "[%s]" "$@"\n');
  spawnSync('chmod', ['+x', program]);
  await installStandIns(places, { ...OPTIONS, program });
  const said = (name: string, ...words: string[]): string => spawnSync(join(places.bin, name), words, { encoding: 'utf8' }).stdout;
  assert.equal(said('amazon-cloudwatch-agent-ctl', '-a', 'set-env', '-e', 'A=b c'), '[ctl][-a][set-env][-e][A=b c]');
  const output = join(places.bin, 'config.json');
  assert.equal(said('amazon-cloudwatch-agent-config-wizard', '--non-interactive'), `[wizard][--output][${output}][--non-interactive]`, 'not where it would take the place of the config that runs');
  assert.equal(said('amazon-cloudwatch-agent-config-wizard', '-isNonInteractiveLinuxMigration', '-configFilePath', '/a b'), `[config][migrate][--force][--output][${output}][/a b]`);
  assert.equal(said('amazon-cloudwatch-agent-config-wizard', '--isNonInteractiveLinuxMigration'), `[config][migrate][--force][--output][${output}][/var/awslogs/etc/awslogs.conf]`);
});

test('compat: remove takes away exactly what was installed, and leaves configs and what was changed', async (t) => {
  const { places, all, put } = machine(t);
  const before = all();
  await installStandIns(places, OPTIONS);
  await removeStandIns(places);
  assert.deepEqual(all(), before);
  await installStandIns(places, OPTIONS);
  put('opt/aws/amazon-cloudwatch-agent/etc/amazon-cloudwatch-agent.d/mine.json', '{}');
  put('opt/aws/amazon-cloudwatch-agent/bin/CWAGENT_VERSION', 'changed');
  const { stay } = await removeStandIns(places);
  assert.deepEqual([existsSync(join(places.folder, 'mine.json')), existsSync(join(places.bin, 'CWAGENT_VERSION')), existsSync(join(places.bin, 'amazon-cloudwatch-agent-ctl'))], [true, true, false]);
  assert.match(stay.join('\n'), /CWAGENT_VERSION was changed since it was installed, and stays\n/);
  assert.deepEqual(await removeStandIns(places), { removed: 0, stay: [] });
});

test('compat: what an upgrade of the CloudWatch agent\'s package puts in the place of a stand-in is found, put aside by the next install, and comes back at the end', async (t) => {
  const { root, places, put } = machine(t);
  put('opt/aws/amazon-cloudwatch-agent/bin/amazon-cloudwatch-agent-ctl', 'theirs, version 1');
  put('usr/lib/systemd/system/unified-agent.service', '');
  await installStandIns(places, { ...OPTIONS, replace: true });
  const ctl = join(places.bin, 'amazon-cloudwatch-agent-ctl');
  assert.deepEqual(await replacedStandIns(places), []);
  assert.deepEqual(await takeoverFindings(places), [], 'nothing was taken over');
  writeFileSync(ctl, 'theirs, version 2');
  assert.deepEqual(await replacedStandIns(places), [ctl]);
  put(relative(root, recordFile(places)), '{}');
  const findings = await takeoverFindings(places);
  assert.deepEqual(findings.map(({ verdict, next }) => [verdict, next]), [['warning', 'agent takeover --back && agent takeover'], ['warning', 'agent compat install']]);
  put(relative(root, reservationFile(places)), '');
  await installStandIns(places, { ...OPTIONS, replace: false });
  assert.deepEqual((await takeoverFindings(places)).map(({ verdict }) => verdict), ['ok']);
  await removeStandIns(places);
  assert.equal(readFileSync(ctl, 'utf8'), 'theirs, version 2');
});

test('compat: where a CloudWatch agent is installed nothing is touched; a takeover puts its command aside, and back', async (t) => {
  const { root, places, all, put } = machine(t);
  put('opt/aws/amazon-cloudwatch-agent/bin/amazon-cloudwatch-agent-ctl', 'theirs');
  put('opt/aws/amazon-cloudwatch-agent/bin/CWAGENT_VERSION', '1.300');
  put('etc/systemd/system/amazon-cloudwatch-agent.service', 'theirs');
  put('usr/lib/systemd/system/unified-agent.service', '');
  const before = all();
  await assert.rejects(installStandIns(places, OPTIONS), /amazon-cloudwatch-agent-ctl, .*CWAGENT_VERSION are there already, as a CloudWatch agent that is installed has them: `agent takeover`/);
  assert.deepEqual(all(), before);
  await installStandIns(places, { ...OPTIONS, replace: true });
  assert.match(readFileSync(join(places.bin, 'amazon-cloudwatch-agent-ctl'), 'utf8'), /unified-agent ctl/);
  assert.equal(readFileSync(join(root, 'etc/systemd/system/amazon-cloudwatch-agent.service'), 'utf8'), 'theirs');
  await removeStandIns(places);
  assert.deepEqual([all(), readFileSync(join(places.bin, 'amazon-cloudwatch-agent-ctl'), 'utf8')], [before, 'theirs']);
});
