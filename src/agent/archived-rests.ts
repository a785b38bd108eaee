import { closeSync } from 'node:fs';
import type { TrackedCheckpoint } from '../checkpoint/tracked.ts';
import type { Checkpoint } from '../flow.ts';
import type { Generation } from './generation.ts';
import { markOf } from './pipeline-parts.ts';
import type { PipelineParts } from './pipeline-parts.ts';
import type { Archived, Unreadable } from './relatives.ts';

/** An archive that is still being written is looked at again after this time. */
const ARCHIVE_RETRY_MS = 2_000;

/** A generation whose plain file is gone. */
export interface Vanished {
  readonly handle: TrackedCheckpoint;
  /** The name that the file had, beside which its archive lies. */
  readonly name: string;
  /** Bytes after the offset; null: nobody knows how many. */
  readonly unread: number | null;
  /** The generation, if this run followed it. */
  readonly gone: Generation | null;
}

export interface ArchivedRestsOptions {
  /** A search is under way: to be waited for. */
  readonly began: (task: Promise<void>) => void;
  /** A search is over, and what waited for it is to be looked at again. `rest` reads on where `gone` ended. */
  readonly ended: (gone: Generation | null, rest: Generation | null) => void;
}

/** Goes on inside archives where plain files have vanished: what comes after them waits for what is found. */
export class ArchivedRests {
  readonly #p: PipelineParts;
  readonly #o: ArchivedRestsOptions;
  /** By name: searches under way. The present file waits for what they find. */
  readonly #names = new Map<string, number>();
  /** Of searches under way or to be repeated. */
  readonly #handles = new Set<TrackedCheckpoint>();

  constructor(parts: PipelineParts, options: ArchivedRestsOptions) {
    this.#p = parts;
    this.#o = options;
  }

  get isSearching(): boolean { return this.#names.size > 0; }
  /** What the file of this name comes after is being looked for. */
  searchesFor(name: string): boolean { return this.#names.has(name); }
  /** The rest of what this checkpoint speaks of is being looked for, now or later. */
  mayContinue(handle: TrackedCheckpoint): boolean { return this.#handles.has(handle); }

  /**
   * If an archive beside a vanished file holds it, what follows the offset is read from there; else the rest is lost, and
   * that is said. What comes after it waits for the answer.
   */
  search(vanished: Vanished): void {
    const { handle, name, unread, gone } = vanished;
    const { stop } = this.#p.life;
    if (unread === 0 && gone?.settled === true) return;
    if (this.#handles.has(handle)) return;
    this.#handles.add(handle);
    this.#names.set(name, (this.#names.get(name) ?? 0) + 1);
    if (gone !== null) this.#p.order.search(gone);
    // What is in flight moves the safe offset on during the search: the search needs one position, how far was read.
    const from = gone === null ? handle : gone.reached;
    this.#o.began(this.#p.relatives.archived(from, name, stop).then((archived) => {
      if (stop.aborted) {
        if (typeof archived === 'object' && archived !== null) closeSync(archived.fd);
        return;
      }
      const rest = this.#rest(archived, from, vanished);
      const left = this.#names.get(name)! - 1;
      if (left === 0) this.#names.delete(name); else this.#names.set(name, left);
      if (rest !== null) this.#p.order.setTail(name, rest);
      this.#o.ended(gone, rest);
    }));
  }

  /** The generation that reads the rest, or null. */
  #rest(archived: Archived | 'incomplete' | Unreadable | null, from: Checkpoint, vanished: Vanished): Generation | null {
    const { handle, name, unread, gone } = vanished;
    const { report } = this.#p;
    if (typeof archived === 'string') {
      if (archived !== 'incomplete') report.trouble(`file ${name}`, `${name}: an archive of it cannot be unpacked now (${archived}); its position is kept and it is tried again`);
      // Its writer may be dead: what came after it must not wait for that.
      setTimeout(() => {
        this.#handles.delete(handle);
        if (!this.#p.life.stop.aborted) this.search(vanished);
      }, ARCHIVE_RETRY_MS).unref();
      return null;
    }
    this.#handles.delete(handle);
    if (archived === null) {
      if (unread !== null && unread > 0) {
        report.dropped('vanished-unread', 0, unread, name);
        gone?.losesBytes(from.offset, from.offset + unread, 'vanished-unread');
      }
      report.note(`${name}: the file read up to byte ${from.offset} is gone${unread === null ? '' : ` with ${unread} bytes unread`}; anything beyond is lost`);
      return nothingLeft(vanished);
    }
    if (archived.size <= from.offset) { closeSync(archived.fd); return nothingLeft(vanished); }
    report.note(`${name}: was compressed before it was read to its end; going on inside ${archived.path}`);
    return this.#p.start({ path: archived.path, id: handle.id, mark: markOf(from), handle, base: archived.base, unpacked: true, fd: archived.fd, whole: archived.size }, null, name, gone);
  }
}

/** No more bytes of it are to be had; what was read of it may still be unacknowledged. */
function nothingLeft({ handle, gone }: Vanished): null {
  if (gone === null || gone.settled) handle.end();
  return null;
}
