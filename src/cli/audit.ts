import { resolve } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { auditOf, auditOfJournal, isCursor } from '../agent/audit.ts';
import type { Audit } from '../agent/audit.ts';
import { peekStore } from '../agent/state-directory.ts';
import { DEFAULT_STATE_DIR } from '../control/state-directory.ts';
import { beginOfLine, linesIn } from '../agent/audited-lines.ts';
import { auditText, rowsOf, selectRows } from './audit-text.ts';
import type { AuditRow, AuditedLife, Selection } from './audit-text.ts';
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
  readonly line?: number;
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
    .option('--line <number>', 'what became of this line, counted from 1 in the file as it is there now', offset)
    .option('--cursor <cursor>', 'what became of this entry of the journal (__CURSOR)')
    .option('--all', 'earlier files of this name too')
    .option('--limit <count>', 'at most so many ranges of each file, the last ones', offset, SHOWN)
    .option('--state-dir <dir>', 'state directory of the agent', DEFAULT_STATE_DIR)
    .option('--json', 'print everything as JSON')
    .action(async (file: string, { stateDir, at, offset: given, line, cursor, limit, all, json }: AuditOptions) => {
      const journal = journalArgument(file);
      const [asked, directory] = [journal === null ? resolve(file) : file, resolve(stateDir)];
      const byte = given ?? (line === undefined || journal !== null ? undefined : beginOfLine(asked, line) ?? undefined);
      const fault = faultOf({ isJournal: journal !== null, given, line, byte, cursor });
      if (fault !== null) {
        process.stderr.write(`agent audit: ${fault}\n`);
        process.exitCode = EXIT_USAGE;
        return;
      }
      try {
        const audit = journal === null ? auditOf(directory, asked) : auditOfJournal(directory, (key) => meansKey(journal, key));
        const { lives, others } = await livesOf(audit, directory, all === true);
        const selection: Selection = { ...(at !== undefined && { at }), ...(byte !== undefined && { offset: byte }), ...(cursor !== undefined && { cursor }) };
        const chosen = lives.map((life) => ({ ...life, rows: selectRows(life.rows, selection) })).map((life) => (journal === null && life.match === 'same' ? { ...life, rows: withLines(asked, life.rows) } : life)).filter(({ rows }) => rows.length > 0);
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

/** The rows with the lines they are, of the file that is there. */
function withLines(path: string, rows: readonly AuditRow[]): readonly AuditRow[] {
  const lines = linesIn(path, rows);
  return rows.map((row) => {
    const counted = lines.get(row);
    return counted === undefined ? row : { ...row, lines: counted };
  });
}

/** What was asked of the one that only the other has; null: nothing. */
function faultOf({ isJournal, given, line, byte, cursor }: { readonly isJournal: boolean; readonly given: number | undefined; readonly line: number | undefined; readonly byte: number | undefined; readonly cursor: string | undefined }): string | null {
  if (given !== undefined && line !== undefined) return '--offset and --line both say which byte: leave one of them out';
  if (isJournal && (given !== undefined || line !== undefined)) return `${line === undefined ? '--offset' : '--line'} is for a file: an entry of the journal is named by its cursor (--cursor)`;
  if (line !== undefined && byte === undefined) return `--line ${line}: the file has no such line, or its lines cannot be counted (it is not there any more, or is UTF-16); --offset names a byte`;
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
