import { open, readFile, realpath, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/** A config may name roles and hosts: a new file is the owner's alone. */
const MODE = 0o600;

/**
 * Puts the text in the place of a file at once: whoever opens it finds the old content or the new, also after a power cut. Mode and
 * owner of a file that is there are kept, and a link to it. False when it held the text already. Rejects with the error of the file system.
 */
export async function replaceFile(file: string, text: string): Promise<boolean> {
  const target = await realpath(file).catch(() => file);
  const old = await stat(target).catch(() => null);
  if (old?.isFile() === true && (await readFile(target, 'utf8').catch(() => null)) === text) return false;
  const temporary = join(dirname(target), `.${basename(target)}.${process.pid}.tmp`);
  try {
    await using handle = await open(temporary, 'wx', MODE);
    await handle.writeFile(text);
    if (old !== null) {
      await handle.chmod(old.mode & 0o7777);
      // Only root may give a file away; anyone else owns both already, or may not.
      if (process.getuid?.() === 0) await handle.chown(old.uid, old.gid);
    }
    await handle.sync();
    await rename(temporary, target);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  await using folder = await open(dirname(target));
  await folder.sync();
  return true;
}
