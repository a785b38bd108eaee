import { link, open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/**
 * Writes a file whole or not at all, mode 0600. Rejects with EEXIST when there is one, unless `replace`; else with the error of the
 * file system.
 */
export async function writeNewFile(path: string, text: string, replace: boolean): Promise<void> {
  const temporary = join(dirname(path), `.${basename(path)}.${process.pid}.tmp`);
  try {
    await using handle = await open(temporary, 'wx', 0o600);
    await handle.writeFile(text);
    await handle.sync();
    if (replace) await rename(temporary, path);
    else await link(temporary, path);
  } finally {
    await rm(temporary, { force: true });
  }
}
