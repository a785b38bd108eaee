import { formatProblems } from '../../config/problem.ts';
import { THEIR_UNIT } from '../compat/stand-ins.ts';
import { positionsText } from '../config/positions-text.ts';
import { OUR_UNIT } from '../own-unit.ts';
import { findingText } from '../doctor/finding.ts';
import { describeMetrics } from '../metrics-text.ts';
import { describeEntry, describeService } from '../plan-text.ts';
import { printable } from '../text-table.ts';
import { countText } from '../units.ts';
import { reservationFile, type TakeoverHost } from './host.ts';
import type { Positions, Survey } from './survey.ts';

/** Files without a position that are named; the rest is counted. */
const LISTED = 10;

/** What is there: whose service does what, the config with its problems, and where each file goes and goes on. */
export function surveyText({ theirs, oursActive, plan, problems, files, findings }: Survey, positions: Positions | null, { stateDirectory, output: { colour } }: TakeoverHost): string {
  const parts = [
    `${THEIR_UNIT} ${theirs.isKnown ? `${theirs.wasActive ? 'runs' : 'does not run'}, and ${theirs.wasEnabled ? 'starts' : 'does not start'} with the system` : 'is not known to systemd'}; ${OUR_UNIT} ${oursActive ? 'runs' : 'does not run'}\n`,
    formatProblems(problems, colour),
  ];
  if (plan !== null) {
    parts.push(
      ...(plan.entries.length === 0 ? [] : [describeService(plan)]),
      ...(plan.metrics === null ? [] : [describeMetrics(plan.metrics)]),
      ...plan.entries.map((entry) => describeEntry(entry, null)),
    );
  }
  if (findings.length > 0) parts.push('Tried as the service would (`agent doctor` tries more)\n', indented(findings.map(findingText).join('')));
  if (positions !== null) {
    parts.push('Positions of the CloudWatch agent\n', indented(positionsText(positions.imported, positions.without, { stateDirectory, dryRun: true })));
    const known = new Set(positions.imported.map(({ position }) => position.path));
    const unknown = files.filter((path) => !known.has(path));
    if (unknown.length > 0) parts.push(indented(`${countText(unknown.length, 'file')} without one, as the CloudWatch agent has sent nothing of them; those that an entry takes are sent from their start: ${unknown.slice(0, LISTED).map(printable).join(', ')}${unknown.length > LISTED ? ', …' : ''}\n`));
  }
  return parts.join('');
}

/** What would be done, in this order. */
export function stepsText({ theirs, plan }: Survey, positions: Positions | null, withCtl: boolean, { places, stateDirectory, proofMs }: TakeoverHost): string {
  const steps = [
    `stop and disable ${THEIR_UNIT}${theirs.wasActive ? '' : ' (it does not run)'}, and keep it from starting as long as this agent has its place (${reservationFile(places)})`,
    ...(positions === null || plan?.entries.length === 0 ? [] : [`import its positions as it saved them last into ${stateDirectory}`]),
    ...(withCtl ? [`put its amazon-cloudwatch-agent-ctl aside, and this agent's there (\`agent compat\`)`] : []),
    `enable and start ${OUR_UNIT}`,
    `ask it for up to ${proofMs / 1000} s until it runs and delivers without a problem; if it does not, undo all of this and start ${THEIR_UNIT} where this agent ended`,
  ];
  return `Would be done\n${steps.map((step, n) => `  ${n + 1}. ${step}\n`).join('')}Nothing was changed. \`agent takeover\` does it, \`agent takeover --back\` undoes it.\n`;
}

const indented = (text: string): string => text.replaceAll(/^(?=.)/gm, '  ');
