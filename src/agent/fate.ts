import { look } from '../files/look.ts';
import type { ArchivedRests } from './archived-rests.ts';
import type { Generation } from './generation.ts';
import { inodeAt } from './inode-at.ts';
import type { OlderLives } from './older-lives.ts';
import type { PipelineParts } from './pipeline-parts.ts';
import type { Unpacking } from './unpacking.ts';

/** What became of a followed file, as its follower finds it: grown, renamed, deleted, truncated, or not to be read. */
export class Fate {
  readonly #p: PipelineParts;
  readonly #older: OlderLives;
  readonly #archives: ArchivedRests;
  readonly #unpacking: Unpacking;

  constructor(parts: PipelineParts, older: OlderLives, archives: ArchivedRests, unpacking: Unpacking) {
    this.#unpacking = unpacking;
    this.#p = parts;
    this.#older = older;
    this.#archives = archives;
  }

  /** After each quiet moment: read once more at once (`again`), wait for growth (`follow`), or `end`. */
  look(g: Generation): 'follow' | 'again' | 'end' {
    const { stages, order, lingering, report, hurry, begin } = this.#p;
    const { file } = g;
    g.growHead();
    g.looked = true;
    if (file.attachment === 'attached') {
      const at = look(file.path);
      if (at.kind === 'error') {
        file.hidden = true;
        report.trouble(`name ${file.path}`, `${file.path}: cannot be looked at now (${at.code}); its position is kept and it is tried again`);
        return 'follow';
      }
      if (file.hidden) {
        file.hidden = false;
        report.recovered(`name ${file.path}`, `${file.path}: can be looked at again`);
      }
      if (at.kind === 'present' && at.stats.ino === file.id.inode && !file.unpacked) {
        file.seenAt = stages.wallNow();
        if (order.waitingFor(g).length === 0) return 'follow';
        // It moved on to another name that matches: what came after it waits all the same.
        if (order.takeUnread(g)) return 'again';
        begin(order.drain(g));
        return 'follow';
      }
      this.#nameIsGone(g, at.kind === 'present');
    }
    if (file.isPart) { file.close(); return 'again'; }
    if (order.takeUnread(g)) return 'again';
    const over = hurry() || file.unpacked || lingering.isOver(g);
    // A message of whole lines may go on in the next file; anything else is sent before that begins.
    if (!over || g.holdsLines) begin(order.drain(g));
    return over ? 'end' : 'follow';
  }

  /** Its name is gone or belongs to another file: read on by descriptor, and make way for what has the name now. */
  #nameIsGone(g: Generation, replaced: boolean): void {
    const { relatives, lives, order, lingering, report, adopt } = this.#p;
    const { path } = g;
    const newName = relatives.renamed(g);
    const fd = g.file.descriptor();
    report.debug(() => `${path}: inode ${g.id.inode} has lost its name${newName === null ? '' : ` to ${newName}`}, and is read on`);
    if (newName !== null) lives.move(g, newName);
    else if (fd === null) report.trouble(`file ${path}`, `${path}: gone before it was read to its end`);
    lingering.lost(g, newName === null ? 'deleted' : 'renamed');
    const last = this.#older.since(g, path, g).at(-1) ?? g;
    if (replaced) adopt({ path }, last); else order.setTail(path, last);
    lingering.limit();
  }

  /** The bytes before the offset are gone: goes on in its copy, if there is one, then with what the file holds now. */
  truncated(g: Generation): void {
    const { relatives, lingering, report, nameFor, track, start, adopt } = this.#p;
    const { path, unread } = g;
    g.truncated = true;
    const copy = relatives.copyOf(g);
    report.debug(() => `${path}: inode ${g.id.inode} was truncated at byte ${g.offset}${copy === null ? '' : `; its content goes on in ${copy.path}`}`);
    let last: Generation | null = null;
    g.copied = copy !== null;
    if (copy !== null) {
      last = start({ path: copy.path, id: copy.id, mark: g.mark, handle: track(copy.path, copy.id, g.safe), base: 0, unpacked: false, fd: null }, null, nameFor(path), g);
      lingering.isCopy(last);
      const beyond = g.file.size - copy.size;
      if (beyond > 0) {
        report.dropped('truncated-unread', 0, beyond, path);
        g.losesBytes(copy.size, g.file.size, 'truncated-unread');
      }
    } else {
      this.#knowCutCopy(g);
      if (unread > 0) {
        report.dropped('truncated-unread', 0, unread, path);
        g.losesBytes(g.file.size - unread, g.file.size, 'truncated-unread');
      }
      report.note(`${path}: truncated; ${unread > 0 ? `${unread} bytes were gone before they could be read, ` : ''}read again from its start`);
    }
    for (const one of this.#older.since(g, path, last)) {
      lingering.isCopy(one);
      last = one;
    }
    g.handle.forget();
    this.#p.over(g);
    adopt({ path }, this.#movedSince(g, last) ?? last);
  }

  /** The truncated file was rotated by rename too before anyone looked: its new life is under another name, and comes first. */
  #movedSince(g: Generation, last: Generation | null): Generation | null {
    const { relatives, lingering, adopt } = this.#p;
    if (inodeAt(g.path) === g.id.inode) return null;
    const newName = relatives.renamed(g);
    const life = newName === null ? null : adopt({ path: newName }, last);
    if (life !== null) lingering.lost(life, 'renamed');
    return life;
  }

  /** A copy may end before what was read: its bytes are delivered, and it must be known for that when the pattern matches it too. */
  #knowCutCopy(g: Generation): void {
    const { relatives, lingering, nameFor, track, start } = this.#p;
    const cut = relatives.cutCopyOf(g, this.#p.checkpoints().filter((checkpoint) => checkpoint !== g.handle));
    if (cut === null) return;
    const { path, id, mark } = cut;
    const handle = track(path, id, g.safe.offset < mark.offset ? g.safe : mark);
    lingering.isCopy(start({ path, id, mark, handle, base: 0, unpacked: false, fd: null }, null, nameFor(g.path), g));
  }

  /** It cannot be opened or read: tried again, unless it is gone for good. */
  unreadable(g: Generation): 'follow' | 'end' {
    const { relatives, report, nameFor, adopt } = this.#p;
    const { path } = g;
    if (g.file.isOutOfReach) return 'follow';
    if (g.file.unpacked) {
      if (g.truncated) return 'end';
      this.#unpacking.unpack(g);
      return 'follow';
    }
    const { lastError } = g.file;
    if (lastError !== 'ENOENT' && lastError !== 'ESTALE' && lastError !== 'ENOTDIR') {
      report.trouble(`file ${path}`, `${path}: cannot be read (${lastError}); its position is kept and it is tried again`);
      return 'follow';
    }
    if (!g.file.pinned && relatives.renamed(g) !== null) { this.#nameIsGone(g, look(path).kind !== 'gone'); return 'follow'; }
    this.#archives.search({ handle: g.handle, name: nameFor(path), unread: g.unread, gone: g });
    g.truncated = true;
    const last = this.#older.since(g, path, g).at(-1) ?? g;
    if (look(path).kind !== 'gone') adopt({ path }, last);
    return 'end';
  }
}
