import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { TestContext } from 'node:test';

/** What the scripts of packages call, of this machine. */
const PROGRAMS = ['sh', 'cat', 'chmod', 'cp', 'dirname', 'getent', 'groupadd', 'groupdel', 'id', 'ln', 'mkdir', 'mv', 'rm', 'sed', 'uname', 'useradd', 'userdel'];
/** What stands for systemd: each notes how it was called. `was-enabled` and `is-enabled` answer by the file of that name. */
const NOTED = ['systemctl', 'deb-systemd-helper', 'deb-systemd-invoke'];
const NOTE = `#!/bin/sh
echo "\${0##*/} $*" >>/calls
case " $* " in
  *" is-active "*) [ -e /is-active ] ;;
  *" was-enabled "* | *" is-enabled "*) [ -e /is-enabled ] ;;
esac
`;
const ACCOUNTS = { passwd: 'root:x:0:0:root:/root:/bin/sh\n', group: 'root:x:0:\n', shadow: 'root:*:1::::::\n', gshadow: 'root:*::\n' } as const;

/**
 * A root of this machine's own programs, in which packages are installed: enough for their scripts and for the agent, with a
 * systemd that only takes notes. Needs root, for chroot.
 */
export class InstallRoot {
  readonly folder = mkdtempSync(join(tmpdir(), 'install-root-'));

  constructor(t: TestContext, libraries: string) {
    if (process.getuid?.() !== 0) throw new Error('packages are installed into a root of their own, which needs root: run this part as root');
    t.after(() => { rmSync(this.folder, { recursive: true, force: true }); });
    for (const folder of ['bin', 'sbin', 'lib', 'lib64']) {
      mkdirSync(this.path('usr', folder), { recursive: true });
      symlinkSync(`usr/${folder}`, this.path(folder));
    }
    for (const folder of ['run/systemd/system', 'etc/systemd/system', 'var/lib/dpkg/info', 'var/lib/dpkg/updates', 'var/lib/rpm', 'tmp', 'dev']) mkdirSync(this.path(folder), { recursive: true });
    writeFileSync(this.path('var/lib/dpkg/status'), '');
    writeFileSync(this.path('dev/null'), '');
    for (const name of PROGRAMS) this.#copyProgram(execFileSync('which', [name], { encoding: 'utf8' }).trim());
    for (const file of librariesOf(libraries)) this.#copy(file);
    for (const name of NOTED) {
      writeFileSync(this.path('usr/bin', name), NOTE);
      chmodSync(this.path('usr/bin', name), 0o755);
    }
    for (const [name, text] of Object.entries(ACCOUNTS)) writeFileSync(this.path('etc', name), text);
    writeFileSync(this.path('etc/nsswitch.conf'), 'passwd: files\ngroup: files\n');
  }

  path(...parts: readonly string[]): string { return join(this.folder, ...parts); }

  read(path: string): string { return readFileSync(this.path(path), 'utf8'); }

  write(path: string, text: string): void {
    mkdirSync(dirname(this.path(path)), { recursive: true });
    writeFileSync(this.path(path), text);
  }

  has(path: string): boolean { return existsSync(this.path(path)); }

  /** Runs a command inside and gives its output; throws with what it said when it fails. */
  run(command: string, ...args: readonly string[]): string {
    const { status, stdout, stderr } = spawnSync('chroot', [this.folder, command, ...args], { encoding: 'utf8', env: { PATH: '/usr/sbin:/usr/bin' } });
    if (status !== 0) throw new Error(`${command} ${args.join(' ')}: exit code ${status}\n${stdout}${stderr}`);
    return stdout;
  }

  /** What was asked of systemd since the last call of this, a line each. */
  calls(): readonly string[] {
    if (!this.has('calls')) return [];
    const lines = this.read('calls').trimEnd().split('\n');
    rmSync(this.path('calls'));
    return lines;
  }

  /** Every path, without those that the installing programs keep for themselves. */
  paths(): readonly string[] {
    return readdirSync(this.folder, { recursive: true, encoding: 'utf8' }).filter((path) => !/^(?:var\/lib\/(?:dpkg|rpm)|calls|is-(?:active|enabled)|dev|etc\/(?:\.pwd\.lock|sub[ug]id|(?:passwd|group|g?shadow|sub[ug]id)-))/.test(path)).toSorted();
  }

  #copyProgram(program: string): void {
    this.#copy(program);
    for (const file of librariesOf(program)) this.#copy(file);
  }

  #copy(file: string): void {
    const place = this.path(file);
    if (existsSync(place)) return;
    mkdirSync(dirname(place), { recursive: true });
    copyFileSync(realpathSync(file), place);
  }
}

/** What a program is linked with, the loader included. */
function librariesOf(program: string): readonly string[] {
  return [...execFileSync('ldd', [program], { encoding: 'utf8' }).matchAll(/(\/\S+) \(0x/g)].map((match) => match[1]!);
}
