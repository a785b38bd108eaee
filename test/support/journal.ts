// Real journals in a folder of their own: systemd-journal-remote makes their files of the export format, journalctl reads them.
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';

const WRITERS = ['/usr/lib/systemd/systemd-journal-remote', '/lib/systemd/systemd-journal-remote'];
const MACHINE = '0123456789abcdef0123456789abcdef';

export interface TestEntry {
  readonly message: string | Buffer;
  /** 0 to 7; 6 without. */
  readonly priority?: number;
  readonly unit?: string;
  readonly fields?: Readonly<Record<string, string>>;
  /** Epoch milliseconds; now without. */
  readonly time?: number;
}

/** An entry in the export format. @param count of entries before it */
export function exportText({ message, priority = 6, unit = 'app.service', fields = {}, time = Date.now() }: TestEntry, count: number, boot: string): Buffer {
  const us = time * 1000 + (count % 1000);
  const value = Buffer.isBuffer(message) ? message : Buffer.from(message);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(value.length));
  const lines = [`__REALTIME_TIMESTAMP=${us}`, `__MONOTONIC_TIMESTAMP=${count + 1}`, `_BOOT_ID=${boot}`, `_MACHINE_ID=${MACHINE}`, '_HOSTNAME=test', `PRIORITY=${priority}`, `_SYSTEMD_UNIT=${unit}`, ...Object.entries(fields).map(([name, text]) => `${name}=${text}`)];
  return Buffer.concat([Buffer.from(`${lines.join('\n')}\nMESSAGE\n`), length, value, Buffer.from('\n\n')]);
}

export class TestJournal {
  readonly directory: string;
  #count = 0;
  #file = 0;
  #boot = 'a'.repeat(32);

  constructor(directory: string) {
    this.directory = directory;
    mkdirSync(directory);
  }

  /** Writes entries behind those that are there; returns when they are on disk. */
  append(entries: readonly (string | TestEntry)[]): void {
    const writer = WRITERS.find((path) => existsSync(path));
    if (writer === undefined) throw new Error('systemd-journal-remote is not installed (Debian: apt-get install systemd systemd-journal-remote): these tests write real journals with it');
    const input = Buffer.concat(entries.map((entry) => exportText(typeof entry === 'string' ? { message: entry } : entry, this.#count++, this.#boot)));
    const { status, stderr, error } = spawnSync(writer, ['-o', this.path, '-'], { input, encoding: 'utf8' });
    if (status !== 0) throw new Error(`${writer}: ${error?.message ?? stderr}`);
  }

  /** Of the file that is written now. */
  get path(): string { return join(this.directory, `system${this.#file === 0 ? '' : this.#file}.journal`); }

  /** Goes on in another file, as journald does when one is full. */
  rotate(): void { this.#file++; }
  /** Goes on as after a reboot of the machine. */
  reboot(): void { this.#boot = String(Number(this.#boot.replaceAll(/\D/g, '') || 0) + 1).padStart(32, '0'); }
  /** Deletes all files but that which is written now, as journald does where there are too many. */
  vacuum(): void { for (const name of readdirSync(this.directory)) if (join(this.directory, name) !== this.path) rmSync(join(this.directory, name)); }
  /** Everybody may read it, or nobody but its owner. */
  open(isOpen: boolean): void {
    chmodSync(this.directory, isOpen ? 0o755 : 0o700);
    for (const name of readdirSync(this.directory)) chmodSync(join(this.directory, name), isOpen ? 0o644 : 0o600);
  }
}

/** The journalctl processes that read a folder now. */
export function readersOf(directory: string): readonly number[] {
  const { stdout } = spawnSync('pgrep', ['-f', `^/usr/bin/journalctl .*--directory=${directory}( |$)`], { encoding: 'utf8' });
  return stdout.split('\n').filter((line) => line !== '').map(Number);
}
