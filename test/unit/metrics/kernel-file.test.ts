import assert from 'node:assert/strict';
import fs from 'node:fs';
import { mkdtempSync, readdirSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { KernelFile } from '../../../src/metrics/kernel-file.ts';
import { atEnd } from '../../support/at-end.ts';
import { failure, replaceInFs } from '../../support/fs-faults.ts';

function fileFor(t: TestContext, text: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'kernel-file-'));
  atEnd(t, () => { rmSync(folder, { recursive: true }); });
  writeFileSync(join(folder, 'file'), text);
  return join(folder, 'file');
}

const openOf = (path: string): number => readdirSync('/proc/self/fd').filter((fd) => {
  try { return readlinkSync(`/proc/self/fd/${fd}`) === path; } catch { return false; }
}).length;

test('a kernel file is read as it is now, whatever its size, by one descriptor that is closed in the end', (t) => {
  const path = fileFor(t, 'one');
  const file = new KernelFile(path);
  assert.equal(file.read(), 'one');
  for (const size of [4095, 4096, 4097, 100_000, 3]) {
    writeFileSync(path, 'x'.repeat(size - 1) + 'é'.slice(0, 1));
    assert.equal(file.read(), 'x'.repeat(size - 1) + 'é');
  }
  assert.equal(openOf(path), 1);
  file[Symbol.dispose]();
  file[Symbol.dispose]();
  assert.equal(openOf(path), 0);
});

test('when what was held open is gone the file is opened again; when that fails too, the error names file and cause', (t) => {
  const path = fileFor(t, 'one');
  using file = new KernelFile(path);
  assert.equal(file.read(), 'one');
  let failures = 1;
  replaceInFs(t, 'readSync', (real) => (...args: Parameters<typeof fs.readSync>) => {
    if (failures > 0) { failures--; throw failure('ENODEV'); }
    return real(...args);
  });
  assert.equal(file.read(), 'one');
  failures = 2;
  assert.throws(() => file.read(), { message: `${path} cannot be read (ENODEV)` });
  assert.equal(file.read(), 'one');
  assert.equal(openOf(path), 1);
});
