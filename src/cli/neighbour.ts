import { existsSync } from 'node:fs';
import type { Report } from '../report/report.ts';
import { THEIR_UNIT } from './compat/stand-ins.ts';
import type { Places } from './ctl/places.ts';
import { recordFile } from './takeover/host.ts';

const SUBJECT = 'the CloudWatch agent beside';
/** Control groups of version 2, and systemd's own of version 1. A service that has ended has none. */
const GROUPS = ['/sys/fs/cgroup/system.slice', '/sys/fs/cgroup/systemd/system.slice'];

export interface NeighbourOptions {
  readonly places: Places;
  /** Where the agent's config comes from. */
  readonly sources: readonly string[];
  readonly report: Pick<Report, 'trouble' | 'recovered'>;
  /** Folders that have one of each running service: other ones in tests. */
  readonly groups?: readonly string[];
}

/** Why the CloudWatch agent and this one send the same now, with the next step, which the log has as well; null: they do not. Costs a few looks at the disk. */
export function lookBeside({ places, sources, report, groups = GROUPS }: NeighbourOptions): string | null {
  const isTaken = existsSync(recordFile(places));
  const isOneConfig = isTaken || sources.some((source) => source.startsWith(`${places.etc}/`));
  if (!isOneConfig || !groups.some((folder) => existsSync(`${folder}/${THEIR_UNIT}`))) {
    report.recovered(SUBJECT, `${THEIR_UNIT} runs no longer beside this agent`);
    return null;
  }
  const text = `${THEIR_UNIT} runs beside this agent, by the same config: logs and metrics are sent twice. Next step: ${isTaken ? `systemctl disable --now ${THEIR_UNIT}; \`agent doctor\` says what let it start` : `stop one of them, or \`agent takeover --dry-run\` after systemctl stop unified-agent`}`;
  report.trouble(SUBJECT, text);
  return text;
}
