import { resolve } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { auditOf, auditOfJournal, isCursor } from '../agent/audit.ts';
import type { Audit } from '../agent/audit.ts';
import { peekStore } from '../agent/state-directory.ts';
import { DEFAULT_STATE_DIR } from '../control/state-directory.ts';
import { auditText, rowsOf, selectRows } from './audit-text.ts';
import type { AuditedLife, Selection } from './audit-text.ts';
import { JOURNAL_ARGUMENT, journalArgument, meansKey } from './journal-argument.ts';

/** sysexits.h EX_USAGE; EX_NOINPUT: the journal cannot be read. */
const EXIT_USAGE = 64;
const EXIT_NO_INPUT = 66;
const EXIT_NOTHING_KNOWN = 1;
/** Rows of each life of the file. */
const SHOWN = 50;

interface AuditOptions {
  readonly stateDir: string;
  readonly at?: number;
  readonly offset?: number;
  readonly cursor?: string;
  readonly limit: number;
  readonly all?: true;
  readonly json?: true;
}

/** `agent audit FILE`: which bytes of it, or entries of the journal, went where, and when. */
export function auditCommand(): Command {
  return new Command('audit')
    .description('Say which bytes of a file, or entries of the journal, went where and when, were acknowledged, or dropped and why, from a journal that the agent keeps (at most 64 MiB, the oldest goes first).\nExit code: 0, 1 nothing is known of the file, 66 the journal cannot be read')
    .argument('<file>', `its path, now or when it was read; a rotated file under its present name; or ${JOURNAL_ARGUMENT}`)
    .option('--at <time>', 'what was under way then: 2026-05-20T12:00:00Z, or epoch milliseconds', time)
    .option('--offset <byte>', 'what became of this byte', offset)
    .option('--cursor <cursor>', 'what became of this entry of the journal (__CURSOR)')
    .option('--all', 'earlier files of this name too')
    .option('--limit <count>', 'at most so many ranges of each file, the last ones', offset, SHOWN)
    .option('--state-dir <dir>', 'state directory of the agent', DEFAULT_STATE_DIR)
    .option('--json', 'print everything as JSON')
    .action(async (file: string, { stateDir, at, offset: byte, cursor, limit, all, json }: AuditOptions) => {
      const journal = journalArgument(file);
      const [asked, directory] = [journal === null ? resolve(file) : file, resolve(stateDir)];
      const fault = faultOf(journal !== null, byte, cursor);
      if (fault !== null) {
        process.stderr.write(`agent audit: ${fault}\n`);
        process.exitCode = EXIT_USAGE;
        return;
      }
      try {
        const audit = journal === null ? auditOf(directory, asked) : auditOfJournal(directory, (key) => meansKey(journal, key));
        const { lives, others } = await livesOf(audit, directory, all === true);
        const selection: Selection = { ...(at !== undefined && { at }), ...(byte !== undefined && { offset: byte }), ...(cursor !== undefined && { cursor }) };
        const chosen = lives.map((life) => ({ ...life, rows: selectRows(life.rows, selection) })).filter(({ rows }) => rows.length > 0);
        if (json === true) process.stdout.write(`${JSON.stringify({ file: asked, size: audit.size, since: audit.since, badLines: audit.badLines, generations: chosen }, null, 2)}\n`);
        else process.stdout.write(`${auditText(asked, audit, chosen, Math.max(1, limit))}${others > 0 ? `${others} earlier ${others === 1 ? 'file' : 'files'} had this name: --all shows ${others === 1 ? 'it' : 'them'}\n` : ''}`);
        process.exitCode = chosen.length === 0 ? EXIT_NOTHING_KNOWN : 0;
      } catch (error) {
        const { code, message } = error as NodeJS.ErrnoException;
        if (code === undefined) throw error;
        process.stderr.write(`agent audit: the journal in ${directory} cannot be read (${message})${code === 'EACCES' ? ': ask as the user the agent runs as, or as root' : code === 'ENOENT' ? ': name the agent\'s state directory with --state-dir' : ''}\n`);
        process.exitCode = EXIT_NO_INPUT;
      }
    });
}

/** What is the file itself; where nothing is, or with `all`, what begins alike or had its name too. */
async function livesOf({ generations, size }: Audit, directory: string, all: boolean): Promise<{ readonly lives: readonly AuditedLife[]; readonly others: number }> {
  const checkpoints = await peekStore(directory).catch(() => []);
  const same = generations.filter(({ match }) => match === 'same');
  const shown = all || same.length === 0 ? generations : same;
  const lives = shown.map(({ ranges, ...life }) => {
    const checkpoint = checkpoints.find(({ entry, id, ended }) => entry === life.entry && id.inode === life.inode && !ended);
    return { ...life, rows: rowsOf({ ranges }, life.match === 'same' ? size : null, life.match === 'same' ? checkpoint?.offset ?? null : null) };
  });
  return { lives, others: generations.length - shown.length };
}

/** What was asked of the one that only the other has; null: nothing. */
function faultOf(isJournal: boolean, byte: number | undefined, cursor: string | undefined): string | null {
  if (isJournal && byte !== undefined) return '--offset is for a file: an entry of the journal is named by its cursor (--cursor)';
  if (!isJournal && cursor !== undefined) return '--cursor is for the journal: `agent audit journal --cursor …`';
  return cursor !== undefined && !isCursor(cursor) ? '--cursor: this is no cursor; `journalctl --output=json` has them as __CURSOR' : null;
}

function time(text: string): number {
  const ms = /^\d{12,14}$/.test(text) ? Number(text) : Date.parse(text);
  if (Number.isNaN(ms)) throw new InvalidArgumentError('A time such as 2026-05-20T12:00:00Z is expected.');
  return ms;
}

function offset(text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new InvalidArgumentError('A number from 0 is expected.');
  return Number(text);
}
