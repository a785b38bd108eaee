import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { byAge, isDatedBefore, isRotationOf } from '../../../src/files/rotation-name.ts';

describe('rotation names', () => {
  for (const name of ['app.log.1', 'app.log.12', 'app.log-20261121', 'app.log-20261121-1763700000', 'app.log.2026-11-21_10', 'app.log.old', 'app-2026-11-21.log', 'app.20261121.log', 'app.log.1.gz', 'app.log.gz', 'app-20261121.log.zst']) {
    it(`${name} is an older life of app.log`, () => assert.equal(isRotationOf('app.log', name), true));
  }
  for (const name of ['app.log', 'app.log.conf', 'app.logger.1', 'app-1.log', 'apple.log.1', 'app-error.log', 'myapp.log.1']) {
    it(`${name} is not`, () => assert.equal(isRotationOf('app.log', name), false));
  }
  it('the oldest comes first, by last write, then by number', () => {
    const files = [['/x/a.log.1', 5], ['/x/a.log.10', 1], ['/x/a.log.3', 1], ['/x/a.log.2', 5]] as const;
    assert.deepEqual(files.map(([path, mtimeMs]) => ({ path, mtimeMs })).sort(byAge).map(({ path }) => path), ['/x/a.log.10', '/x/a.log.3', '/x/a.log.2', '/x/a.log.1']);
  });
  for (const [a, b, is] of [
    ['/x/a.log-20261121.gz', '/x/a.log-20261122', true],
    ['/x/a.log-20261121-1763700000.gz', '/x/a.log-20261121-1763700060.gz', true],
    ['/x/a-2026-11-21.log', '/x/a-2026-11-22.log.zst', true],
    ['/x/a.log-20261122.gz', '/x/a.log-20261121.gz', false],
    ['/x/a.log-20261121.gz', '/x/a.log-20261121', false],
    ['/x/a.log-30112026', '/x/a.log-31122026', false],
    ['/x/a.log.1.gz', '/x/a.log.2.gz', false],
    ['/x/a.log-20261121', '/x/a.log', false],
    ['/x/2026-11-21/a.log.1', '/x/2026-11-21/a.log.2', false],
  ] as const) it(`${a} is ${is ? '' : 'not '}dated before ${b}`, () => assert.equal(isDatedBefore(a, b), is));
});
