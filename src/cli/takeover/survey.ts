import { globFault } from '../../agent/file-lookup.ts';
import { readStateFolder } from '../../agent/import/cloudwatch-agent-state.ts';
import { importPositions, type ImportedPosition } from '../../agent/import/import-positions.ts';
import type { NoPosition } from '../../agent/import/position.ts';
import { networkFault } from '../../agent/network-fault.ts';
import { documentOf } from '../../config/document.ts';
import type { Problem } from '../../config/problem.ts';
import { sideProblem } from '../../config/side-file.ts';
import { askInstance } from '../../host/instance.ts';
import type { Plan } from '../../plan.ts';
import { pathsOf } from '../config/import-state.ts';
import { isThere } from '../ctl/installed-configs.ts';
import { ctlEnvironment, type CtlEnvironment } from '../ctl/side-environment.ts';
import type { Finding } from '../doctor/finding.ts';
import { serviceFindings } from '../doctor/services.ts';
import { planOf } from '../load-plan.ts';
import { settleEnvironment } from '../runtime.ts';
import { readUsual } from '../usual-config.ts';
import { recordFile, type TakeoverHost, type TakeoverRecord } from './host.ts';

/** What is there, before anything is done about it. */
export interface Survey {
  readonly theirs: Pick<TakeoverRecord, 'wasActive' | 'wasEnabled'> & { readonly isKnown: boolean };
  readonly oursActive: boolean;
  /** It was taken over before, or a takeover was broken off. */
  readonly isTaken: boolean;
  readonly around: CtlEnvironment;
  readonly plan: Plan | null;
  readonly problems: readonly Problem[];
  /** Files that match an entry now. */
  readonly files: readonly string[];
  /** Credentials, endpoints, permissions: tried as the service would have them, without leaving anything behind. */
  readonly findings: readonly Finding[];
}

/** The config that this agent's service reads on this host, and the environment it has. */
export async function usualPlan({ places, env }: TakeoverHost): Promise<Pick<Survey, 'around' | 'plan' | 'problems'>> {
  const onPremises = (await askInstance(env)) === null;
  const around = await ctlEnvironment(places, env, onPremises);
  settleEnvironment(around.env);
  const read = await readUsual([
    { file: places.own.config, folder: places.own.folder, whose: 'this agent\'s own' },
    { file: places.config, folder: places.folder, whose: 'the CloudWatch agent\'s, read where it is' },
  ]);
  const document = documentOf(read.texts);
  const broken = read.problems.some(({ severity }) => severity === 'error');
  const { plan, problems } = await planOf({ root: broken ? null : document.root, problems: [...read.problems, ...document.problems] }, around.env, globFault);
  return { around, plan, problems: [...around.problems, ...problems] };
}

/** Looks at both services and at the config the new one would read; changes nothing. */
export async function survey(host: TakeoverHost): Promise<Survey> {
  const { places, theirs, unit } = host;
  const { around, plan, problems } = await usualPlan(host);
  const fault = networkFault(around.env);
  return {
    theirs: { isKnown: await theirs.isKnown(), wasActive: await theirs.isUp(), wasEnabled: await theirs.isEnabled() },
    oursActive: await unit.isUp(),
    isTaken: await isThere(recordFile(places)),
    around, plan,
    problems: [...(fault === null ? [] : [sideProblem('error', 'environment', null, fault)]), ...problems],
    files: plan === null ? [] : await pathsOf(plan),
    findings: plan === null || fault !== null ? [] : await serviceFindings(plan, around.env, { policy: { account: '*', parameters: [] }, write: false, now: Date.now() }),
  };
}

export interface Positions {
  readonly imported: readonly ImportedPosition[];
  readonly without: readonly NoPosition[];
}

/**
 * The other agent's positions become ours, or are only judged (`dryRun`). Those that this agent has of before are replaced: since then the other
 * one went on. Throws StateDirectoryError, and the system's error for a folder that is there and cannot be read.
 */
export async function takePositions(plan: Plan, files: readonly string[], dryRun: boolean, { places, stateDirectory, output: { err } }: TakeoverHost): Promise<Positions> {
  if (!(await isThere(places.state))) return { imported: [], without: [] };
  const state = readStateFolder(places.state, plan.delivery.window > 1, files);
  const report = { checkpointTrouble: (message: string) => err(`agent: ${message}\n`), checkpointRecovered: () => {} };
  return { imported: await importPositions({ entries: plan.entries, positions: state.positions, stateDirectory, force: true, dryRun, report }), without: state.without };
}
