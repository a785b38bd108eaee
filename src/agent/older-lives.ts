import type { TrackedCheckpoint } from '../checkpoint/tracked.ts';
import { look } from '../files/look.ts';
import { pathNow } from '../files/sibling-list.ts';
import type { Candidate } from '../files/sibling-list.ts';
import { CLOCK_SLACK_MS, tookItsInode } from '../files/siblings.ts';
import type { ArchivedRests } from './archived-rests.ts';
import type { Generation } from './generation.ts';
import { inodeAt } from './inode-at.ts';
import type { PipelineParts } from './pipeline-parts.ts';
import type { Unpacking } from './unpacking.ts';

/** Rotated since it was listed, it has another name. */
const asItIsNow = (candidate: Candidate): Candidate => ({ ...candidate, path: pathNow(candidate) ?? candidate.path });

/** Listings of a directory in which the names change under the listing. */
const MAX_RELISTS = 5;

/** Lives of files that are not at their names any more: what earlier runs left unfinished, and what came and went unseen. */
export class OlderLives {
  readonly #p: PipelineParts;
  readonly #archives: ArchivedRests;
  readonly #unpacking: Unpacking;
  /** Checkpoints whose other files are being looked for: one of those may have the same inode number. */
  readonly #judged = new Set<TrackedCheckpoint>();
  /** Of files below mounts that give no answer. */
  readonly #passedOver = new Set<TrackedCheckpoint>();

  constructor(parts: PipelineParts, archives: ArchivedRests, unpacking: Unpacking) {
    this.#p = parts;
    this.#archives = archives;
    this.#unpacking = unpacking;
  }

  /** Something could not be looked at yet: `resumePassedOver` is to be called again. */
  get hasPassedOver(): boolean { return this.#passedOver.size > 0; }

  /** Takes up unfinished files of earlier runs that are not where they were: under another name, copied, or compressed. */
  resume(): void { this.#resume(() => true); }

  /** Does what `resume` left out because it could not look there, as far as it can by now. */
  resumePassedOver(): void {
    const { reach } = this.#p.stages;
    const inReach = new Set([...this.#passedOver].filter(({ path }) => !reach.isOut(path)));
    if (inReach.size === 0) return;
    for (const checkpoint of inReach) this.#passedOver.delete(checkpoint);
    this.#resume((checkpoint) => inReach.has(checkpoint));
  }

  #resume(isAsked: (checkpoint: TrackedCheckpoint) => boolean): void {
    const { index, lives, nameFor, matches } = this.#p;
    const byName = new Map<string, TrackedCheckpoint[]>();
    const ended = new Map<string, TrackedCheckpoint>();
    const alive = new Set<string>();
    // Of several lives of a name the last one stands there, whatever inode number those before it had.
    const youngest = new Map<string, TrackedCheckpoint>();
    for (const checkpoint of this.#p.checkpoints()) {
      const other = youngest.get(checkpoint.path);
      if (!checkpoint.ended && (other === undefined || other.number < checkpoint.number)) youngest.set(checkpoint.path, checkpoint);
    }
    for (const checkpoint of this.#p.checkpoints()) {
      // Handed over open by the pipeline before: what comes after it is found when its name is looked at.
      if (lives.of(checkpoint) !== null) { alive.add(nameFor(checkpoint.path)); continue; }
      if (checkpoint.ended) {
        const latest = ended.get(checkpoint.path);
        if (latest === undefined || latest.updatedAt < checkpoint.updatedAt) ended.set(checkpoint.path, checkpoint);
        continue;
      }
      const name = nameFor(checkpoint.path);
      alive.add(name);
      if (!isAsked(checkpoint) || this.#passesOver(checkpoint)) continue;
      const at = look(checkpoint.path);
      if (at.kind === 'error') continue;
      if (name === checkpoint.path && youngest.get(name) === checkpoint && at.kind === 'present' && at.stats.ino === checkpoint.id.inode && at.stats.size >= checkpoint.offset && !tookItsInode(checkpoint, at.stats.birthtimeMs)) continue;
      const list = byName.get(name);
      if (list === undefined) byName.set(name, [checkpoint]); else list.push(checkpoint);
    }
    // Behind what was handed over of the same name: it came before.
    for (const [name, checkpoints] of byName) this.takeUp(name, checkpoints, this.#p.order.tail(name));
    // The last file of this name was done with, and another came while no agent ran: there may have been more of them.
    for (const [path, checkpoint] of ended) {
      if (alive.has(path) || !matches(path) || !isAsked(checkpoint) || this.#passesOver(checkpoint)) continue;
      const inode = inodeAt(path);
      if (inode !== null && !index.knowsInode(inode)) this.takeUp(path, [checkpoint]);
    }
  }

  #passesOver(checkpoint: TrackedCheckpoint): boolean {
    const isOut = this.#p.stages.reach.isOut(checkpoint.path);
    if (isOut) this.#passedOver.add(checkpoint);
    return isOut;
  }

  /**
   * Follows what is left of earlier generations of the file called `name`; the last of them must end before the present one
   * begins. False if that is under way already: judging one of the files found must not begin it again.
   * @param behind the life of that file after which this is asked, or null: what is found comes after it
   */
  takeUp(name: string, checkpoints: readonly TrackedCheckpoint[], behind: Generation | null = null): boolean {
    const fresh = checkpoints.filter((checkpoint) => !this.#judged.has(checkpoint));
    if (fresh.length === 0) return false;
    const fault = this.#p.faultOf(name);
    if (fault !== null) {
      this.#p.report.note(`${name}: what an earlier run left unread of it stays unread: ${fault}`);
      return false;
    }
    for (const checkpoint of fresh) this.#judged.add(checkpoint);
    try {
      // Rotated again while it was looked for: the names belong to other files now. What was taken up is found again.
      for (let attempt = 0; attempt < MAX_RELISTS && !this.#takeUpFiles(name, fresh, behind); attempt++);
    } finally {
      for (const checkpoint of fresh) this.#judged.delete(checkpoint);
    }
    return true;
  }

  /** False when a name went on to another file between the listing and the opening. */
  #takeUpFiles(name: string, checkpoints: readonly TrackedCheckpoint[], behind: Generation | null): boolean {
    const { lives, order, lingering, nameFor, matches, relatives, report, adopt } = this.#p;
    const known = this.#p.checkpoints().filter((c) => checkpoints.includes(c) || c.ended || nameFor(c.path) === name);
    const { pending, missing, damaged } = relatives.pending(name, checkpoints, known);
    for (const { path, code } of damaged) {
      report.note(`${path}: holds what was written to ${name} while no agent read it, and cannot be unpacked (${code}); it is not delivered. Check the archive`);
    }
    const vanished = (missing as readonly TrackedCheckpoint[]).filter((checkpoint) => lives.of(checkpoint) === null);
    let last = behind;
    for (const one of pending) {
      const { candidate, checkpoint } = one;
      if (one.archived !== null) { last = this.#unpacking.begin(one, name, last) ?? last; continue; }
      const file = asItIsNow(candidate);
      const started = adopt(file, last, checkpoint as TrackedCheckpoint | null);
      if (started === null && inodeAt(file.path) !== file.inode) return false;
      if (started === null) continue;
      if (started.path === name || matches(started.path)) started.file.attach();
      else lingering.lost(started, 'renamed');
      last = started;
    }
    if (last !== null) order.setTail(name, last);
    for (const handle of vanished) {
      // It was empty when it was found: what came into it is one of the archives that nobody knows, if it is in any.
      if (handle.id.headLength === 0 && handle.offset === 0 && pending.some(({ archived }) => archived !== null)) handle.end();
      else this.#archives.search({ handle, name, unread: null, gone: null });
    }
    return true;
  }

  /**
   * Follows the lives of `path` that came after `g` and were rotated away before anyone looked, behind `before`, one behind
   * the other. Gives them, oldest first.
   */
  since(g: Generation, path: string, before: Generation | null): readonly Generation[] {
    const { relatives, adopt, lingering } = this.#p;
    const found: Generation[] = [];
    for (let attempt = 0; attempt < MAX_RELISTS; attempt++) {
      let shifted = false;
      for (const life of relatives.after(g, path, g.file.seenAt - CLOCK_SLACK_MS, this.#p.checkpoints())) {
        const last = found.at(-1) ?? before;
        const file = asItIsNow(life.candidate);
        const one = life.archived === null ? adopt(file, last) : this.#unpacking.begin({ ...life, checkpoint: null }, this.#p.nameFor(path), last);
        // A rotation between the listing and the opening gives the names to other files: list again, oldest first.
        if (one === null && life.archived === null && inodeAt(file.path) !== file.inode) { shifted = true; break; }
        if (one === null || one === last) continue;
        if (one.file.attachment === 'attached') lingering.lost(one, 'renamed');
        found.push(one);
      }
      if (!shifted) break;
    }
    return found;
  }

  /** The last of the earlier lives of a name that are still read, with those that came and went since it was taken up. */
  tailOf(name: string): Generation | null {
    const tail = this.#p.order.tail(name);
    return tail === null ? null : this.since(tail, name, tail).at(-1) ?? tail;
  }
}
