import { constants, writeSync } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';

/** Root may write in a directory of the service's user: no link there is followed. */
const TO_GO_ON = constants.O_RDWR | constants.O_NOFOLLOW;

/** Makes the names in a directory durable: a rename is on disk only once its directory is. */
export async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Writes a file whole or not at all, mode 0600: temporary name, fsync, rename. The directory is not synced. */
export async function writeWhole(path: string, bytes: Buffer): Promise<void> {
  const temporary = `${path}.tmp`;
  try {
    await rm(temporary, { force: true });
    const handle = await open(temporary, 'wx', 0o600);
    try {
      await handle.writeFile(bytes);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw error;
  }
}

/**
 * The open journal. Its length is what was written in full: a write that failed half-way (a full disk) is written over
 * by the next one, so only a crash can leave a torn line, and only as the last.
 */
export class Journal {
  readonly #handle: FileHandle;
  #length: number;

  private constructor(handle: FileHandle, length: number) {
    this.#handle = handle;
    this.#length = length;
  }

  /** Goes on after the intact `length` bytes of an existing journal; what follows them is cut off. */
  static async continue(path: string, length: number): Promise<Journal> {
    const handle = await open(path, TO_GO_ON);
    try {
      await handle.truncate(length);
      await handle.chmod(0o600);
      return new Journal(handle, length);
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  /** Begins a journal with its header, durable from its first appearance. */
  static async create(path: string, header: Buffer): Promise<Journal> {
    await writeWhole(path, header);
    return new Journal(await open(path, TO_GO_ON), header.length);
  }

  /** Bytes written in full. */
  get length(): number { return this.#length; }

  /** Synchronous: a few lines into the page cache take less than handing them to another thread. Throws the system's error. */
  append(bytes: Buffer): void {
    let written = 0;
    while (written < bytes.length) written += writeSync(this.#handle.fd, bytes, written, bytes.length - written, this.#length + written);
    this.#length += bytes.length;
  }

  sync(): Promise<void> { return this.#handle.datasync(); }

  close(): Promise<void> { return this.#handle.close(); }
}
