// Requests that a stop left: one JSON object a line in `metrics-pending` of the state directory, until the next start.
import { closeSync, fsyncSync, openSync, readFileSync, renameSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { HeldRequest } from './metric-hold.ts';

interface Line { readonly zipped: string; readonly datums: number; readonly latest: number }

const pathIn = (directory: string): string => join(directory, 'metrics-pending');

/**
 * Takes over what an earlier run left: the file is gone then, and what it held is held in memory alone, so that a crash
 * never publishes it twice. Lines that cannot be read are counted. Throws what the file system says.
 */
export function takePending(directory: string): { readonly requests: readonly HeldRequest[]; readonly unreadable: number } {
  let text: string;
  try {
    text = readFileSync(pathIn(directory), 'latin1');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { requests: [], unreadable: 0 };
    throw error;
  }
  const lines = text.split('\n').filter((line) => line !== '').map(parse);
  rmSync(pathIn(directory), { force: true });
  return { requests: lines.filter((line) => line !== null), unreadable: lines.filter((line) => line === null).length };
}

/** Keeps requests for the next start, oldest first. They are few enough: what is held is bounded. Throws what the file system says. */
export function keepPending(directory: string, requests: readonly HeldRequest[]): void {
  if (requests.length === 0) return;
  const path = pathIn(directory);
  const fd = openSync(`${path}.tmp`, 'w', 0o600);
  try {
    for (const { zipped, datums, latest } of requests) {
      const line = Buffer.from(`${JSON.stringify({ zipped: zipped.toString('base64'), datums, latest } satisfies Line)}\n`);
      for (let written = 0; written < line.length;) written += writeSync(fd, line, written);
    }
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
  renameSync(`${path}.tmp`, path);
}

function parse(line: string): HeldRequest | null {
  try {
    const { zipped, datums, latest } = JSON.parse(line) as Partial<Line>;
    if (typeof zipped !== 'string' || typeof datums !== 'number' || typeof latest !== 'number') return null;
    return { zipped: Buffer.from(zipped, 'base64'), datums, latest };
  } catch {
    return null;
  }
}
