import assert from 'node:assert/strict';
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, test } from 'node:test';
import type { TestContext } from 'node:test';
import { InstallRoot } from '../support/install-root.ts';
import { packagesOf, scratchFolder, tool } from '../support/packages.ts';

const built = scratchFolder();
let rpm = '';
let next = '';
before(async () => {
  rpm = (await packagesOf(built, { formats: ['rpm'] }))(/\.rpm$/);
  next = (await packagesOf(built, { formats: ['rpm'], revision: '2' }))(/\.rpm$/);
});

const node = join(import.meta.dirname, '../../node_modules/.bin/node');
/** Of this machine's rpm, whose own distribution's programs are no RPM packages: nothing that a package needs is known to it. */
const install = (root: InstallRoot, how: '--install' | '--upgrade', file: string): string => tool('rpm', '--root', root.folder, '--nodeps', how, file);
const rootFor = (t: TestContext): InstallRoot => new InstallRoot(t, node);
const acts = (root: InstallRoot): readonly string[] => root.calls().filter((call) => !/is-enabled|is-active/.test(call));

test('the .rpm asks for every library of its runtime, and its one file to edit is config that an upgrade leaves', () => {
  const needs = tool('rpm', '-qp', '--requires', rpm);
  for (const library of tool('readelf', '-d', node).matchAll(/NEEDED.*\[([^\]]+)\]/g)) assert.ok(needs.includes(`${library[1]}(`), library[1]!);
  assert.equal(tool('rpm', '-qpc', rpm), '/etc/sysconfig/unified-agent\n');
  const rows = tool('rpm', '-qp', '--queryformat', '[%{FILEMODES:perms} %{FILEUSERNAME} %{FILEGROUPNAME} %{FILENAMES}\n]', rpm).trimEnd().split('\n');
  assert.deepEqual(rows.filter((row) => !/^l?[-drwx]{9,10} root root \/(?:etc|usr)\/(?!lib\/\.)/.test(row) || (!row.startsWith('l') && (row[5] === 'w' || row[8] === 'w'))), []);
  assert.ok(rows.includes('-rw-r----- root root /etc/sysconfig/unified-agent'));
});

test('an .rpm installed into an empty root makes the user, starts nothing without a config, runs, and is verified', (t) => {
  const root = rootFor(t);
  assert.match(install(root, '--install', rpm), /installed, not started: .*agent wizard.*systemctl enable --now unified-agent/);
  assert.match(root.read('etc/passwd'), /^unified-agent:x:\d+:\d+:[^:]*:\/var\/lib\/unified-agent:\/sbin\/nologin$/m);
  assert.deepEqual(acts(root), ['systemctl daemon-reload']);
  assert.match(root.run('/usr/bin/agent', 'version'), new RegExp(`^unified-agent \\S+ \\(node ${process.versions.node}, `));
  const verify = (): string => tool('sh', '-c', 'rpm --root "$0" -V --nodeps unified-agent || true', root.folder);
  assert.equal(verify(), '');
  appendFileSync(root.path('usr/lib/unified-agent/program.js'), '\n');
  assert.match(verify(), /^S\.5.* \/usr\/lib\/unified-agent\/program\.js$/m);
});

test('an .rpm installed beside a config that waits is enabled and started', (t) => {
  const root = rootFor(t);
  root.write('is-enabled', '');
  root.write('etc/unified-agent/agent.json', '{}');
  assert.doesNotMatch(install(root, '--install', rpm), /not started/);
  assert.deepEqual(acts(root), ['systemctl --no-reload enable unified-agent.service', 'systemctl daemon-reload', 'systemctl start unified-agent.service']);
});

test('an upgrade of the .rpm restarts what runs, once, and leaves what was edited', (t) => {
  const root = rootFor(t);
  install(root, '--install', rpm);
  root.calls();
  root.write('is-active', '');
  appendFileSync(root.path('etc/sysconfig/unified-agent'), 'AWS_REGION=eu-central-1\n');
  install(root, '--upgrade', next);
  assert.deepEqual(acts(root).filter((call) => !call.endsWith('daemon-reload')), ['systemctl restart unified-agent.service']);
  assert.match(root.read('etc/sysconfig/unified-agent'), /^AWS_REGION=eu-central-1$/m);
  assert.match(root.run('/usr/bin/agent', 'version'), /^unified-agent /);
});

test('removal of the .rpm stops and disables the service, and keeps config and state', (t) => {
  const root = rootFor(t);
  install(root, '--install', rpm);
  root.calls();
  root.write('etc/unified-agent/agent.json', '{}');
  root.write('var/lib/unified-agent/checkpoints.journal', 'x');
  tool('rpm', '--root', root.folder, '--erase', 'unified-agent');
  assert.deepEqual(acts(root), ['systemctl --no-reload disable --now unified-agent.service', 'systemctl daemon-reload']);
  assert.ok(!root.has('usr/lib/unified-agent') && !root.has('usr/bin/agent'));
  for (const kept of ['etc/unified-agent/agent.json', 'var/lib/unified-agent/checkpoints.journal']) assert.ok(root.has(kept), kept);
});
