// Whether the agent may read what it is told to follow.
import { nameIn, obstacleTo } from '../../host/identity.ts';
import type { Obstacle, Reader } from '../../host/identity.ts';
import type { FileEntryPlan } from '../../plan.ts';
import { failed, note, ok } from './finding.ts';
import type { Finding } from './finding.ts';

export interface Followed {
  readonly entry: Pick<FileEntryPlan, 'pattern' | 'pointer'>;
  /** Paths that match it now. */
  readonly files: readonly string[];
}

const NEEDS = { search: 'passed through', list: 'listed', read: 'read' } as const satisfies Record<Obstacle['need'], string>;
const PERMISSIONS = { search: 'x', list: 'rx', read: 'r' } as const satisfies Record<Obstacle['need'], string>;

/** The folder of a path or glob that has no wildcard in it: what can be looked at whatever matches. */
export function fixedFolder(pattern: string): string {
  const wild = pattern.search(/[*?[{]/);
  const fixed = wild < 0 ? pattern : pattern.slice(0, wild);
  return fixed.slice(0, Math.max(1, fixed.lastIndexOf('/'))) || '/';
}

function obstacleText({ path, need, uid, gid, mode }: Obstacle): string {
  return `${path} cannot be ${NEEDS[need]}: mode ${mode.toString(8).padStart(4, '0')}, owner ${nameIn('/etc/passwd', uid)}, group ${nameIn('/etc/group', gid)}`;
}

/** The one command that opens the way: by the group where the group may already, else by an access control list. */
function wayIn({ path, need, gid, mode }: Obstacle, user: string): string {
  const bits = need === 'search' ? 0o1 : need === 'list' ? 0o5 : 0o4;
  const group = nameIn('/etc/group', gid);
  if (((mode >> 3) & bits) === bits && gid !== 0) return `usermod --append --groups ${group} ${user} && systemctl restart unified-agent`;
  return `setfacl --modify u:${user}:${PERMISSIONS[need]} ${path}`;
}

/** One finding for each obstacle, and one for all that has none. @param identity of the agent. */
export function pathFindings(followed: readonly Followed[], identity: Reader): readonly Finding[] {
  const user = nameIn('/etc/passwd', identity.uid);
  const blocked = new Map<string, { readonly obstacle: Obstacle; readonly patterns: Set<string> }>();
  let readable = 0;
  for (const { entry, files } of followed) {
    const obstacles = [obstacleTo(fixedFolder(entry.pattern), 'list', identity), ...files.map((file) => obstacleTo(file, 'read', identity))];
    readable += obstacles.slice(1).filter((obstacle) => obstacle === null).length;
    for (const obstacle of obstacles) {
      // A file that is named whole needs no list of its folder.
      if (obstacle === null || (obstacle.need === 'list' && !/[*?[{]/.test(entry.pattern))) continue;
      const known = blocked.get(obstacle.path);
      if (known === undefined) blocked.set(obstacle.path, { obstacle, patterns: new Set([entry.pattern]) });
      else known.patterns.add(entry.pattern);
    }
  }
  const empty = followed.filter(({ files }) => files.length === 0).map(({ entry }) => entry.pattern);
  return [
    ...[...blocked.values()].map(({ obstacle, patterns }) => failed('files', `${obstacleText(obstacle)}; needed for ${[...patterns].join(', ')} as ${user}`, `${wayIn(obstacle, user)}\nor let the agent read all files: AmbientCapabilities=CAP_DAC_READ_SEARCH, as its unit has it`)),
    ...(readable > 0 || blocked.size === 0 && followed.length > 0 ? [ok('files', `${readable} of ${followed.reduce((sum, { files }) => sum + files.length, 0)} matching files can be read as ${user}${identity.readsAll ? ' (whatever their modes are)' : ''}`)] : []),
    ...(empty.length === 0 ? [] : [note('files', `nothing matches ${empty.slice(0, 5).join(', ')}${empty.length > 5 ? ` and ${empty.length - 5} more` : ''} now; what comes later is followed`)]),
  ];
}
