import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import type { Checkpoint } from '../../src/flow.ts';
import { openArchived, type ArchiveSearch } from '../../src/files/archive.ts';
import { readIdentity, readWindow } from '../../src/files/file-id.ts';

let root = '';
beforeEach(() => { root = fs.mkdtempSync(path.join(os.tmpdir(), 'archive-')); });
afterEach(() => fs.rmSync(root, { recursive: true, force: true }));

const at = (name: string): string => path.join(root, name);
const text = Buffer.from(Array.from({ length: 20_000 }, (_, i) => `line ${i} of the first life\n`).join(''));

function checkpointOf(content: Buffer, offset: number): Checkpoint {
  fs.writeFileSync(at('app.log'), content);
  const fd = fs.openSync(at('app.log'), 'r');
  const [identity, window] = [readIdentity(fd), readWindow(fd, offset)];
  fs.closeSync(fd);
  fs.unlinkSync(at('app.log'));
  assert.ok(identity.kind === 'identity' && window !== null);
  return { entry: 'e', path: at('app.log'), id: identity.id, offset, ...window, split: null, ended: false, updatedAt: 0 };
}

function open(known: Checkpoint, names: readonly string[], limitBytes?: number): Promise<ArchiveSearch> {
  const options = { stateDirectory: root, signal: new AbortController().signal };
  return openArchived(known, names.map(at), limitBytes === undefined ? options : { ...options, limitBytes });
}

/** Everything from the checkpoint's offset on, as a follower would read it. */
function rest(opened: ArchiveSearch, known: Checkpoint): Buffer {
  assert.equal(opened.kind, 'opened');
  const bytes = Buffer.alloc(opened.end - known.offset);
  assert.equal(fs.readSync(opened.fd, bytes, 0, bytes.length, known.offset - opened.base), bytes.length);
  assert.equal(fs.fstatSync(opened.fd).size, opened.end - opened.base);
  fs.closeSync(opened.fd);
  return bytes;
}

describe('a generation that was compressed with bytes unread', () => {
  for (const [name, pack] of [['app.log.1.gz', gzipSync], ['app.log.1.zst', zstdCompressSync]] as const) {
    it(`L16: goes on inside ${name}, byte for byte`, async () => {
      const known = checkpointOf(text, 123_456);
      fs.writeFileSync(at(name), pack(text));
      const opened = await open(known, [name]);
      assert.ok(rest(opened, known).equals(text.subarray(123_456)));
      assert.deepEqual(fs.readdirSync(root), [name], 'nothing is left in the state directory');
    });
  }

  it('is found by content among archives of other generations', async () => {
    const known = checkpointOf(text, 5000);
    const twin = Buffer.from(text);
    twin.write('XXXX', 4900);
    fs.writeFileSync(at('a.gz'), gzipSync(Buffer.from('something else entirely\n'.repeat(1000))));
    fs.writeFileSync(at('b.gz'), gzipSync(twin));
    fs.writeFileSync(at('c.gz'), gzipSync(text));
    const opened = await open(known, ['missing.gz', 'a.gz', 'b.gz', 'c.gz']);
    assert.ok(opened.kind === 'opened' && opened.path === at('c.gz'));
    fs.closeSync(opened.fd);
    assert.deepEqual(await open(known, ['missing.gz', 'a.gz', 'b.gz']), { kind: 'absent' });
  });

  it('L17: an archive that is still being written is waited for', async () => {
    const known = checkpointOf(text, 5000);
    const packed = gzipSync(text);
    for (const length of [0, 7, packed.length >> 1, packed.length - 1]) {
      fs.writeFileSync(at('a.gz'), packed.subarray(0, length));
      assert.deepEqual(await open(known, ['a.gz']), { kind: 'incomplete', path: at('a.gz') }, `${length} bytes`);
    }
    fs.writeFileSync(at('a.gz'), packed);
    assert.ok(rest(await open(known, ['a.gz']), known).equals(text.subarray(5000)));
  });

  it('a damaged archive and a state directory that cannot be written are errors by name, not answers', async () => {
    const known = checkpointOf(text, 5000);
    const packed = gzipSync(text);
    packed[packed.length - 6] = (packed[packed.length - 6] ?? 0) ^ 1;
    fs.writeFileSync(at('a.gz'), packed);
    assert.deepEqual(await open(known, ['a.gz']), { kind: 'failed', path: at('a.gz'), code: 'Z_DATA_ERROR' });
    const nowhere = await openArchived(known, [at('a.gz')], { stateDirectory: at('none'), signal: new AbortController().signal });
    assert.deepEqual(nowhere, { kind: 'failed', path: at('none'), code: 'ENOENT' });
  });

  it('a limit on disk is kept, and the next call goes on behind it', async () => {
    const known = checkpointOf(text, 1000);
    fs.writeFileSync(at('a.gz'), gzipSync(text));
    const parts: Buffer[] = [];
    let position = known;
    for (let calls = 0; position.offset < text.length; calls++) {
      assert.ok(calls < 10);
      const opened = await open(position, ['a.gz'], 100_000);
      assert.ok(opened.kind === 'opened' && opened.size === text.length && opened.end - position.offset <= 100_000);
      parts.push(rest(opened, position));
      position = checkpointOf(text, opened.end);
    }
    assert.ok(Buffer.concat(parts).equals(text.subarray(1000)));
  });

  it('stops when the agent stops', async () => {
    const known = checkpointOf(text, 1000);
    fs.writeFileSync(at('a.gz'), gzipSync(text));
    const answer = await openArchived(known, [at('a.gz')], { stateDirectory: root, signal: AbortSignal.abort() });
    assert.equal(answer.kind, 'incomplete');
  });
});
