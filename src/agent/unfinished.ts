import type { JournalPipeline } from './journald/journal-pipeline.ts';
import type { LogPipeline } from './log-pipeline.ts';

/** What an agent that has ended leaves to the next. */
export interface Unfinished {
  /** Followed files with bytes that are not acknowledged, and keys of entries that hold some of the journal. */
  readonly files: number;
  readonly journals: readonly string[];
  /** Of all of them together. */
  readonly bytes: number;
  /** Names of what is to be read and cannot be, or not as a whole: files, entries of the journal's, and mounts that give no answer. */
  readonly unread: readonly string[];
}

/** What these leave. @param mounts that give no answer */
export function unfinishedOf({ pipelines, journals }: { readonly pipelines: readonly LogPipeline[]; readonly journals: readonly JournalPipeline[] }, mounts: readonly string[]): Unfinished {
  const files = pipelines.flatMap((pipeline) => [...pipeline.generations]).map((g) => g.unacknowledged).filter((left) => left > 0);
  const held = journals.filter(({ source }) => source.heldBytes > 0);
  return {
    files: files.length,
    journals: held.map(({ entry }) => entry.key),
    bytes: [...files, ...held.map(({ source }) => source.heldBytes)].reduce((sum, bytes) => sum + bytes, 0),
    unread: [...new Set(pipelines.flatMap((pipeline) => [...pipeline.unread])), ...journals.filter(({ unread }) => unread !== null).map(({ entry }) => entry.key), ...mounts],
  };
}

/** What is not acknowledged, as in `10 bytes of 1 file`; null: nothing. */
export function heldText({ files, journals, bytes }: Pick<Unfinished, 'files' | 'journals' | 'bytes'>): string | null {
  const of = [...(files > 0 ? [`${files} ${files === 1 ? 'file' : 'files'}`] : []), ...journals];
  return of.length === 0 ? null : `${bytes} bytes of ${of.join(' and ')}`;
}
