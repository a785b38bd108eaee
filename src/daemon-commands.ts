import type { Commands } from './program.ts';

/** What the daemon's own program has: what runs for months carries nothing that only people need. */
export const DAEMON = {
  run: { summary: 'Follow the configured files and deliver them until SIGTERM', load: async () => (await import('./cli/run.ts')).runCommand() },
} as const satisfies Commands;
