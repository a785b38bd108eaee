import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { crc32 } from 'node:zlib';
import type { Checkpoint } from '../../src/flow.ts';
import { readIdentity, readWindow, sameGeneration, windowCrc, WINDOW_BYTES, type Kinship } from '../../src/files/file-id.ts';

let root = '';
beforeEach(() => { root = fs.mkdtempSync(path.join(os.tmpdir(), 'identity-')); });
afterEach(() => fs.rmSync(root, { recursive: true, force: true }));

const at = (name: string): string => path.join(root, name);
const lines = (word: string, count: number): string => Array.from({ length: count }, (_, i) => `${word} line ${i}\n`).join('');

function checkpoint(file: string, offset: number): Checkpoint {
  const identity = readIdentity(at(file));
  assert.equal(identity.kind, 'identity');
  const fd = fs.openSync(at(file), 'r');
  const window = readWindow(fd, offset);
  fs.closeSync(fd);
  assert.ok(window !== null);
  return { entry: 'e', path: at(file), id: identity.id, offset, ...window, split: null, ended: false, updatedAt: 0 };
}

function kinship(known: Checkpoint, file: string): Kinship {
  const fd = fs.openSync(at(file), 'r');
  try {
    return sameGeneration(known, fd, fs.fstatSync(fd));
  } finally {
    fs.closeSync(fd);
  }
}

describe('identity of a generation', () => {
  it('a file that grew is the same, under a new name too', () => {
    fs.writeFileSync(at('a'), lines('one', 500));
    const known = checkpoint('a', 3000);
    fs.appendFileSync(at('a'), 'more\n');
    assert.equal(kinship(known, 'a'), 'same');
    fs.renameSync(at('a'), at('a.1'));
    assert.equal(kinship(known, 'a.1'), 'same');
  });

  it('L05: an inode used again for other bytes, more of them than before, is replaced', () => {
    fs.writeFileSync(at('a'), lines('one', 100));
    const known = checkpoint('a', 1000);
    fs.writeFileSync(at('a'), lines('two', 500));
    assert.equal(fs.statSync(at('a')).ino, known.id.inode);
    assert.equal(kinship(known, 'a'), 'replaced');
  });

  it('L06: equal heads do not make equal files: the window before the offset decides', () => {
    const banner = '#'.repeat(1100);
    fs.writeFileSync(at('a'), banner + lines('one', 100));
    fs.writeFileSync(at('b'), banner + lines('two', 100));
    assert.equal(kinship(checkpoint('a', 2000), 'b'), 'replaced');
  });

  it('L07: files of a few bytes have an identity', () => {
    fs.writeFileSync(at('a'), 'x');
    const known = checkpoint('a', 1);
    assert.equal(known.id.headLength, 1);
    fs.appendFileSync(at('a'), 'yz');
    assert.equal(kinship(known, 'a'), 'same');
    fs.writeFileSync(at('a'), 'qyz');
    assert.equal(kinship(known, 'a'), 'replaced');
  });

  it('L08: another device number with equal inode and content is the same', () => {
    fs.writeFileSync(at('a'), lines('one', 100));
    const known = checkpoint('a', 500);
    assert.equal(kinship({ ...known, id: { ...known.id, device: known.id.device + 7 } }, 'a'), 'same');
  });

  it('L12: a copy is recognised as one', () => {
    fs.writeFileSync(at('a'), lines('one', 300));
    const known = checkpoint('a', 2000);
    fs.copyFileSync(at('a'), at('a.1'));
    assert.equal(kinship(known, 'a.1'), 'copy');
  });

  it('L13: truncated and refilled past the offset with the same first kilobyte is replaced', () => {
    const head = 'h'.repeat(1024);
    fs.writeFileSync(at('a'), head + lines('one', 100));
    const known = checkpoint('a', 1800);
    fs.writeFileSync(at('a'), head + lines('six', 200));
    assert.equal(kinship(known, 'a'), 'replaced');
  });

  it('other first bytes make another file, though the window before the offset is equal', () => {
    const tail = lines('one', 200);
    fs.writeFileSync(at('a'), `first${tail}`);
    const known = checkpoint('a', 2000);
    fs.writeFileSync(at('a'), `other${tail}`);
    assert.equal(kinship(known, 'a'), 'replaced');
  });

  it('L14, L15, L18: shorter than the offset is truncated, whatever it begins with', () => {
    fs.writeFileSync(at('a'), lines('one', 100));
    const known = checkpoint('a', 1000);
    fs.truncateSync(at('a'), 900);
    assert.equal(kinship(known, 'a'), 'truncated');
    fs.writeFileSync(at('a'), 'new\n');
    assert.equal(kinship(known, 'a'), 'truncated');
    fs.writeFileSync(at('b'), 'short\n');
    assert.equal(kinship(known, 'b'), 'replaced');
  });

  it('an empty generation is known by its inode alone', () => {
    fs.writeFileSync(at('a'), '');
    fs.writeFileSync(at('b'), 'bytes');
    const known = checkpoint('a', 0);
    fs.appendFileSync(at('a'), 'first\n');
    assert.equal(kinship(known, 'a'), 'same');
    assert.equal(kinship(known, 'b'), 'unknown');
  });

  it('an unreadable path is an error value, and a named pipe does not hold the agent', async () => {
    const { execFileSync } = await import('node:child_process');
    assert.deepEqual(readIdentity(at('nothing')), { kind: 'error', code: 'ENOENT' });
    execFileSync('mkfifo', [at('pipe')]);
    assert.equal(readIdentity(at('pipe')).kind, 'identity');
  });

  it('a window in memory and the same window on disk have one crc', () => {
    const text = Buffer.from(lines('one', 100));
    fs.writeFileSync(at('a'), text);
    const known = checkpoint('a', 777);
    assert.equal(known.windowLength, WINDOW_BYTES);
    assert.equal(known.windowCrc, windowCrc(text, 777));
    assert.equal(windowCrc(text, 100), crc32(text.subarray(0, 100)));
  });
});
