import { existsSync, readFileSync } from 'node:fs';
import type { Report } from '../report/report.ts';
import { THEIR_UNIT } from './compat/stand-ins.ts';
import type { Places } from './ctl/places.ts';
import { recordFile } from './takeover/host.ts';

const SUBJECT = 'the CloudWatch agent beside';
/** Control groups of version 2, and systemd's own of version 1. */
const GROUPS = ['/sys/fs/cgroup/system.slice', '/sys/fs/cgroup/systemd/system.slice'];
/** What the kernel keeps of `amazon-cloudwatch-agent` as a name of a process. A stop of its service may leave other ones behind (KillMode=process). */
const THEIR_PROCESS = 'amazon-cloudwat';

export interface NeighbourOptions {
  readonly places: Places;
  /** Where the agent's config comes from. */
  readonly sources: readonly string[];
  readonly report: Pick<Report, 'trouble' | 'recovered'>;
  /** Folders that have one of each running service, and what is known of processes: other ones in tests. */
  readonly groups?: readonly string[];
  readonly proc?: string;
}

/** Why the CloudWatch agent and this one send the same now, with the next step, which the log has as well; null: they do not. Costs a few looks at the disk. */
export function lookBeside({ places, sources, report, groups = GROUPS, proc = '/proc' }: NeighbourOptions): string | null {
  const isTaken = existsSync(recordFile(places));
  const isOneConfig = isTaken || sources.some((source) => source.startsWith(`${places.etc}/`));
  if (!isOneConfig || !groups.some((folder) => textOf(`${folder}/${THEIR_UNIT}/cgroup.procs`).split('\n').some((pid) => pid !== '' && textOf(`${proc}/${pid}/comm`).trim() === THEIR_PROCESS))) {
    report.recovered(SUBJECT, `${THEIR_UNIT} runs no longer beside this agent`);
    return null;
  }
  const text = `${THEIR_UNIT} runs beside this agent, by the same config: logs and metrics are sent twice. Next step: ${isTaken ? `systemctl disable --now ${THEIR_UNIT}; \`agent doctor\` says what let it start` : `stop one of them, or \`agent takeover --dry-run\` after systemctl stop unified-agent`}`;
  report.trouble(SUBJECT, text);
  return text;
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
