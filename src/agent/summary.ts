import type { Agent } from './agent.ts';
import { heldText } from './unfinished.ts';

/** What the agent does and what keeps it from it, in one line for `systemctl status`. */
export function summaryOf(agent: Agent, stopping: boolean): string {
  if (stopping) return stoppingText(agent);
  const { pipelines, lanes, metrics, report } = agent;
  const files = pipelines.reduce((sum, pipeline) => sum + [...pipeline.generations].length, 0);
  const failing = lanes.filter(({ isFailing }) => isFailing);
  const first = failing.find(({ state }) => state === 'paused') ?? failing[0];
  const doing = [
    ...(pipelines.length === 0 && metrics?.delivery != null ? [] : [`following ${counted(files, 'file')} of ${pipelines.length} ${pipelines.length === 1 ? 'entry' : 'entries'}`]),
    ...(metrics?.delivery == null ? [] : ['collecting metrics']),
  ];
  const parts = [
    doing.join(' and '),
    ...(first === undefined ? [] : [`${failing.length} of ${counted(lanes.length, 'destination')} take nothing: ${first.name} ${first.state} (${first.lastError})`]),
    ...(metrics?.isFailing === true ? [`metrics are not taken: ${metrics.delivery?.status.lastError}`] : []),
    ...agent.stalls,
  ];
  // What is not named is counted: a line has no room for all.
  if (parts.length === 1 && report.troubles.length > 0) parts.push(`${counted(report.troubles.length, 'trouble')}, \`agent status\` names ${report.troubles.length === 1 ? 'it' : 'them'}`);
  return parts.join('; ');
}

function stoppingText(agent: Agent): string {
  const held = heldText(agent.unfinished);
  return held === null ? 'stopping' : `stopping: ${held} are not acknowledged yet`;
}

const counted = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`;
