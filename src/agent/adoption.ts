import { closeSync } from 'node:fs';
import type { Mark } from '../checkpoint/ledger.ts';
import type { TrackedCheckpoint } from '../checkpoint/tracked.ts';
import { readIdentity } from '../files/file-id.ts';
import { openFile } from '../files/tailer.ts';
import type { ArchivedRests } from './archived-rests.ts';
import type { Generation } from './generation.ts';
import { judge } from './judge.ts';
import type { OlderLives } from './older-lives.ts';
import { START, markOf } from './pipeline-parts.ts';
import type { FileAt, PipelineParts } from './pipeline-parts.ts';

export interface AdoptionContext extends PipelineParts {
  readonly older: OlderLives;
  readonly archives: ArchivedRests;
  /** What is there now is followed from its end, if the entry asks for that. */
  readonly isFirstScan: () => boolean;
  /** It cannot be judged yet: it is to be offered again. */
  readonly later: () => void;
  /** It is not followed, and why. */
  readonly skip: (path: string, reason: string) => null;
  /** It is to be followed, and cannot be read. */
  readonly unread: (path: string, reason: string) => null;
}

/** What no later scan changes by itself. */
const FORBIDDEN: ReadonlySet<string> = new Set(['EACCES', 'EPERM']);
const unopened = (path: string): string => `open ${path}`;

/** Decides what a file is that matches and is not followed yet, and begins to follow it where it is to be read on. */
export class Adoption {
  readonly #c: AdoptionContext;

  constructor(context: AdoptionContext) { this.#c = context; }

  /**
   * A file that is not followed yet: new, known from earlier, or a copy of one that is. It comes after `after`, or after
   * what is still read of its name (`tail`).
   */
  adopt({ path, inode }: FileAt, after: Generation | null | 'tail', allowed: boolean, told: TrackedCheckpoint | null): Generation | null {
    const fault = this.#c.faultOf(this.#c.nameFor(path));
    if (fault !== null) return this.#c.skip(path, fault);
    const opened = openFile(path);
    if ('error' in opened) {
      if (opened.error === 'ENOENT') return null;
      this.#c.later();
      if (FORBIDDEN.has(opened.error)) this.#c.report.trouble(unopened(path), `${path}: cannot be opened (${opened.error}): the agent's user may not read it, and nothing of it is sent. It is tried again at each scan; \`agent doctor\` says what opens the way`);
      return this.#c.unread(path, `cannot be opened (${opened.error}); it is tried again at each scan`);
    }
    this.#c.report.recovered(unopened(path), `${path}: can be opened`);
    let kept = false;
    try {
      // The name went on to another file since it was listed.
      if (inode !== undefined && inode !== opened.inode) return null;
      const known = this.#c.lives.inFile(opened);
      if (known !== null) return known;
      const reason = this.#c.relatives.skipReason(opened.fd);
      if (reason !== null) return this.#c.skip(path, reason);
      const identity = readIdentity(opened.fd);
      if (identity.kind === 'error') return this.#c.unread(path, `cannot be read (${identity.code}); it is tried again at each scan`);
      const { id, size } = identity;
      const prior = told ?? this.#prior(path, opened.fd, after);
      if (prior === 'copy') return this.#c.skip(path, 'a copy of a file that is followed');
      if (prior === 'wait') {
        this.#c.later();
        // It is judged again later, and comes after the same file then.
        if (after !== null && after !== 'tail') this.#c.order.setTail(this.#c.nameFor(path), after);
        return null;
      }
      // Judging it may have taken up this very file as an earlier life of its name.
      const taken = this.#c.lives.inFile(opened);
      if (taken !== null) return taken;
      if (prior === null && !allowed) return this.#c.skip(path, 'an older match (follow: newest reads the newest file only; follow: all reads every one)');
      const mark = prior === null ? this.#firstMark(opened.fd, size) : markOf(prior);
      let handle = prior;
      if (handle !== null && handle.id.inode === id.inode) { handle.identify(id); handle.rename(path); }
      else { handle = this.#c.track(path, id, mark); prior?.forget(); }
      kept = true;
      if (this.#c.relatives.isMounted(path)) this.#c.report.note(`${path}: is a single file mounted there; its rotation by rename cannot be seen here: mount its directory instead, or rotate with copytruncate`);
      // Judging it may have found earlier lives of it that come first.
      return this.#c.start({ path, id, mark, handle, base: 0, unpacked: false, fd: opened.fd }, after === 'tail' ? this.#c.older.tailOf(path) : after, this.#c.nameFor(path), null);
    } finally {
      if (!kept) closeSync(opened.fd);
    }
  }

  /** What an earlier run, or a live generation, knows of this content. */
  #prior(path: string, fd: number, after: Generation | null | 'tail'): TrackedCheckpoint | 'copy' | 'wait' | null {
    const judgement = judge(path, fd, this.#c);
    if (judgement.kind === 'known') return judgement.checkpoint;
    if (judgement.kind !== 'new') return judgement.kind;
    const { moved, overwritten } = judgement;
    const name = this.#c.nameFor(path);
    const behind = after === 'tail' ? this.#c.order.tail(name) : after;
    if (this.#c.older.takeUp(name, moved, behind) && this.#c.archives.searchesFor(name)) return 'wait';
    if (overwritten === null) return null;
    this.#c.report.note(`${path}: holds other bytes than the ${overwritten.offset} already read; taken as truncated and read from its start`);
    const isLive = (): boolean => this.#c.lives.of(overwritten) !== null;
    // A copy made before the truncation may hold what was not read of it.
    if (!isLive() && !overwritten.ended) this.#c.older.takeUp(name, [overwritten], behind);
    if (this.#c.archives.searchesFor(name)) return 'wait';
    if (!isLive() && !this.#c.archives.mayContinue(overwritten)) this.#moveToCopy(overwritten);
    return null;
  }

  /** The file of a checkpoint was truncated: its copy, if there is one, must still be known for what was delivered. */
  #moveToCopy(overwritten: TrackedCheckpoint): void {
    const copy = overwritten.forgotten ? null : this.#c.relatives.copyHolding(overwritten);
    if (copy === null && overwritten.ended) {
      // Its inode number is another file's now. What was delivered may lie in an archive: it stays known by its content.
      overwritten.identify({ ...overwritten.id, device: 0, inode: 0 });
      return;
    }
    if (copy === null || this.#c.lives.isKnown(copy.id)) { overwritten.forget(); return; }
    overwritten.identify(copy.id);
    overwritten.rename(copy.path);
    overwritten.end();
    this.#c.index.enter(overwritten);
  }

  /** Where a file that nobody knows begins: at its start, unless the entry asks for the end of what was there before the agent. */
  #firstMark(fd: number, size: number): Mark {
    if (!this.#c.isFirstScan() || size === 0) return START;
    return this.#c.relatives.markAt(fd, size) ?? START;
  }
}
