import type { Problem } from '../../config/problem.ts';
import type { Tail } from '../../agent/log-survey.ts';
import type { WrittenIn } from './log-flow.ts';
import type { Migrated } from './awslogs-questions.ts';
import type { FoundLog } from './log-proposals.ts';

/** What the questions ask of this machine. */
export interface Machine {
  /** Region of the EC2 instance this is; null elsewhere. */
  readonly instance: { readonly region: string | null } | null;
  /** Region that the environment names. */
  readonly region: string | null;
  readonly hasCollectd: boolean;
  /** Whether there are users whose proof of what CollectD sends can be checked. */
  readonly hasCollectdUsers: boolean;
  readonly hasJournal: boolean;
  /** Whether the legacy agent's config is where it usually is. */
  readonly hasAwslogs: boolean;
  /** Reads a config of the legacy agent; in `fault` why not. */
  readonly awslogs: (path: string) => Promise<Migrated | { readonly fault: string }>;
  readonly localZone: string;
  /** Epoch milliseconds. */
  readonly now: () => number;
  /** Services that run. */
  readonly units: () => Promise<readonly string[]>;
  /** Logs that are written here, but those that match one of the patterns. */
  readonly findLogs: (besides: readonly string[]) => Promise<{ readonly found: readonly FoundLog[]; readonly unreadable: number }>;
  /** Files that a pattern matches and the agent would follow, newest first. */
  readonly filesOf: (pattern: string) => Promise<readonly Omit<FoundLog, 'known' | 'form' | 'writer'>[]>;
  /** The end of a file, or null when it cannot be read. */
  readonly tail: (path: string) => Tail | null;
  /** What the file and its rotated lives show of its pace, or null. */
  readonly growth: (path: string) => WrittenIn | null;
  /** What is wrong with a path or glob, or null. */
  readonly globFault: (pattern: string) => string | null;
  /** What `check` says of a config. */
  readonly problems: (text: string) => Promise<readonly Problem[]>;
}
