// What journalctl is told. Of its habits three would lose entries: `--after-cursor` passes over one entry when the one it names is
// gone, `--follow` alone leaves out entries of earlier boots, and without `--no-tail` it shows ten entries of a backlog. So
// the cursor's own entry is read once more, and journals are merged, which lifts the limit of the boot; what that would bring in of
// other machines is left out by a match of its own.

/** Which journal. */
type Journal = Pick<Selection, 'directory'>;

/** Which entries of which journal. */
export interface Selection {
  /** Folder of the journal's files; null: the journal of this machine. */
  readonly directory: string | null;
  readonly units: readonly string[];
  /** 0 (emerg) to 7 (debug): this one and what is more urgent. */
  readonly priority: number;
  /** An entry must match all of one of these, each `FIELD=value`; none: every entry does. */
  readonly matches: readonly (readonly string[])[];
}

/** The arguments of what is read: entries in the export format from `cursor` (with its own entry) on, or from the first. */
export function readingArgs(selection: Selection, machineId: string | null, cursor: string | null, follow: boolean): readonly string[] {
  return [...baseArgs(selection), '--no-tail', ...(follow ? ['--follow'] : []), ...(cursor === null ? [] : [`--cursor=${cursor}`]), ...selectionArgs(selection, machineId)];
}

/** The arguments for the newest entries that are selected, the oldest of them first. */
export function newestArgs(selection: Selection, machineId: string | null, count: number): readonly string[] {
  return [...baseArgs(selection), `--lines=${count}`, ...selectionArgs(selection, machineId)];
}

/** The arguments for the one entry at `cursor`, whatever is selected, or the next behind it where it is gone; null: for the newest. */
export function entryArgs(selection: Journal, machineId: string | null, cursor: string | null): readonly string[] {
  return [...baseArgs(selection), '--lines=1', ...(cursor === null ? [] : [`--cursor=${cursor}`]), ...matchArgs([], ownOnly(selection, machineId))];
}

function selectionArgs(selection: Selection, machineId: string | null): readonly string[] {
  const { units, priority, matches } = selection;
  return [`--priority=${priority}`, ...units.map((unit) => `--unit=${unit}`), ...matchArgs(matches, ownOnly(selection, machineId))];
}

function baseArgs({ directory }: Journal): readonly string[] {
  return ['--output=export', '--no-pager', '--merge', ...(directory === null ? [] : [`--directory=${directory}`])];
}

const ownOnly = ({ directory }: Journal, machineId: string | null): readonly string[] => (directory === null && machineId !== null ? [`_MACHINE_ID=${machineId}`] : []);

/** What is between two `+` holds together. */
function matchArgs(matches: readonly (readonly string[])[], always: readonly string[]): readonly string[] {
  const groups = matches.length === 0 ? [always] : matches.map((match) => [...match, ...always]);
  return groups.flatMap((group, i) => (i === 0 ? group : ['+', ...group]));
}

/** Why journalctl cannot read, and what a person does about it. */
export function journalFault(complaint: string, { directory }: Journal, user: string): string {
  const where = directory ?? 'the journal of this host';
  if (/insufficient permissions|Permission denied/.test(complaint)) {
    return directory === null
      ? `${where} may not be read by the user ${user}: \`usermod -aG systemd-journal ${user}\`, then restart the agent`
      : `${where} may not be read by the user ${user}: \`setfacl -Rm u:${user}:rX,d:u:${user}:rX ${directory}\``;
  }
  if (/No such file or directory/.test(complaint) && directory !== null) return `${where} does not exist: create it, or change "directory" of the entry`;
  const [first = ''] = complaint.trim().split('\n', 1);
  return `${where} cannot be read: journalctl ${first === '' ? 'ended' : `says ${JSON.stringify(first.slice(0, 200))}`}`;
}

/** Only entries of the agent's own user can be read, and journalctl says so. */
export const seesPartOnly = (complaint: string): boolean => complaint.includes('not seeing messages from other users');
