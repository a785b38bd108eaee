import { existsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { Command } from 'commander';
import { PlanLookup } from '../agent/file-lookup.ts';
import { journalPlaces } from '../agent/journald/journal-check.ts';
import { networkFault } from '../agent/network-fault.ts';
import { measuredVolumes } from '../agent/volume-access.ts';
import { countProblems, formatProblems } from '../config/problem.ts';
import { USUAL } from '../config/source.ts';
import { NoAgentError, askStatus } from '../control/client.ts';
import { DEFAULT_STATE_DIR } from '../control/state-directory.ts';
import type { StatusDocument } from '../control/status-document.ts';
import { identityOf } from '../host/identity.ts';
import { processOutput } from './config/command-output.ts';
import type { CommandOutput } from './config/command-output.ts';
import { placesBelow } from './ctl/places.ts';
import type { Places } from './ctl/places.ts';
import { Unit } from './ctl/systemd.ts';
import { failed, findingText, note, ok, warning } from './doctor/finding.ts';
import type { Finding } from './doctor/finding.ts';
import { descriptorFinding, stateFinding, textOf, watchFinding } from './doctor/host.ts';
import { instanceFinding } from './doctor/instance.ts';
import { fixedFolder, pathFindings } from './doctor/paths.ts';
import { serviceFindings } from './doctor/services.ts';
import { takeoverFindings } from './doctor/takeover.ts';
import { deviceRights, volumesFinding } from './doctor/volumes.ts';
import { SIDE_FILE_OPTIONS } from './environment.ts';
import type { LoadedEnvironment, SideFiles } from './environment.ts';
import { parametersOf } from './iam-policy.ts';
import { judgedEnvironment } from './judged-environment.ts';
import { CONFIG_OPTION, USUAL_CONFIG, loadPlan } from './load-plan.ts';
import { mountsNow } from './mounts-now.ts';
import type { EntryMatches } from './plan-text.ts';
import { OUR_UNIT } from './own-unit.ts';
import { settleEnvironment } from './runtime.ts';
import { problemsOf } from './status-text.ts';

/** Something keeps the agent from its work. */
const EXIT_FAILED = 1;

interface DoctorOptions {
  readonly config: readonly string[];
  readonly stateDir: string;
  readonly write?: true;
  readonly json?: true;
}

/** `agent doctor`: tries everything the agent stands on, and says what to do about what does not hold. */
export function doctorCommand(): Command {
  return new Command('doctor')
    .description('Try what the agent stands on: config, files, limits, state, credentials, permissions, endpoints, clock; and say what to do.\nExit code: 0, 1 something keeps the agent from its work')
    .option('--config <source...>', CONFIG_OPTION, USUAL_CONFIG)
    .option('--state-dir <dir>', 'state directory of the agent', DEFAULT_STATE_DIR)
    .option('--write', 'also try what leaves something behind: groups and streams that the agent would create, one sample of agent_doctor')
    .option('--json', 'print the findings as JSON')
    .option(...SIDE_FILE_OPTIONS[0])
    .option(...SIDE_FILE_OPTIONS[1])
    .action(async ({ config, stateDir, write, json, ...sideFiles }: SideFiles & DoctorOptions) => {
      const around = await judgedEnvironment(config, sideFiles, process.env);
      settleEnvironment(around.env);
      process.exitCode = await doctor({ config, stateDirectory: resolve(stateDir), write: write === true, json: json === true, around, unit: new Unit(OUR_UNIT), places: placesBelow('') }, processOutput());
    });
}

export interface Patient {
  readonly config: readonly string[];
  readonly stateDirectory: string;
  readonly write: boolean;
  readonly json: boolean;
  readonly around: LoadedEnvironment;
  /** The agent's, as systemd knows it. */
  readonly unit: Unit;
  /** Where the CloudWatch agent has what it is controlled by. */
  readonly places: Places;
}

/** Writes each finding as it is made; gives the exit code: 0, or 1 when something failed. */
export async function doctor({ config, stateDirectory, write, json, around, unit, places }: Patient, { out, err, colour }: CommandOutput): Promise<number> {
  const findings: Finding[] = [];
  const found = (...more: readonly Finding[]): void => {
    findings.push(...more);
    if (!json) for (const finding of more) out(findingText(finding));
  };
  const { env } = around;
  const answer = await statusOf(stateDirectory);
  const status = answer instanceof NoAgentError ? null : answer;
  const isClosed = answer instanceof NoAgentError && isClosedTo(answer);
  found(agentFinding(answer));
  if (status?.restart != null) found(warning('environment', ...withStep(status.restart)));
  if (status?.neighbour != null) found(failed('takeover', ...withStep(status.neighbour)));
  found(...await takeoverFindings(places));
  const { plan, problems } = await loadPlan(config, env);
  const faults = [...around.problems, ...problems].filter(({ severity }) => severity !== 'note');
  const broken = faults.some(({ severity }) => severity === 'error');
  if (!json) err(formatProblems(faults, colour));
  const toCheck = config.length === 1 && config[0] === USUAL ? 'agent check' : `agent check --config ${config.join(' ')}`;
  if (broken || plan === null) found(failed('config', countProblems(faults), toCheck));
  else found(faults.length > 0 ? warning('config', countProblems(faults), toCheck) : ok('config', `${plan.entries.length} ${plan.entries.length === 1 ? 'entry' : 'entries'} of files${plan.journald.length === 0 ? '' : `, ${plan.journald.length} of the journal`}${plan.metrics === null ? '' : ', metrics'}, no problem`));

  const pid = status?.agent.pid ?? 'self';
  const mounts = mountsNow();
  const identity = identityOf(pid) ?? identityOf('self');
  // What would help this user would lock out the agent's.
  if (isClosed) found(note('files', 'neither these nor descriptors and state are judged: the agent is another user\'s', null));
  else if (identity !== null) {
    if (status === null) found(note('files', 'no agent could be asked: judged is what the user who asks now may read', null));
    const listed = plan === null ? [] : await new PlanLookup(mounts).filesNow(plan.entries, { logs: plan.ownLogs, stateDirectory });
    found(...mounts.hanging.map((mount) => failed('files', `${mount} gives no answer: its server or its process hangs, and what lies below it is passed over until it answers`, 'look after its server and the way there')));
    const followed = (plan?.entries ?? []).map((entry, index) => ({ entry, files: pathsOf(listed[index]) })).filter(({ entry }) => !mounts.isOut(fixedFolder(entry.pattern)));
    const journals = plan === null || plan.journald.length === 0 ? null : await journalPlaces(plan.journald);
    if (journals?.fault != null) found(failed('journal', journals.fault, 'apt-get install systemd, or take journald out of the config'));
    found(...pathFindings([...followed, ...journals?.places ?? []], identity));
    const files = followed.flatMap((one) => one.files);
    found(descriptorFinding(textOf(`/proc/${pid}/limits`), files.length));
    const folders = new Set([...files.map((file) => dirname(file)), ...followed.map(({ entry }) => fixedFolder(entry.pattern))]);
    found(watchFinding(textOf('/proc/sys/fs/inotify/max_user_watches'), textOf('/proc/sys/fs/inotify/max_user_instances'), folders.size));
    found(stateFinding(stateDirectory, identity, status !== null));
    const volumes = plan === null ? null : measuredVolumes(plan, env);
    if (volumes !== null) found(volumesFinding(volumes, await deviceRights({ pid: status?.agent.pid ?? null, administers: identity.administers }, unit)));
  }
  const instance = await instanceFinding(env, existsSync('/.dockerenv') || existsSync('/run/.containerenv'));
  if (instance !== null) found(instance);
  const network = networkFault(env);
  if (network !== null) found(failed('network', network, 'see the proxy and certificate settings of common-config.toml and of the environment'));
  else if (plan !== null) found(...await serviceFindings(plan, env, { policy: { account: '*', parameters: parametersOf(config, false) }, write, now: Date.now() }));
  if (json) out(`${JSON.stringify(findings, null, 2)}\n`);
  return findings.some(({ verdict }) => verdict === 'failed') ? EXIT_FAILED : 0;
}

/** Also what cannot be opened: that it matches is why it is looked at. */
function pathsOf(listed: EntryMatches | undefined): readonly string[] {
  if (listed === undefined) return [];
  return [...listed.matches, ...listed.skipped.filter(({ reason }) => reason.startsWith('cannot be opened'))].map(({ path }) => path);
}

/** What the agent says of itself, and the step that it ends with. */
function withStep(text: string): [what: string, next: string] {
  const [what = text, next = 'agent status'] = text.split('. Next step: ');
  return [what, next];
}

/** Of the agent that runs here; or why it cannot be asked, with the next step. */
async function statusOf(stateDirectory: string): Promise<StatusDocument | NoAgentError> {
  try {
    return await askStatus(stateDirectory);
  } catch (error) {
    if (error instanceof NoAgentError) return error;
    throw error;
  }
}

/** Whether this user may not ask, be it whether an agent runs. */
const isClosedTo = ({ cause }: NoAgentError): boolean => ['EACCES', 'EPERM'].includes((cause as NodeJS.ErrnoException | undefined)?.code ?? '');

function agentFinding(status: StatusDocument | NoAgentError): Finding {
  if (status instanceof NoAgentError) return isClosedTo(status) ? warning('agent', 'this user may not ask it', 'sudo agent doctor') : note('agent', status.message, 'systemctl status unified-agent');
  const problems = problemsOf(status);
  const { version, pid } = status.agent;
  return problems.length === 0 ? ok('agent', `version ${version} runs as process ${pid}, and has no troubles`) : warning('agent', `version ${version} runs as process ${pid}: ${problems[0]}${problems.length > 1 ? `; and ${problems.length - 1} more` : ''}`, 'agent status');
}
