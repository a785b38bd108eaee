// A file system of this process alone, by the kernel's own protocol (linux/fuse.h), which answers when it is told to.
import { spawnSync } from 'node:child_process';
import { closeSync, constants, existsSync, mkdtempSync, openSync, readSync, rmdirSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { atEnd } from './at-end.ts';
import type { Owner } from './at-end.ts';

/** Opcodes. */
const LOOKUP = 1;
const FORGET = 2;
const GETATTR = 3;
const OPEN = 14;
const READ = 15;
const STATFS = 17;
const RELEASE = 18;
const INIT = 26;
const OPENDIR = 27;
const READDIR = 28;
const RELEASEDIR = 29;
const INTERRUPT = 36;
const BATCH_FORGET = 42;
/** Sizes of the structures that are read and written. */
const HEADER_IN = 40;
const HEADER_OUT = 16;
const INIT_OUT = 64;
const STATFS_OUT = 80;
const OPEN_OUT = 16;
const ATTR = 88;
/** The kernel wants room for at least so much. */
const REQUEST_BYTES = 256 << 10;
/** Words of ours to the kernel. */
const INVALID_INODE = 2;
const INVALID_ENTRY = 3;
/** Seconds for which names and attributes are valid, unless the kernel is told otherwise: no look asks in vain. */
const VALID_S = 3600n;
const ENOENT = -2;
const ENOSYS = -38;
/** The kernel keeps no bytes of the file: each read is asked. */
const DIRECT_IO = 1;
/** As with NFS, a close of what was only read tells nobody: no process could end that has a file open here while this one hangs. */
const NO_FLUSH = 32;
const ROOT = 1;
const NOTHING = Buffer.alloc(0);

export interface FuseMount {
  readonly mountPoint: string;
  /** Answers what was asked since, and is asked until `hang`. */
  answer(blocks: number): void;
  hang(): void;
  /** What a file in it holds from now on, by its name; null: it is gone. */
  write(name: string, text: string | null): void;
  /** Moves a file to another name. */
  rename(name: string, to: string): void;
  /** Of the last answers how many, one behind the other, were to a statfs: whatever else was asked is asked no more. */
  readonly statfsInARow: number;
}

/** Why no file system of a process can be mounted here, or false. For a test's `skip`. */
export function noFuse(): string | false {
  if (process.geteuid?.() !== 0) return 'needs root to mount a file system';
  return existsSync('/dev/fuse') ? false : 'this kernel has no FUSE';
}

/** Mounts one that hangs from its first question on: a folder of files. What was once said of them is remembered until it changes. */
export function mountFuse(t: Owner): FuseMount {
  const mountPoint = mkdtempSync(join(tmpdir(), 'fuse-'));
  const fd = openSync('/dev/fuse', constants.O_RDWR | constants.O_NONBLOCK);
  const { status, stderr } = spawnSync('mount', ['-i', '-t', 'fuse', '-o', 'fd=3,rootmode=40000,user_id=0,group_id=0', 'hanging', mountPoint], { stdio: ['ignore', 'ignore', 'pipe', fd], encoding: 'utf8' });
  if (status !== 0) throw new Error(`mount of a FUSE file system: ${stderr}`);
  let timer: NodeJS.Timeout | undefined;
  let statfsInARow = 0;
  const folder = new Folder((code, body) => { tell(fd, code, body); });
  atEnd(t, () => {
    clearInterval(timer);
    // The last descriptor of it: whoever waits gets an error.
    closeSync(fd);
    spawnSync('umount', ['-l', mountPoint]);
    rmdirSync(mountPoint);
  });
  return {
    mountPoint,
    answer: (blocks) => {
      clearInterval(timer);
      timer = setInterval(() => {
        for (;;) {
          const opcode = answerOne(fd, folder, blocks);
          if (opcode === null) return;
          statfsInARow = opcode === STATFS ? statfsInARow + 1 : 0;
        }
      }, 1);
    },
    hang: () => { clearInterval(timer); },
    write: (name, text) => { folder.write(name, text); },
    rename: (name, to) => { folder.rename(name, to); },
    get statfsInARow() { return statfsInARow; },
  };
}

interface Node { readonly id: number; bytes: Buffer; mtime: number }

/** Files by name. One that is gone can still be read by whoever has it open. */
class Folder {
  readonly #names = new Map<string, Node>();
  readonly #nodes = new Map<number, Node>();
  readonly #tell: (code: number, body: Buffer) => void;
  #mtime = Date.now();
  #next = ROOT + 1;

  /** @param tell says to the kernel what it must not remember any more. */
  constructor(tell: (code: number, body: Buffer) => void) { this.#tell = tell; }

  write(name: string, text: string | null): void {
    const known = this.#names.get(name);
    if (text === null) this.#names.delete(name);
    else if (known !== undefined) {
      known.bytes = Buffer.from(text);
      known.mtime = Date.now();
      this.#changed(known.id);
      return;
    } else {
      const node = { id: this.#next++, bytes: Buffer.from(text), mtime: Date.now() };
      this.#names.set(name, node);
      this.#nodes.set(node.id, node);
    }
    this.#moved(name);
  }

  rename(name: string, to: string): void {
    const node = this.#names.get(name);
    if (node === undefined) throw new Error(`no file ${name}`);
    this.#names.delete(name);
    this.#names.set(to, node);
    this.#moved(name, to);
  }

  #moved(...names: readonly string[]): void {
    this.#mtime = Date.now();
    this.#changed(ROOT);
    for (const name of names) {
      const entry = Buffer.alloc(16);
      entry.writeBigUInt64LE(BigInt(ROOT), 0);
      entry.writeUInt32LE(Buffer.byteLength(name), 8);
      this.#tell(INVALID_ENTRY, Buffer.concat([entry, Buffer.from(`${name}\0`)]));
    }
  }

  #changed(id: number): void {
    const inode = Buffer.alloc(24);
    inode.writeBigUInt64LE(BigInt(id), 0);
    this.#tell(INVALID_INODE, inode);
  }

  idOf(name: string): number | null { return this.#names.get(name)?.id ?? null; }
  bytesOf(id: number): Buffer { return this.#nodes.get(id)?.bytes ?? NOTHING; }

  attr(id: number): Buffer {
    const node = this.#nodes.get(id);
    const mtime = node?.mtime ?? this.#mtime;
    const attr = Buffer.alloc(ATTR);
    const named = [...this.#names.values()].some((one) => one.id === id);
    for (const [index, value] of [id, node?.bytes.length ?? 0, 1, ...Array.from({ length: 3 }, () => Math.floor(mtime / 1000))].entries()) attr.writeBigUInt64LE(BigInt(value), index * 8);
    for (const [index, value] of [...Array.from({ length: 3 }, () => (mtime % 1000) * 1_000_000), id === ROOT ? 0o40755 : 0o100644, id === ROOT || named ? 1 : 0, 0, 0, 0, 4096].entries()) attr.writeUInt32LE(value, 48 + index * 4);
    return attr;
  }

  /** Entries from the `from`th on, as getdents(2) has them. */
  entries(from: number): Buffer {
    return Buffer.concat([...this.#names].slice(from).map(([name, { id }], index) => {
      const entry = Buffer.alloc(24 + Math.ceil(Buffer.byteLength(name) / 8) * 8);
      entry.writeBigUInt64LE(BigInt(id), 0);
      entry.writeBigUInt64LE(BigInt(from + index + 1), 8);
      entry.writeUInt32LE(Buffer.byteLength(name), 16);
      entry.writeUInt32LE(constants.S_IFREG >> 12, 20);
      entry.write(name, 24);
      return entry;
    }));
  }
}

/** A word that answers nothing. */
function tell(fd: number, code: number, body: Buffer): void {
  const header = Buffer.alloc(HEADER_OUT);
  header.writeUInt32LE(HEADER_OUT + body.length, 0);
  header.writeInt32LE(code, 4);
  try {
    writeSync(fd, Buffer.concat([header, body]));
  } catch {
    // It remembers nothing of it.
  }
}

/** What was asked; null: nothing. */
function answerOne(fd: number, folder: Folder, blocks: number): number | null {
  const request = Buffer.alloc(REQUEST_BYTES);
  let length: number;
  try {
    length = readSync(fd, request, 0, request.length, null);
  } catch {
    return null;
  }
  const opcode = request.readUInt32LE(4);
  // Nobody waits for these.
  if (opcode === FORGET || opcode === BATCH_FORGET || opcode === INTERRUPT) return opcode;
  const body = answerTo(opcode, Number(request.readBigUInt64LE(16)), request.subarray(HEADER_IN, length), folder, blocks);
  const answer = Buffer.alloc(HEADER_OUT);
  answer.writeUInt32LE(HEADER_OUT + (typeof body === 'number' ? 0 : body.length), 0);
  answer.writeInt32LE(typeof body === 'number' ? body : 0, 4);
  request.copy(answer, 8, 8, 16);
  try {
    writeSync(fd, typeof body === 'number' ? answer : Buffer.concat([answer, body]));
  } catch {
    // Whoever asked has been killed meanwhile.
  }
  return opcode;
}

function answerTo(opcode: number, node: number, question: Buffer, folder: Folder, blocks: number): Buffer | number {
  switch (opcode) {
    case INIT: return initAnswer(question);
    case STATFS: return statfsAnswer(blocks);
    case LOOKUP: {
      const id = folder.idOf(question.toString('utf8', 0, question.indexOf(0)));
      if (id === null) return ENOENT;
      const entry = Buffer.alloc(40);
      for (const [index, value] of [BigInt(id), 0n, VALID_S, VALID_S].entries()) entry.writeBigUInt64LE(value, index * 8);
      return Buffer.concat([entry, folder.attr(id)]);
    }
    case GETATTR: {
      const valid = Buffer.alloc(16);
      valid.writeBigUInt64LE(VALID_S, 0);
      return Buffer.concat([valid, folder.attr(node)]);
    }
    case OPEN: case OPENDIR: {
      const opened = Buffer.alloc(OPEN_OUT);
      opened.writeUInt32LE(opcode === OPEN ? DIRECT_IO | NO_FLUSH : 0, 8);
      return opened;
    }
    case READ: case READDIR: {
      const from = Number(question.readBigUInt64LE(8));
      const size = question.readUInt32LE(16);
      return opcode === READ ? folder.bytesOf(node).subarray(from, from + size) : folder.entries(from).subarray(0, size);
    }
    case RELEASE: case RELEASEDIR: return NOTHING;
    default: return ENOSYS;
  }
}

/** Speaks the version that the kernel speaks, and wants nothing. */
function initAnswer(question: Buffer): Buffer {
  const body = Buffer.alloc(INIT_OUT);
  body.writeUInt32LE(question.readUInt32LE(0), 0);
  body.writeUInt32LE(question.readUInt32LE(4), 4);
  body.writeUInt32LE(4096, 20);
  return body;
}

/** Half of the blocks are free, all of those for anyone; its unit differs from the preferred size of a request. */
function statfsAnswer(blocks: number): Buffer {
  const body = Buffer.alloc(STATFS_OUT);
  for (const [index, count] of [blocks, blocks / 2, blocks / 2, 1000, 900].entries()) body.writeBigUInt64LE(BigInt(count), index * 8);
  body.writeUInt32LE(65_536, 40);
  body.writeUInt32LE(255, 44);
  body.writeUInt32LE(4096, 48);
  return body;
}
