import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import type { Checkpoint } from '../../src/flow.ts';
import { headHash, readIdentity, readWindow } from '../../src/files/file-id.ts';
import { archivesOf, findByInode, listSiblings } from '../../src/files/sibling-list.ts';
import { SiblingSearch, type PendingSearch } from '../../src/files/siblings.ts';

let root = '';
beforeEach(() => { root = fs.mkdtempSync(path.join(os.tmpdir(), 'siblings-')); });
afterEach(() => fs.rmSync(root, { recursive: true, force: true }));

const at = (name: string): string => path.join(root, name);
const lines = (word: string, count = 200): string => Array.from({ length: count }, (_, i) => `${word} line ${i}\n`).join('');
/** Writes a file whose last write lies `second` seconds into the day. */
function write(name: string, text: string, second: number): void {
  fs.writeFileSync(at(name), text);
  const time = new Date(Date.UTC(2026, 10, 21, 0, 0, second));
  fs.utimesSync(at(name), time, time);
}

function checkpoint(name: string, offset: number): Checkpoint {
  const fd = fs.openSync(at(name), 'r');
  const [identity, window] = [readIdentity(fd), readWindow(fd, offset)];
  fs.closeSync(fd);
  assert.ok(identity.kind === 'identity' && window !== null);
  return { entry: 'e', path: at('app.log'), id: identity.id, offset, ...window, split: null, ended: false, updatedAt: identity.mtimeMs };
}

const told = ({ pending, missing }: PendingSearch): unknown => ({
  pending: pending.map(({ candidate, checkpoint: known }) => [path.basename(candidate.path), known?.offset ?? null]),
  missing: missing.map(({ offset }) => offset),
});
const search = (known: readonly Checkpoint[], all = known): unknown => told(new SiblingSearch().pendingGenerations(at('app.log'), known, all, [root]));

describe('generations that were rotated away', () => {
  it('L04: three rotations while the agent was down are drained oldest first', () => {
    write('app.log', lines('one'), 1);
    const known = checkpoint('app.log', 1000);
    for (const [word, second] of [['two', 2], ['three', 3], ['four', 4]] as const) {
      if (fs.existsSync(at('app.log.2'))) fs.renameSync(at('app.log.2'), at('app.log.3'));
      if (fs.existsSync(at('app.log.1'))) fs.renameSync(at('app.log.1'), at('app.log.2'));
      fs.renameSync(at('app.log'), at('app.log.1'));
      write('app.log', lines(word), second);
    }
    assert.deepEqual(search([known]), { pending: [['app.log.3', 1000], ['app.log.2', null], ['app.log.1', null]], missing: [] });
  });

  it('L04: a rotation in the middle of the search hides none of them', () => {
    const rotateAll = (word: string, second: number): void => {
      for (let n = 9; n > 0; n--) if (fs.existsSync(at(`app.log.${n}`))) fs.renameSync(at(`app.log.${n}`), at(`app.log.${n + 1}`));
      fs.renameSync(at('app.log'), at('app.log.1'));
      write('app.log', lines(word), second);
    };
    const known: Checkpoint[] = [];
    write('app.log', lines('zero'), 1);
    for (const [i, word] of ['one', 'two', 'three'].entries()) {
      known.push(checkpoint('app.log', 1000 + i));
      rotateAll(word, 2 + i);
    }
    let rotations = 0;
    const rotatedOnTheWay = Object.assign([...known], {
      *[Symbol.iterator](): Generator<Checkpoint> {
        for (const one of known) {
          yield one;
          if (rotations < 2) rotateAll(`on the way ${++rotations}`, 10 + rotations);
        }
      },
    });
    const found = new SiblingSearch().pendingGenerations(at('app.log'), rotatedOnTheWay, known, [root]);
    assert.equal(rotations, 2);
    assert.deepEqual(found.missing, []);
    const of = (inode: number): string => fs.readdirSync(root).find((name) => fs.statSync(at(name)).ino === inode)!;
    assert.deepEqual(found.pending.map(({ candidate, checkpoint: one }) => [of(candidate.inode), one?.offset ?? null]), [['app.log.5', 1000], ['app.log.4', 1001], ['app.log.3', 1002], ['app.log.2', null], ['app.log.1', null]]);
  });

  it('what is older than the first known generation is history, not backlog', () => {
    write('app.log.2', lines('older'), 1);
    write('app.log', lines('one'), 5);
    const known = checkpoint('app.log', 1000);
    fs.renameSync(at('app.log'), at('app.log.1'));
    write('app.log', lines('two'), 6);
    assert.deepEqual(search([known]), { pending: [['app.log.1', 1000]], missing: [] });
  });

  it('a generation that still stands at its path is neither pending nor missing', () => {
    write('app.log.1', lines('older'), 9);
    write('app.log', lines('one'), 5);
    assert.deepEqual(search([checkpoint('app.log', 1000)]), { pending: [], missing: [] });
  });

  it('L11: a copytruncate copy goes on where the truncated original was', () => {
    write('app.log', lines('one'), 1);
    const known = checkpoint('app.log', 1000);
    fs.copyFileSync(at('app.log'), at('app.log.1'));
    write('app.log', lines('two', 50), 2);
    assert.deepEqual(search([known]), { pending: [['app.log.1', 1000]], missing: [] });
  });

  it('of several copies the one that holds most is taken', () => {
    write('app.log', lines('one', 100), 1);
    const known = checkpoint('app.log', 1000);
    fs.copyFileSync(at('app.log'), at('app.log.bak'));
    fs.appendFileSync(at('app.log'), lines('rest'));
    fs.copyFileSync(at('app.log'), at('app.log.1'));
    fs.truncateSync(at('app.log'));
    const found = new SiblingSearch().findCopy(known, listSiblings([root], 'app.log').filter((one) => one.path !== at('app.log')));
    assert.equal(found?.path, at('app.log.1'));
  });

  it('L06: a file with the same short banner is not taken for the lost one', () => {
    const banner = '#date time message\n';
    write('app.log', banner, 1);
    const known = checkpoint('app.log', banner.length);
    write('app.log.new', banner + lines('two'), 2);
    fs.renameSync(at('app.log.new'), at('app.log-20261121'));
    // Made before the old one goes, so that it cannot be given its inode.
    write('next', `${banner}other\n`, 3);
    fs.renameSync(at('next'), at('app.log'));
    assert.deepEqual(search([known]), { pending: [['app.log-20261121', null]], missing: [banner.length] });
  });

  it('a rotated file whose delivery ended is not read again, nor is its copy', () => {
    write('app.log', lines('one'), 1);
    const first = checkpoint('app.log', 1000);
    write('app.log.1', lines('two'), 2);
    const done: Checkpoint = { ...checkpoint('app.log.1', lines('two').length), ended: true };
    fs.renameSync(at('app.log'), at('app.log.2'));
    write('app.log', lines('three'), 3);
    fs.copyFileSync(at('app.log.1'), at('app.log.1.bak'));
    assert.deepEqual(search([first], [first, done]), { pending: [['app.log.2', 1000]], missing: [] });
  });

  it('a generation that is gone is missing, and its archive is offered', () => {
    write('app.log', lines('one'), 1);
    const known = checkpoint('app.log', 1000);
    fs.unlinkSync(at('app.log'));
    write('app.log.2.gz', 'packed', 1);
    write('app.log.1.gz', 'packed', 2);
    write('other.log.1.gz', 'packed', 2);
    assert.deepEqual(search([known]), { pending: [], missing: [1000] });
    assert.deepEqual(archivesOf([root], 'app.log').map((one) => path.basename(one.path)), ['app.log.1.gz', 'app.log.2.gz']);
  });

  it('L16: archives of lives that nobody has seen are found by the same rule as plain files; those of before, and of what is plain beside them, are not', () => {
    const pack = (name: string): void => {
      const { mtime } = fs.statSync(at(name));
      fs.writeFileSync(at(`${name}.gz`), gzipSync(fs.readFileSync(at(name))));
      fs.utimesSync(at(`${name}.gz`), mtime, mtime);
    };
    write('app.log-2026112100', lines('older'), 1);
    write('app.log-2026112101', lines('one'), 5);
    const known = checkpoint('app.log-2026112101', 1000);
    write('app.log-2026112102', lines('two'), 6);
    write('app.log-2026112103', lines('three'), 7);
    write('app.log-2026112104', lines('four'), 8);
    for (const n of ['00', '01', '02', '04']) pack(`app.log-20261121${n}`);
    for (const n of ['00', '01', '02']) fs.unlinkSync(at(`app.log-20261121${n}`));
    write('app.log', lines('five'), 9);
    const expected = { pending: [['app.log-2026112101.gz', 1000], ['app.log-2026112102.gz', null], ['app.log-2026112103', null], ['app.log-2026112104', null]], missing: [] };
    assert.deepEqual(search([known]), expected);
    // A touched archive is still dated before all that is known.
    fs.utimesSync(at('app.log-2026112100.gz'), 2_000_000_000, 2_000_000_000);
    assert.deepEqual(search([known]), expected);
    const { dev, ino } = fs.statSync(at('app.log-2026112102.gz'));
    const tracked: Checkpoint = { ...known, id: { ...known.id, device: dev, inode: ino, headHash: headHash(Buffer.from(lines('two').slice(0, 1024))) }, offset: 0 };
    assert.deepEqual(search([known], [known, tracked]), { ...expected, pending: expected.pending.filter(([name]) => name !== 'app.log-2026112102.gz') });
  });

  it('L16: a file made later under the inode number of one that was empty hides none of those that came between', () => {
    write('app.log', '', 3);
    const id = readIdentity(at('app.log'));
    assert.ok(id.kind === 'identity');
    const born = fs.statSync(at('app.log')).birthtimeMs;
    const empty: Checkpoint = { entry: 'e', path: at('app.log'), id: id.id, offset: 0, windowCrc: 0, windowLength: 0, split: null, ended: false, updatedAt: born + 5 };
    fs.writeFileSync(at('app.log.1'), lines('two'));
    fs.utimesSync(at('app.log.1'), (born + 1_000) / 1_000, (born + 1_000) / 1_000);
    assert.deepEqual(search([empty]), { pending: [], missing: [] });
    assert.deepEqual(search([{ ...empty, updatedAt: born - 5 }]), { pending: [['app.log.1', null]], missing: [] });
  });

  it('findByInode finds a file under whatever name it has now', () => {
    write('app.log', lines('one'), 1);
    const { dev, ino } = fs.statSync(at('app.log'));
    fs.renameSync(at('app.log'), at('something else'));
    assert.equal(findByInode(root, dev, ino)?.path, at('something else'));
    assert.equal(findByInode(root, dev, ino + 1_000_000), null);
    assert.equal(findByInode(at('no such directory'), dev, ino), null);
  });

  it('opens a bounded number of files, and none twice while it stays as it is', () => {
    write('app.log', lines('one'), 1);
    const known = checkpoint('app.log', 1000);
    fs.unlinkSync(at('app.log'));
    for (let i = 0; i < 400; i++) fs.writeFileSync(at(`app.log.${i}`), lines('other'));
    const searching = new SiblingSearch();
    const candidates = listSiblings([root], 'app.log');
    assert.equal(searching.findCopy(known, candidates), null);
    assert.ok(searching.opened <= 300, `${searching.opened} opened`);
    const { opened } = searching;
    searching.findCopy(known, candidates);
    assert.equal(searching.opened, opened);
  });
});
