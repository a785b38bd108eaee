// Nothing that a proof has started outlives it, however it ends (but by SIGKILL).
import type { ChildProcess } from 'node:child_process';

const children = new Set<ChildProcess>();
let listening = false;

/** Ends the child with this process: Ctrl-C, SIGTERM and an exception included. */
export function endWithUs(child: ChildProcess): void {
  children.add(child);
  child.once('exit', () => { children.delete(child); });
  if (listening) return;
  listening = true;
  process.on('exit', () => { for (const one of children) one.kill('SIGTERM'); });
  // 128 and the number of the signal, as a shell says it.
  process.once('SIGINT', () => { process.exit(130); });
  process.once('SIGTERM', () => { process.exit(143); });
}
