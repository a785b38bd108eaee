import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { chmodSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { before, test } from 'node:test';
import type { TestContext } from 'node:test';
import { InstallRoot } from '../support/install-root.ts';
import { packagesOf, scratchFolder, tool } from '../support/packages.ts';

const built = scratchFolder();
const unpacked = scratchFolder();
let folder = '';
before(async () => {
  const file = await packagesOf(built, { formats: ['tarball'] });
  tool('tar', '-xf', file(/linux.*\.tar\.xz$/), '-C', unpacked);
  folder = join(unpacked, readdirSync(unpacked)[0]!);
  tool('tar', '-xf', file(/source-maps/), '-C', unpacked);
});

/** A root with the unpacked archive in /opt/unpacked. */
function rootFor(t: TestContext, { systemd }: { readonly systemd: boolean }): InstallRoot {
  const root = new InstallRoot(t, join(folder, 'lib/unified-agent/unified-agent'));
  tool('mkdir', root.path('opt'));
  tool('cp', '-R', folder, root.path('opt/unpacked'));
  if (!systemd) renameSync(root.path('run/systemd'), root.path('run/other'));
  return root;
}
const installer = (root: InstallRoot, ...args: readonly string[]): string => root.run('/opt/unpacked/install.sh', ...args);
const acts = (root: InstallRoot): readonly string[] => root.calls().filter((call) => !/is-active/.test(call));

test('where there is no systemd, install.sh installs below its prefix alone, and takes all of it away again', (t) => {
  const root = rootFor(t, { systemd: false });
  const before = root.paths();
  assert.match(installer(root, '--prefix', '/srv/agent'), /no service was set up; it runs in the foreground with: \/srv\/agent\/bin\/agent run/);
  assert.deepEqual(root.paths().filter((path) => !before.includes(path) && !/^srv(?:\/agent|$)/.test(path)), []);
  assert.match(root.run('/srv/agent/bin/unified-agent', 'version'), /^unified-agent /);
  installer(root, '--uninstall', '--prefix', '/srv/agent');
  assert.deepEqual(root.paths().filter((path) => !before.includes(path) && !/^srv\/agent(?:\/(?:bin|lib|share(?:\/(?:doc|man(?:\/man1)?|bash-completion(?:\/completions)?))?))?$|^srv$/.test(path)), []);
  assert.deepEqual(acts(root), []);
});

test('where there is systemd, install.sh sets up the service with its prefix, restarts it at an upgrade, and keeps what was edited', (t) => {
  const root = rootFor(t, { systemd: true });
  assert.match(installer(root), /not started: .*agent wizard/);
  assert.match(root.read('etc/systemd/system/unified-agent.service'), /^ExecStart=\/usr\/local\/bin\/unified-agent run/m);
  assert.match(root.read('etc/passwd'), /^unified-agent:/m);
  assert.deepEqual(acts(root), ['systemctl daemon-reload']);
  root.write('etc/default/unified-agent', 'AWS_REGION=eu-central-1\n');
  root.write('etc/unified-agent/agent.json', '{}');
  root.run('/usr/local/bin/agent', 'compat', 'install');
  const ctl = 'opt/aws/amazon-cloudwatch-agent/bin/amazon-cloudwatch-agent-ctl';
  assert.match(root.read(ctl), /^exec \/usr\/local\/bin\/unified-agent ctl "\$@"$/m, 'what stands in calls the command that is there');
  writeFileSync(root.path(ctl), 'of an earlier version');
  root.calls();
  root.write('is-active', '');
  installer(root);
  assert.match(root.read(ctl), /unified-agent ctl/);
  assert.deepEqual(acts(root), ['systemctl daemon-reload', 'systemctl daemon-reload', 'systemctl restart unified-agent.service']);
  assert.equal(root.read('etc/default/unified-agent'), 'AWS_REGION=eu-central-1\n');
});

test('--uninstall keeps config and state, --purge takes them and the user', (t) => {
  const root = rootFor(t, { systemd: true });
  installer(root);
  root.write('etc/unified-agent/agent.json', '{}');
  root.write('var/lib/unified-agent/checkpoints.journal', 'x');
  root.calls();
  assert.match(installer(root, '--uninstall'), /kept: \/etc\/unified-agent and \/var\/lib\/unified-agent/);
  assert.deepEqual(acts(root), ['systemctl --quiet disable --now unified-agent.service', 'systemctl daemon-reload']);
  assert.ok(root.has('etc/unified-agent/agent.json') && root.has('var/lib/unified-agent/checkpoints.journal'));
  // The .deb of the same agent, say.
  root.write('usr/bin/unified-agent', '#!/bin/sh\n');
  chmodSync(root.path('usr/bin/unified-agent'), 0o755);
  assert.throws(() => installer(root, '--uninstall', '--purge'), /config and state are kept: \/usr\/bin\/unified-agent is another installation/);
  rmSync(root.path('usr/bin/unified-agent'));
  installer(root, '--uninstall', '--purge');
  assert.ok(!root.has('etc/unified-agent'), 'what was kept can be taken later');
  assert.throws(() => installer(root, '--uninstall', '--purge'), /nothing is installed below/);
  installer(root);
  installer(root, '--uninstall', '--purge');
  assert.deepEqual(['etc/unified-agent', 'var/lib/unified-agent', 'etc/default/unified-agent', 'usr/local/lib/unified-agent'].filter((path) => root.has(path)), []);
  assert.doesNotMatch(root.read('etc/passwd'), /unified-agent/);
});

test('install.sh refuses what it cannot do, and says why', (t) => {
  const root = rootFor(t, { systemd: false });
  assert.throws(() => installer(root, '--prefix', 'agent'), /--prefix agent: an absolute path is needed/);
  assert.throws(() => installer(root, '--prefix', '/a b'), /--prefix \/a b: only letters/);
  assert.throws(() => installer(root, '--uninstall'), /nothing is installed below \/usr\/local/);
  assert.throws(() => installer(root, '--now'), /--now is not known/);
  root.write('opt/unpacked/lib/unified-agent/unified-agent', '#!/nothing\n');
  assert.throws(() => installer(root), /the runtime does not start on this machine .*apt-get install libatomic1/s);
});

/** Packages whose sources the maps of the bundles name. */
function bundledNames(): readonly string[] {
  const maps = join(unpacked, readdirSync(unpacked).find((name) => name.includes('source-maps'))!);
  const sources = readdirSync(maps).flatMap((name) => (JSON.parse(readFileSync(join(maps, name), 'utf8')) as { readonly sources: readonly string[] }).sources);
  assert.ok(sources.includes('src/main.ts') && sources.includes('src/daemon.ts'));
  return [...new Set(sources.map((path) => /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1]).filter((name) => name !== undefined))];
}

test('the bill of materials and the notices name every package that is bundled, the runtime, and what that is made of', () => {
  const doc = join(folder, 'share/doc/unified-agent');
  const bill = JSON.parse(readFileSync(join(doc, 'sbom.cdx.json'), 'utf8')) as { readonly bomFormat: string; readonly components: readonly { readonly name: string; readonly version: string; readonly hashes: readonly { readonly content: string }[]; readonly components?: readonly { readonly name: string }[] }[] };
  const notices = gunzipSync(readFileSync(join(doc, 'THIRD-PARTY-NOTICES.gz'))).toString();
  assert.equal(bill.bomFormat, 'CycloneDX');
  const lock = JSON.parse(readFileSync(join(import.meta.dirname, '../../package-lock.json'), 'utf8')) as { readonly packages: Readonly<Record<string, { readonly version: string }>> };
  const names = bundledNames();
  assert.ok(names.length > 20, `${names.length} packages`);
  for (const name of names) {
    const component = bill.components.find((candidate) => candidate.name === name);
    assert.ok(component !== undefined, name);
    assert.equal(component.version, lock.packages[`node_modules/${name}`]!.version);
    assert.ok(notices.includes(`${name} ${component.version} (`), name);
  }
  const runtime = bill.components.find(({ name }) => name === 'node')!;
  assert.equal(runtime.hashes[0]!.content, createHash('sha256').update(readFileSync(join(folder, 'lib/unified-agent/unified-agent'))).digest('hex'));
  assert.ok(['openssl', 'v8', 'zlib'].every((name) => runtime.components!.some((part) => part.name === name)));
  assert.match(notices, /Permission is hereby granted.*OpenSSL/s);
});

test('the manual has every command of `agent --help`, and its sources are no requests to the formatter', () => {
  const page = gunzipSync(readFileSync(join(folder, 'share/man/man1/unified-agent.1.gz'))).toString();
  const commands = [...tool(join(import.meta.dirname, '../../node_modules/.bin/node'), join(folder, 'lib/unified-agent/agent.js'), '--help').matchAll(/^ {2}([a-z][\w-]*) /gm)].map((match) => match[1]!).filter((name) => name !== 'help');
  assert.ok(commands.includes('run'));
  for (const name of commands) assert.match(page, new RegExp(`^\\.SS agent ${name.replaceAll('-', String.raw`\\-`)}$`, 'm'));
  assert.deepEqual(page.split('\n').filter((line) => /^[.'](?!\\"|TH |SH |SS |TP$|PP$|nf$|fi$|RS$|RE$|I |B |BR |RI )/.test(line)), []);
});

test('SHA256SUMS is of every file that was written', () => {
  tool('sh', '-c', `cd ${built} && sha256sum --check --strict SHA256SUMS`);
  const listed = readFileSync(join(built, 'SHA256SUMS'), 'utf8').trimEnd().split('\n').map((row) => row.split('  ')[1]);
  assert.deepEqual(new Set(listed), new Set(readdirSync(built).filter((name) => name !== 'SHA256SUMS')));
});
