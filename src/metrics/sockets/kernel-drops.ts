import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Where the kernel lists UDP sockets: `sl local_address rem_address st tx:rx tr:when retrnsmt uid timeout inode ref pointer drops`. */
const TABLES = ['net/udp', 'net/udp6'];
const LOCAL_ADDRESS = 1;
const INODE = 9;
const DROPS = 12;

interface Row { readonly port: number; readonly inode: string; readonly drops: number }

function* rowsOf(table: string): Generator<Row> {
  for (const line of table.split('\n').slice(1)) {
    const columns = line.trim().split(/\s+/);
    if (columns.length <= DROPS) continue;
    yield { port: Number.parseInt(columns[LOCAL_ADDRESS]!.split(':')[1]!, 16), inode: columns[INODE]!, drops: Number(columns[DROPS]) };
  }
}

/** Packets that came for a UDP socket of this process and found its buffer full: the kernel drops them and tells nobody. */
export class KernelDrops {
  readonly #proc: string;
  /** By inode of the socket: what was dropped when it was last looked at. */
  readonly #seen = new Map<string, number>();

  constructor(proc = '/proc') { this.#proc = proc; }

  /** Looks at the sockets of this process that are bound to a port from now on. @throws when /proc cannot be read, or does not list them */
  watch(port: number): void {
    const own = new Set<string>();
    for (const fd of readdirSync(join(this.#proc, 'self/fd'))) {
      try {
        own.add(/^socket:\[(\d+)\]$/.exec(readlinkSync(join(this.#proc, 'self/fd', fd)))?.[1] ?? '');
      } catch { /* closed since */ }
    }
    let isListed = false;
    for (const table of TABLES) {
      for (const row of rowsOf(readTable(join(this.#proc, table)))) {
        if (row.port !== port || !own.has(row.inode)) continue;
        isListed = true;
        if (!this.#seen.has(row.inode)) this.#seen.set(row.inode, 0);
      }
    }
    if (!isListed) throw new Error(`the socket of port ${port} is not listed in ${this.#proc}/net/udp`);
  }

  /** Packets that were dropped since the last call; those of a socket that was closed in between are not known. */
  async read(): Promise<number> {
    if (this.#seen.size === 0) return 0;
    let dropped = 0;
    const gone = new Set(this.#seen.keys());
    for (const table of TABLES) {
      const text = await readFile(join(this.#proc, table), 'latin1').catch(() => '');
      for (const { inode, drops } of rowsOf(text)) {
        const before = this.#seen.get(inode);
        if (before === undefined) continue;
        gone.delete(inode);
        // A look that began earlier may end later.
        if (drops <= before) continue;
        dropped += drops - before;
        this.#seen.set(inode, drops);
      }
    }
    for (const inode of gone) this.#seen.delete(inode);
    return dropped;
  }
}

/** Empty where there is no such protocol. */
function readTable(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw error;
  }
}
