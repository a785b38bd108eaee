import { link, open, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/** Writes a file that is not there yet, whole or not at all, mode 0600. Rejects with EEXIST when there is one, else with the error of the file system. */
export async function writeNewFile(path: string, text: string): Promise<void> {
  const temporary = join(dirname(path), `.${basename(path)}.${process.pid}.tmp`);
  try {
    await using handle = await open(temporary, 'wx', 0o600);
    await handle.writeFile(text);
    await handle.sync();
    await link(temporary, path);
  } finally {
    await rm(temporary, { force: true });
  }
}
