import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { release, tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { openIoctlThread } from '../../src/metrics/nvme/ioctl-thread.ts';
import type { IoctlAnswer, IoctlCall } from '../../src/metrics/nvme/ioctl-thread.ts';
import { openLogPageThread } from '../../src/metrics/nvme/log-page-thread.ts';
import type { NoAnswer, PathThread } from '../../src/metrics/path-thread.ts';

const FIONREAD = 0x541b;
/** `_IOWR('f', 16, struct pm_scan_arg)` of linux/fs.h, since Linux 6.7. */
const PAGEMAP_SCAN = 0xc0606610;
const PAGE_IS_PRESENT = 8n;
const NO_PAGE = { bytes: 64, addressAt: 8, wanted: 0 };

async function asked(thread: PathThread<IoctlAnswer>, path: string): Promise<IoctlAnswer | NoAnswer> {
  try {
    return await new Promise((resolve) => { thread.ask(path, resolve); });
  } finally {
    thread.end();
  }
}

const answered = async (call: IoctlCall, path: string): Promise<IoctlAnswer> => {
  const answer = await asked(openIoctlThread(call), path);
  assert.ok(!('code' in answer), JSON.stringify(answer));
  return answer;
};

test('an ioctl of the thread is the kernel\'s: what it writes into the struct comes back', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'ioctl-'));
  t.after(() => { rmSync(folder, { recursive: true }); });
  writeFileSync(join(folder, 'file'), Buffer.alloc(12_345));
  const { returned, argument } = await answered({ request: FIONREAD, argument: Buffer.alloc(16), page: NO_PAGE }, join(folder, 'file'));
  assert.equal(returned, 0);
  assert.equal(Buffer.from(argument).readUInt32LE(0), 12_345);
});

const [major = 0, minor = 0] = release().split('.').map(Number);
const hasScan = major > 6 || (major === 6 && minor >= 7);

test('what the kernel writes to the address that stands in the struct comes back', { skip: hasScan ? false : 'needs Linux 6.7' }, async () => {
  // size, flags, start, end, walk_end, vec, vec_len, max_pages, category_inverted, category_mask, category_anyof_mask, return_mask
  const words = [96n, 0n, 0n, 0x7fff_ffff_f000n, 0n, 0n, 1n, 1n, 0n, 0n, PAGE_IS_PRESENT, PAGE_IS_PRESENT];
  const argument = Buffer.alloc(96);
  for (const [index, word] of words.entries()) argument.writeBigUInt64LE(word, 8 * index);
  const { returned, page } = await answered({ request: PAGEMAP_SCAN, argument, page: { bytes: 4096, addressAt: 40, wanted: 24 } }, '/proc/self/pagemap');
  const [from, to, categories] = [0, 8, 16].map((at) => Buffer.from(page).readBigUInt64LE(at));
  assert.equal(returned, 1, 'one region');
  assert.ok(from! > 0n && to === from! + 4096n, 'of one page');
  assert.equal(categories, PAGE_IS_PRESENT);
});

test('the command for the statistics is refused by what is no NVMe device, with the kernel\'s own error', async () => {
  assert.deepEqual(await asked(openLogPageThread(), '/dev/null'), { code: 'ENOTTY' });
  assert.deepEqual(await asked(openLogPageThread(), '/dev/nvme-that-is-not'), { code: 'ENOENT' });
});

test('the runtime\'s warning about its experimental ffi is not printed', () => {
  const module = join(import.meta.dirname, '../../src/metrics/nvme/log-page-thread.ts');
  // The thread writes through the main one: after its last answer what it has warned of has come, too.
  const program = `import { openLogPageThread } from ${JSON.stringify(module)};
    const thread = openLogPageThread();
    const ask = () => new Promise((resolve) => { thread.ask('/dev/null', resolve); });
    const alive = setTimeout(() => {}, 10_000);
    for (let i = 0; i < 20; i++) await ask();
    console.log((await ask()).code);
    clearTimeout(alive);
    thread.end();`;
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', program], { encoding: 'utf8', timeout: 20_000 });
  assert.equal(stdout.trim(), 'ENOTTY', stderr);
  assert.doesNotMatch(stderr, /ExperimentalWarning/);
});
