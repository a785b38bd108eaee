// What writers and rotators do to log files, one call each. Synchronous: a test decides what the agent sees between two calls.
import { appendFileSync, copyFileSync, existsSync, renameSync, truncateSync } from 'node:fs';

/** `prefix-000000`, `prefix-000001`, …: sorted as text they are in order. */
export function numbered(prefix: string, count: number, from = 0, width = 0): string[] {
  return Array.from({ length: count }, (_, i) => `${prefix}-${String(from + i).padStart(6, '0')}`.padEnd(width, '.'));
}

/** The lines as a file holds them. */
export function textOf(lines: readonly string[]): string {
  return lines.length === 0 ? '' : `${lines.join('\n')}\n`;
}

export function append(path: string, lines: readonly string[]): void { appendFileSync(path, textOf(lines)); }

/** logrotate's `create`: path → path.1, an older path.1 → path.2, and so on; the writer's file is created unless `create` is false. Gives the new name. */
export function rotate(path: string, create = true): string {
  let last = 1;
  while (existsSync(`${path}.${last}`)) last++;
  for (let n = last; n > 1; n--) renameSync(`${path}.${n - 1}`, `${path}.${n}`);
  renameSync(path, `${path}.1`);
  if (create) appendFileSync(path, '');
  return `${path}.1`;
}

/** logrotate's `copytruncate`, both steps at once. */
export function copyTruncate(path: string, to = `${path}.1`): void {
  copyFileSync(path, to);
  truncateSync(path, 0);
}
