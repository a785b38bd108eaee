import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { MatchSet } from '../../../src/files/match-set.ts';

const file = (path: string, inode: number, size = 0) => ({ path, device: 1, inode, size, mtimeMs: 0 });

describe('changes of one pattern', () => {
  it('are the net of a scan: what came and went, went and came, or only grew is not told', () => {
    const set = new MatchSet('k', 10);
    set.found(file('/a', 1));
    set.found(file('/b', 2));
    assert.deepEqual(set.takeChange()?.added.map(({ path }) => path), ['/a', '/b']);
    set.found(file('/c', 3));
    set.lost(file('/c', 3));
    set.lost(file('/a', 1));
    set.found(file('/a', 1, 10));
    set.replaced(file('/b', 2), file('/b', 2, 20));
    assert.equal(set.takeChange(), null);
    assert.equal(set.matches.get('/b')?.size, 20);
  });
  it('a path with another inode is replaced, with what stood there before', () => {
    const set = new MatchSet('k', 10);
    set.found(file('/a', 1));
    set.takeChange();
    set.lost(file('/a', 1));
    set.found(file('/a', 9));
    const change = set.takeChange();
    assert.deepEqual(change?.replaced.map(({ before, now }) => [before.inode, now.inode]), [[1, 9]]);
    assert.deepEqual([change?.added, change?.removed], [[], []]);
  });
  it('skipped paths are bounded', () => {
    const set = new MatchSet('k', 2);
    for (const path of ['/a', '/b', '/c']) set.skip(path, 'why');
    assert.equal(set.skipped.size, 2);
    set.skip('/a', null);
    assert.equal(set.skipped.size, 1);
  });
});
