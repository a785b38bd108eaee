// A file system of this process alone, by the kernel's own protocol (linux/fuse.h), which answers when it is told to.
import { spawnSync } from 'node:child_process';
import { closeSync, constants, existsSync, mkdtempSync, openSync, readSync, rmdirSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { atEnd } from './at-end.ts';
import type { Owner } from './at-end.ts';

/** Opcodes, and the sizes of the structures that are read and written. */
const FUSE_STATFS = 17;
const FUSE_INIT = 26;
const HEADER_IN = 40;
const HEADER_OUT = 16;
const INIT_OUT = 64;
const STATFS_OUT = 80;
/** The kernel wants room for at least so much. */
const REQUEST_BYTES = 256 << 10;

export interface FuseMount {
  readonly mountPoint: string;
  /** Answers what was asked since, and is asked until `hang`. */
  answer(blocks: number): void;
  hang(): void;
}

/** Why no file system of a process can be mounted here, or false. For a test's `skip`. */
export function noFuse(): string | false {
  if (process.geteuid?.() !== 0) return 'needs root to mount a file system';
  return existsSync('/dev/fuse') ? false : 'this kernel has no FUSE';
}

/** Mounts one that hangs from its first question on. */
export function mountFuse(t: Owner): FuseMount {
  const mountPoint = mkdtempSync(join(tmpdir(), 'fuse-'));
  const fd = openSync('/dev/fuse', constants.O_RDWR | constants.O_NONBLOCK);
  const { status, stderr } = spawnSync('mount', ['-i', '-t', 'fuse', '-o', 'fd=3,rootmode=40000,user_id=0,group_id=0', 'hanging', mountPoint], { stdio: ['ignore', 'ignore', 'pipe', fd], encoding: 'utf8' });
  if (status !== 0) throw new Error(`mount of a FUSE file system: ${stderr}`);
  let timer: NodeJS.Timeout | undefined;
  atEnd(t, () => {
    clearInterval(timer);
    // The last descriptor of it: whoever waits gets an error.
    closeSync(fd);
    spawnSync('umount', ['-l', mountPoint]);
    rmdirSync(mountPoint);
  });
  return {
    mountPoint,
    answer: (blocks) => { timer = setInterval(() => { while (answerOne(fd, blocks)) { /* all that wait */ } }, 5); },
    hang: () => { clearInterval(timer); },
  };
}

function answerOne(fd: number, blocks: number): boolean {
  const request = Buffer.alloc(REQUEST_BYTES);
  try {
    readSync(fd, request, 0, request.length, null);
  } catch {
    return false;
  }
  const opcode = request.readUInt32LE(4);
  const body = opcode === FUSE_INIT ? initAnswer(request) : opcode === FUSE_STATFS ? statfsAnswer(blocks) : null;
  const answer = Buffer.alloc(HEADER_OUT + (body?.length ?? 0));
  answer.writeUInt32LE(answer.length, 0);
  // ENOSYS, for what is not known.
  answer.writeInt32LE(body === null ? -38 : 0, 4);
  request.copy(answer, 8, 8, 16);
  body?.copy(answer, HEADER_OUT);
  writeSync(fd, answer);
  return true;
}

/** Speaks the version that the kernel speaks, and wants nothing. */
function initAnswer(request: Buffer): Buffer {
  const body = Buffer.alloc(INIT_OUT);
  body.writeUInt32LE(request.readUInt32LE(HEADER_IN), 0);
  body.writeUInt32LE(request.readUInt32LE(HEADER_IN + 4), 4);
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
