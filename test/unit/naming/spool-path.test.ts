import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { groupFault, streamFault } from '../../../src/naming/legal-name.ts';
import { legalSpooled, spoolFolder, spooledIn } from '../../../src/naming/spool-path.ts';

const anyName = fc.oneof(
  fc.string({ unit: 'binary', minLength: 1, maxLength: 700 }),
  fc.string({ unit: fc.constantFrom('/', ':', '.', '=', 's', 'g', '*', '\0', '\ud800', '\ufffd', 'ü', '𝄞', 'x'), minLength: 1, maxLength: 700 }),
);
const destination = fc.record({ group: anyName, stream: anyName });
const PATH_MAX = 4_096;

test('the folder of a destination says which it is, whatever its names and wherever the spool lies', () => {
  fc.assert(fc.property(destination, fc.constantFrom('/var/lib/agent/spool', '/g=a/s=b/spool', '/'), ({ group, stream }, root) => {
    const to = legalSpooled(group, stream);
    if (to === null) return;
    assert.deepEqual(spooledIn(`${root}/${spoolFolder(to)}/00000000000001.emf`), to);
  }));
});

test('every folder can be made: no name is too long, is a step upwards, or holds what no path keeps', () => {
  fc.assert(fc.property(destination, ({ group, stream }) => {
    const to = legalSpooled(group, stream);
    if (to === null) return;
    const folder = spoolFolder(to);
    assert.ok(Buffer.byteLength(folder) + 256 < PATH_MAX);
    for (const name of folder.split('/')) {
      assert.ok(Buffer.byteLength(name) <= 255 && !['', '.', '..'].includes(name));
      assert.equal(Buffer.from(name).toString('utf8'), name);
      assert.doesNotMatch(name, /[\0\ufffd]/);
    }
  }), { examples: [[{ group: 'g'.repeat(512), stream: '𝄞'.repeat(512) }], [{ group: 'g'.repeat(255), stream: `x${'ü'.repeat(400)}` }]] });
});

test('two destinations never share a folder', () => {
  fc.assert(fc.property(destination, destination, (a, b) => {
    const [one, other] = [legalSpooled(a.group, a.stream), legalSpooled(b.group, b.stream)];
    if (one === null || other === null) return;
    assert.equal(spoolFolder(one) === spoolFolder(other), one.group === other.group && one.stream === other.stream);
  }));
});

test('names are made legal for the service; of legal ones nothing is changed', () => {
  fc.assert(fc.property(destination, ({ group, stream }) => {
    const to = legalSpooled(group, stream);
    if (to === null) return;
    assert.equal(groupFault(to.group), null);
    assert.equal(streamFault(to.stream), null);
    if (groupFault(group) === null && streamFault(stream) === null && !/[\ufffd\p{Cc}\p{Cs}]/u.test(stream)) assert.deepEqual(to, { group, stream });
  }));
  assert.equal(legalSpooled('aws/mine', 's'), null);
});

test('a path that the spool did not make is of no destination', () => {
  for (const path of ['/spool/x.emf', '/spool/g=a/x.emf', '/spool/s=b/x.emf', '/spool/s=b/g=a/x.emf']) assert.equal(spooledIn(path), null, path);
});
