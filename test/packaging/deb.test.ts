import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { appendFileSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { before, test } from 'node:test';
import type { TestContext } from 'node:test';
import { InstallRoot } from '../support/install-root.ts';
import { packagesOf, scratchFolder, tool } from '../support/packages.ts';

const built = scratchFolder();
const unpacked = scratchFolder();
const control = scratchFolder();
const others = scratchFolder();
let deb = '';
let next = '';
before(async () => {
  deb = (await packagesOf(built, { formats: ['deb'] }))(/\.deb$/);
  next = (await packagesOf(built, { formats: ['deb'], revision: '2' }))(/\.deb$/);
  tool('dpkg-deb', '-x', deb, unpacked);
  tool('dpkg-deb', '-e', deb, control);
});

const install = (root: InstallRoot, file: string): string => tool('dpkg', `--root=${root.folder}`, '--force-depends', '--force-confold', '-i', file);
const remove = (root: InstallRoot, how: '--remove' | '--purge'): string => tool('dpkg', `--root=${root.folder}`, how, 'unified-agent');
const rootFor = (t: TestContext): InstallRoot => new InstallRoot(t, join(unpacked, 'usr/lib/unified-agent/unified-agent'));
/** What was asked of systemd, without what only reads. */
const acts = (root: InstallRoot): readonly string[] => root.calls().filter((call) => !/was-enabled|is-enabled|is-active/.test(call));

const byPath = (a: string, b: string): number => (a.slice(11) < b.slice(11) ? -1 : 1);

test('the .deb holds these files and no other, all of root, and none that others may write', () => {
  const rows = tool('dpkg-deb', '-c', deb).trimEnd().split('\n').map((row) => row.split(/\s+/) as [mode: string, owner: string, size: string, day: string, hour: string, path: string]);
  assert.deepEqual(rows.filter(([, owner]) => owner !== 'root/root'), []);
  const modes = new Map(rows.map(([mode, , , , , path]) => [path.slice(1), mode]));
  const drops = readdirSync(join(import.meta.dirname, '../../systemd/examples')).map((name) => `examples/${name}`);
  assert.deepEqual([...modes].filter(([path]) => !path.endsWith('/')).map(([path, mode]) => `${mode} ${path}`).toSorted(byPath), [
    '-rw-r----- /etc/default/unified-agent',
    'lrwxrwxrwx /usr/bin/agent',
    '-rwxr-xr-x /usr/bin/unified-agent', // no link: SELinux would take the type of what it leads to
    '-rw-r--r-- /usr/lib/systemd/system/unified-agent.service',
    '-rw-r--r-- /usr/lib/unified-agent/agent.js',
    '-rw-r--r-- /usr/lib/unified-agent/daemon.cache',
    '-rw-r--r-- /usr/lib/unified-agent/daemon.js',
    '-rw-r--r-- /usr/lib/unified-agent/package.json',
    '-rw-r--r-- /usr/lib/unified-agent/program.js',
    '-rwxr-xr-x /usr/lib/unified-agent/unified-agent',
    'lrwxrwxrwx /usr/share/bash-completion/completions/agent',
    '-rw-r--r-- /usr/share/bash-completion/completions/unified-agent',
    ...['THIRD-PARTY-NOTICES.gz', 'agent.schema.json', 'changelog.Debian.gz', 'changelog.gz', 'configuration.md', 'console.md', 'control.md', 'copyright', 'examples/agent.json', ...drops, 'guarantees.md', 'sbom.cdx.json', 'takeover.md'].map((name) => `-rw-r--r-- /usr/share/doc/unified-agent/${name}`),
    '-rw-r--r-- /usr/share/lintian/overrides/unified-agent',
    'lrwxrwxrwx /usr/share/man/man1/agent.1.gz',
    '-rw-r--r-- /usr/share/man/man1/unified-agent.1.gz',
  ].toSorted(byPath));
  assert.deepEqual([...modes].filter(([path, mode]) => path.endsWith('/') && mode !== 'drwxr-xr-x'), []);
  assert.ok(modes.has('/etc/unified-agent/agent.d/'));
});

test('the .deb depends on every library its runtime is linked with, and on a C library as new as its newest symbol', () => {
  const packageOf = new Map([['libatomic', 'libatomic1'], ['libstdc++', 'libstdc++6'], ['libgcc_s', 'libgcc-s1']]);
  const runtime = join(unpacked, 'usr/lib/unified-agent/unified-agent');
  const libraries = [...tool('readelf', '-d', runtime).matchAll(/NEEDED.*\[([^\].]+)\./g)].map((match) => packageOf.get(match[1]!) ?? 'libc6');
  const depends = /^Depends: (.*)$/m.exec(readFileSync(join(control, 'control'), 'utf8'))![1]!;
  assert.deepEqual([...new Set(libraries)].toSorted(), depends.split(', ').map((part) => part.split(' ')[0]!).filter((name) => name !== 'passwd').toSorted());
  const versions = [...tool('objdump', '-T', runtime).matchAll(/GLIBC_2\.(\d+)/g)].map((match) => Number(match[1]));
  assert.match(depends, new RegExp(`libc6 \\(>= 2\\.${Math.max(...versions)}\\)`));
});

test('the checksums of the .deb are those of its files, and its one file to edit is a conffile', () => {
  for (const row of readFileSync(join(control, 'md5sums'), 'utf8').trimEnd().split('\n')) {
    const [sum = '', path = ''] = row.split('  ');
    assert.equal(createHash('md5').update(readFileSync(join(unpacked, path))).digest('hex'), sum, path);
  }
  assert.equal(readFileSync(join(control, 'conffiles'), 'utf8'), '/etc/default/unified-agent\n');
});

test('a first install without a config makes the user, starts nothing and says what to do; the agent runs with its own runtime', (t) => {
  const root = rootFor(t);
  assert.match(install(root, deb), /installed, not started: .*agent wizard.*systemctl enable --now unified-agent/);
  assert.match(root.read('etc/passwd'), /^unified-agent:x:\d+:\d+:[^:]*:\/var\/lib\/unified-agent:\/usr\/sbin\/nologin$/m);
  assert.deepEqual(acts(root), ['deb-systemd-helper unmask unified-agent.service', 'deb-systemd-helper update-state unified-agent.service', 'systemctl --system daemon-reload']);
  assert.match(root.run('/usr/bin/agent', 'version'), new RegExp(`^unified-agent \\S+ \\(node ${process.versions.node}, `));
  root.write('package.json', '{"type":"module"}');
  assert.match(root.run('/usr/bin/agent', 'version'), /^unified-agent /, 'whatever lies in the root of a container');
});

test('a first install beside a config that waits is enabled and started', (t) => {
  const root = rootFor(t);
  root.write('is-enabled', ''); // what deb-systemd-helper says of a unit it has never seen
  root.write('etc/unified-agent/agent.d/web.json', '{}');
  assert.doesNotMatch(install(root, deb), /not started/);
  assert.deepEqual(acts(root).slice(1), ['deb-systemd-helper enable unified-agent.service', 'systemctl --system daemon-reload', 'deb-systemd-invoke start unified-agent.service']);
});

test('an upgrade stops nothing, restarts at its end, and leaves what was edited', (t) => {
  const root = rootFor(t);
  install(root, deb);
  root.calls();
  root.write('is-enabled', '');
  appendFileSync(root.path('etc/default/unified-agent'), 'AWS_REGION=eu-central-1\n');
  install(root, next);
  assert.deepEqual(acts(root).slice(1), ['deb-systemd-helper enable unified-agent.service', 'systemctl --system daemon-reload', 'deb-systemd-invoke restart unified-agent.service']);
  assert.match(root.read('etc/default/unified-agent'), /^AWS_REGION=eu-central-1$/m);
});

test('removal stops the service and keeps config and state; purge takes them and the user, and leaves nothing', (t) => {
  const root = rootFor(t);
  const before = root.paths();
  const accounts = root.read('etc/passwd') + root.read('etc/group');
  install(root, deb);
  root.calls();
  root.write('etc/unified-agent/agent.json', '{}');
  root.write('var/lib/unified-agent/checkpoints.journal', 'x');
  remove(root, '--remove');
  assert.deepEqual(acts(root), ['deb-systemd-invoke stop unified-agent.service', 'systemctl --system daemon-reload', 'deb-systemd-helper mask unified-agent.service']);
  assert.ok(!root.has('usr/lib/unified-agent') && !root.has('usr/bin/agent'));
  for (const kept of ['etc/unified-agent/agent.json', 'etc/default/unified-agent', 'var/lib/unified-agent/checkpoints.journal']) assert.ok(root.has(kept), kept);
  remove(root, '--purge');
  assert.deepEqual(root.paths(), before);
  assert.equal(root.read('etc/passwd') + root.read('etc/group'), accounts);
  assert.deepEqual(acts(root), ['deb-systemd-helper purge unified-agent.service', 'deb-systemd-helper unmask unified-agent.service']);
});

test('two builds of one commit differ in nothing but the revision; the code cache, made quickly here, apart', () => {
  const sumsOf = (file: string): readonly string[] => {
    const folder = join(others, file.slice(file.lastIndexOf('/')));
    tool('dpkg-deb', '-e', file, folder);
    return readFileSync(join(folder, 'md5sums'), 'utf8').split('\n').filter((row) => !/daemon\.cache|changelog\.Debian/.test(row));
  };
  assert.deepEqual(sumsOf(next), sumsOf(deb));
  const listing = (file: string): string => tool('dpkg-deb', '-c', file).replaceAll(/^.*(?:daemon\.cache|changelog\.Debian\.gz)$/gm, '');
  assert.equal(listing(next), listing(deb));
});
