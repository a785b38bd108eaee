import type { Checkpoint, FileId } from '../flow.ts';

/** What of a generation is not on disk yet: nothing, its progress, or all of it. */
export type Unwritten = 'nothing' | 'progress' | 'definition';

/** Told of each change, once until the change was taken for writing. */
export interface ChangeListener {
  changed(generation: TrackedCheckpoint): void;
  forgotten(generation: TrackedCheckpoint): void;
}

/**
 * The live checkpoint of one generation and the handle by which its follower moves it. Every call is synchronous, cheap
 * and durable a little later (see CheckpointStore). A property read gives the newest value, written or not.
 */
export class TrackedCheckpoint implements Checkpoint {
  /** Its number in snapshot and journal. */
  readonly number: number;
  readonly entry: string;
  readonly #listener: ChangeListener;
  #path: string;
  #id: FileId;
  #offset: number;
  #windowCrc: number;
  #windowLength: number;
  #split: Checkpoint['split'];
  #cursor: string | undefined;
  #ended: boolean;
  #updatedAt: number;
  #unwritten: Unwritten = 'nothing';
  #forgotten = false;

  constructor(number: number, checkpoint: Checkpoint, listener: ChangeListener) {
    this.number = number;
    this.entry = checkpoint.entry;
    this.#path = checkpoint.path;
    this.#id = checkpoint.id;
    this.#offset = checkpoint.offset;
    this.#windowCrc = checkpoint.windowCrc;
    this.#windowLength = checkpoint.windowLength;
    this.#split = checkpoint.split;
    this.#cursor = checkpoint.cursor;
    this.#ended = checkpoint.ended;
    this.#updatedAt = checkpoint.updatedAt;
    this.#listener = listener;
  }

  get path(): string { return this.#path; }
  get id(): FileId { return this.#id; }
  get offset(): number { return this.#offset; }
  get windowCrc(): number { return this.#windowCrc; }
  get windowLength(): number { return this.#windowLength; }
  get split(): Checkpoint['split'] { return this.#split; }
  get cursor(): string | undefined { return this.#cursor; }
  get ended(): boolean { return this.#ended; }
  get updatedAt(): number { return this.#updatedAt; }
  get forgotten(): boolean { return this.#forgotten; }

  /**
   * The safe offset is now `offset`; `windowCrc` is the crc32 of the `windowLength` bytes before it.
   * @param seenAt when the file was last seen to go on from there, epoch ms: what was written to a name since then may be another life
   */
  update(offset: number, windowCrc: number, windowLength: number, split: Checkpoint['split'], seenAt = Date.now()): void {
    this.#offset = offset;
    this.#windowCrc = windowCrc;
    this.#windowLength = windowLength;
    this.#split = split;
    this.#updatedAt = seenAt;
    this.#mark('progress');
  }

  /** Of a journal: every entry up to and with that at `cursor` is settled, `offset` bytes in all. */
  reach(offset: number, cursor: string): void {
    this.#offset = offset;
    this.#cursor = cursor;
    this.#updatedAt = Date.now();
    this.#mark('progress');
  }

  /** The file is now at `path`. */
  rename(path: string): void {
    if (path === this.#path) return;
    this.#path = path;
    this.#mark('definition');
  }

  /** Its head grew, or its device has another number: still the same generation. */
  identify(id: FileId): void {
    this.#id = id;
    this.#mark('definition');
  }

  /** It was read to its end and is gone or closed for good. Kept for a while, so that it is not taken for new when found again. */
  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#updatedAt = Date.now();
    this.#mark('progress');
  }

  /** Removes it from the store: found again, its file is a new one. */
  forget(): void {
    if (this.#forgotten) return;
    this.#forgotten = true;
    this.#listener.forgotten(this);
  }

  /** For the store alone: hands over what is to be written. */
  takeUnwritten(): Unwritten {
    const unwritten = this.#unwritten;
    this.#unwritten = 'nothing';
    return unwritten;
  }

  /** For the store alone: `what` did not reach the disk, or has never been there. */
  markUnwritten(what: Unwritten): void {
    if (what !== 'nothing') this.#mark(what);
  }

  #mark(what: Exclude<Unwritten, 'nothing'>): void {
    if (this.#unwritten === 'nothing') {
      if (this.#forgotten) return;
      this.#unwritten = what;
      this.#listener.changed(this);
    } else if (what === 'definition') this.#unwritten = what;
  }
}
