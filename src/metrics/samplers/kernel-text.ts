import { readFileSync } from 'node:fs';

/** The code of a system error: `ENOENT`; `unknown error` of all else. */
export const codeOf = (error: unknown): string => (error as NodeJS.ErrnoException | undefined)?.code ?? 'unknown error';

/**
 * A file whose text the kernel makes while it is read, without waiting for anything: 10 µs, where a thread of the pool costs 30. What is the same file with each
 * sample is a KernelFile. Never for what belongs to a process and needs its memory map (`cmdline`, `smaps`), nor for files of a disk.
 * @throws an error that names the file, its cause the system error
 */
export function kernelText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new Error(`${path} cannot be read (${codeOf(error)})`, { cause: error });
  }
}

/** The same; null when there is no such file, or no such process any more. */
export function kernelTextIfThere(path: string): string | null {
  try {
    return kernelText(path);
  } catch (error) {
    if (isGone((error as Error).cause)) return null;
    throw error;
  }
}

/** Whether it says that the process has ended, or that there never was such a file. */
export const isGone = (error: unknown): boolean => ['ENOENT', 'ESRCH'].includes(codeOf(error));
