import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { CheckpointIndex } from '../../../src/agent/checkpoint-index.ts';
import { TrackedCheckpoint } from '../../../src/checkpoint/tracked.ts';

const listener = { changed: () => undefined, forgotten: () => undefined };
function checkpoint(path: string, inode: number): TrackedCheckpoint {
  return new TrackedCheckpoint(inode, { entry: 'e', path, id: { device: 1, inode, headHash: '', headLength: 0 }, offset: 0, windowCrc: 0, windowLength: 0, split: null, ended: false, updatedAt: 0 }, listener);
}

describe('the index of checkpoints', () => {
  it('finds what may speak of a file by its inode, its path, and the names its path may have had', () => {
    const byInode = checkpoint('/x/other.log', 7);
    const byPath = checkpoint('/x/app.log.1', 8);
    const byName = checkpoint('/x/app.log', 9);
    const index = new CheckpointIndex([byInode, byPath, byName, checkpoint('/x/third.log', 10)]);
    assert.deepEqual([...index.about('/x/app.log.1', 7)], [byInode, byPath, byName]);
    assert.equal(index.knowsInode(10), true);
    assert.equal(index.knowsInode(11), false);
  });

  it('gives a checkpoint that fits twice once', () => {
    const one = checkpoint('/x/app.log', 7);
    const index = new CheckpointIndex([one]);
    index.enter(one);
    assert.deepEqual([...index.about('/x/app.log', 7)], [one]);
  });

  it('a checkpoint that moved is found under both of its paths', () => {
    const one = checkpoint('/x/app.log', 7);
    const index = new CheckpointIndex([one]);
    one.rename('/x/app.log.1');
    index.enter(one);
    assert.deepEqual([...index.about('/x/app.log', 0)], [one]);
    assert.deepEqual([...index.about('/x/app.log.1', 0)], [one]);
  });

  it('never gives a checkpoint that the store has forgotten, and keeps none of them for long', () => {
    const index = new CheckpointIndex([]);
    const kept = checkpoint('/x/app.log', 1);
    index.enter(kept);
    for (let inode = 2; inode < 2_500; inode++) {
      const one = checkpoint(`/x/app.log.${inode}`, inode);
      index.enter(one);
      one.forget();
      assert.equal([...index.about('/x/app.log', inode)].includes(one), false);
    }
    assert.equal(index.knowsInode(2), false);
    assert.deepEqual([...index.about('/x/app.log', 0)], [kept]);
  });
});
