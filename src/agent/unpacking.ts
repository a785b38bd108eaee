import { closeSync, fstatSync } from 'node:fs';
import type { Mark } from '../checkpoint/ledger.ts';
import type { TrackedCheckpoint } from '../checkpoint/tracked.ts';
import { HEAD_BYTES, sameGeneration } from '../files/file-id.ts';
import type { Pending } from '../files/siblings.ts';
import type { Checkpoint } from '../flow.ts';
import type { Generation } from './generation.ts';
import { START, markOf } from './pipeline-parts.ts';
import type { PipelineParts } from './pipeline-parts.ts';
import type { Archived } from './relatives.ts';

/** An archive that is still being written, or cannot be read now, is tried again after this time. */
const RETRY_MS = 2_000;

/**
 * Lives that are read inside archives. Each has its place in the order, and its checkpoint, as soon as it is found; it is
 * unpacked when its turn comes, one part after the other: what is unpacked takes room on the disk.
 */
export class Unpacking {
  readonly #p: PipelineParts;
  readonly #began: (task: Promise<void>) => void;
  readonly #underWay = new Set<Generation>();
  /** The name beside which the archive of a generation lies, where its checkpoint has another. */
  readonly #names = new WeakMap<Generation, string>();
  /** Not before this monotonic time. */
  readonly #notBefore = new WeakMap<Generation, number>();

  /** @param began an archive is being unpacked: to be waited for */
  constructor(parts: PipelineParts, began: (task: Promise<void>) => void) {
    this.#p = parts;
    this.#began = began;
  }

  get isUnderWay(): boolean { return this.#underWay.size > 0; }

  /** Takes in a life that was found in an archive, behind `after`: what no checkpoint knows yet has one from now on. */
  begin({ candidate, archived: id, checkpoint }: Pending, name: string, after: Generation | null): Generation | null {
    const { lives, faultOf, track, start } = this.#p;
    if (id === null || faultOf(name) !== null) return null;
    const known = checkpoint as TrackedCheckpoint | null;
    const live = known === null ? null : lives.of(known);
    if (live !== null) return live;
    const mark = known === null ? START : markOf(known);
    const handle = known ?? track(name, id, START);
    // Its plain file is gone: the inode number is another file's, soon.
    if (known !== null) known.identify({ ...known.id, device: id.device, inode: id.inode });
    const g = start({ path: candidate.path, id: handle.id, mark, handle, base: mark.offset - mark.windowLength, unpacked: true, fd: null }, after, name, null);
    this.#names.set(g, name);
    return g;
  }

  /** Unpacks what comes next of it: its first part, or what follows the part it has read, or was given back. */
  unpack(g: Generation): void {
    if (this.#underWay.has(g) || this.#p.now() < (this.#notBefore.get(g) ?? -Infinity)) return;
    this.#underWay.add(g);
    this.#began(this.#unpack(g).finally(() => { this.#underWay.delete(g); }).then(() => { this.#p.wake.nudge(g.file); }));
  }

  async #unpack(g: Generation): Promise<void> {
    const { life: { stop }, relatives, report, order, begin, nameFor } = this.#p;
    const name = this.#names.get(g) ?? nameFor(g.handle.path);
    const from = g.reached;
    const found = await relatives.archived(from, name, stop, this.#others(g), g.path);
    const isFirst = g.file.whole === null;
    const delivered = typeof found === 'object' && found !== null && from.offset === 0 ? await this.#delivered(g, found) : null;
    if (stop.aborted || g.released || g.reached.offset !== from.offset) {
      if (typeof found === 'object' && found !== null) closeSync(found.fd);
      return;
    }
    if (found === 'incomplete' || typeof found === 'string') {
      if (found !== 'incomplete') report.trouble(`file ${g.path}`, `${g.path}: cannot be unpacked now (${found}); its position is kept and it is tried again`);
      this.#notBefore.set(g, this.#p.now() + RETRY_MS);
      setTimeout(() => { this.#p.wake.nudge(g.file); }, RETRY_MS).unref();
      // Its writer may be dead: what came after it must not wait for that.
      begin(order.drain(g));
      return;
    }
    if (found === null) {
      report.note(`${name}: ${from.offset === 0 ? `the archive ${g.path}, of which nothing was read,` : `the archive of what was read up to byte ${from.offset}`} is gone or damaged; what was not read of it is lost`);
      const unread = (g.file.whole ?? 0) - from.offset;
      if (unread > 0) report.dropped('vanished-unread', 0, unread, name);
      g.truncated = true;
      return;
    }
    const skipped = relatives.skipReason(found.fd);
    const position = delivered?.offset ?? from.offset;
    if (position >= found.size || (from.offset === 0 && skipped !== null)) {
      if (skipped !== null) report.note(`${found.path}: is not read: ${skipped}`);
      if (delivered !== null) report.note(`${found.path}: holds what was delivered already, and is not read again`);
      closeSync(found.fd);
      g.truncated = true;
      return;
    }
    if (isFirst) {
      report.note(from.offset === 0
        ? `${name}: was rotated and compressed before anything was read of it; reading it inside ${found.path}`
        : `${name}: was compressed before it was read to its end; going on inside ${found.path}`);
    }
    report.recovered(`file ${g.path}`, `${g.path}: can be unpacked again`);
    if (delivered !== null) {
      report.read(delivered.offset);
      g.skip(delivered);
    }
    g.file.unpack(found);
  }

  /** Other checkpoints: the archives they speak of are not taken for this one's, unless the content says so. */
  #others(g: Generation): readonly Checkpoint[] { return this.#p.checkpoints().filter((checkpoint) => checkpoint !== g.handle); }

  /**
   * How far an unpacked life was delivered already, from its plain file or another copy: the content says so, since what
   * packs a file may give it a new time. Null: nothing of it.
   */
  async #delivered(g: Generation, { fd, path, end, size }: Archived): Promise<Mark | null> {
    const { lives, relatives, life: { stop } } = this.#p;
    const stats = fstatSync(fd);
    for (const checkpoint of this.#p.checkpoints()) {
      const live = lives.of(checkpoint);
      if (checkpoint === g.handle || (live === null && !checkpoint.ended)) continue;
      const reached = live?.reached ?? checkpoint;
      if (reached.offset === 0 || reached.offset > size || reached.id.headLength === 0) continue;
      // As short as this, what they share may be a banner only, unless it is all there is.
      if (reached.offset < HEAD_BYTES && reached.offset !== size) continue;
      const kinship = reached.offset <= end ? sameGeneration(reached, fd, stats) : await relatives.holds(path, reached, stop) ? 'copy' : 'replaced';
      // What is followed still is read there to its end.
      if (kinship === 'copy' || kinship === 'same') return live === null ? markOf(reached) : { ...START, offset: size };
    }
    return null;
  }
}
