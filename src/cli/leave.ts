/**
 * Ends the process now, with this exit code, also while a thread hangs in a call of the kernel (a statfs to a server that is
 * gone): the ordinary end waits for every thread, and would wait as long as the server is away. Call it when all is done.
 */
export function leave(code: number): void {
  // The kernel ends the other threads when another program takes the process over.
  process.execve?.(process.execPath, [process.execPath, '-e', `process.exitCode = ${code}`], {});
}
