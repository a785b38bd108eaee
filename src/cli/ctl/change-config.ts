import { basename, dirname, join, relative } from 'node:path';
import { globFault } from '../../agent/file-lookup.ts';
import { networkFault } from '../../agent/network-fault.ts';
import { passedOver } from '../../config/load.ts';
import { formatProblems } from '../../config/problem.ts';
import { askInstance } from '../../host/instance.ts';
import { planOf } from '../load-plan.ts';
import { parameterAccess } from '../parameter-access.ts';
import { settleEnvironment } from '../runtime.ts';
import { agentVersion } from '../version.ts';
import { fetchConfig, fileNameOf, parsePlace, type FetchedConfig } from './config-source.ts';
import { setVariables } from './env-config-file.ts';
import { CtlError, type DropInHost } from './host.ts';
import { documentWith, installedConfigs, ownConfig, takeAway, writeConfig } from './installed-configs.ts';
import { ctlEnvironment, type CtlEnvironment } from './side-environment.ts';

export type ConfigChange = 'fetch' | 'append' | 'remove';
export type Mode = 'ec2' | 'onPremise' | 'onPrem' | 'auto';

export interface ChangeOptions {
  /** What `-c` says. */
  readonly from: string;
  readonly mode: Mode;
  readonly dualStack: boolean;
}

/** What is to be there afterwards. */
interface Target {
  readonly fetched: FetchedConfig | null;
  /** Files that stay, and that go. */
  readonly kept: readonly string[];
  readonly gone: readonly string[];
}

const ALL = 'all';

/**
 * `fetch-config`, `append-config`, `remove-config`: what is to be there is judged first, as a whole, and written only when it is good.
 * False when there was nothing to do. Throws CtlError; then every file is as it was.
 */
export async function changeConfig(change: ConfigChange, options: ChangeOptions, host: DropInHost): Promise<boolean> {
  const { output: { out, err }, places } = host;
  out('****** processing amazon-cloudwatch-agent ******\n');
  if (options.from === ALL && change !== 'remove') {
    out(`ignore cwa configuration "${ALL}" as it is only supported by action "remove-config"\n`);
    return false;
  }
  const own = await ownConfig(places);
  if (own !== null && change !== 'remove') throw new CtlError(`${own} is there, so this agent reads that and would never read what is fetched to ${places.folder}: move it away first, or configure the agent there`);
  const around = await environmentOf(options.mode, host);
  const target = await targetOf(change, options, around, host);
  const installed = target.fetched === null ? null : join(places.folder, target.fetched.name);
  if (target.fetched === null && target.kept.length === 0) {
    for (const path of target.gone) await leave(path, null, host);
    out('all amazon-cloudwatch-agent configurations have been removed\n');
  } else {
    await validate(target, around, host);
    if (target.fetched !== null) await writeConfig(installed!, target.fetched.text);
    for (const path of target.gone) await leave(path, target.fetched?.text ?? null, host);
    if (target.fetched !== null && Object.keys(around.lasting).length > 0) {
      await setVariables(places, around.lasting, host.output.colour);
      err(`${places.envConfig} now sets ${Object.keys(around.lasting).join(', ')}, so that the agent, whose user has another home, finds the same credentials\n`);
    }
  }
  if (own !== null) err(`${own} is there, and this agent reads that alone\n`);
  return true;
}

async function environmentOf(mode: Mode, { places, env, output: { err, colour } }: DropInHost): Promise<CtlEnvironment> {
  const around = await ctlEnvironment(places, env, mode === 'onPremise' || mode === 'onPrem');
  err(formatProblems(around.problems.filter(({ severity }) => severity !== 'note'), colour));
  if (around.problems.some(({ severity }) => severity === 'error')) throw new CtlError('the files beside the config have errors; nothing is changed');
  settleEnvironment(around.env);
  return around;
}

async function targetOf(change: ConfigChange, { from, mode, dualStack }: ChangeOptions, { env }: CtlEnvironment, { places, output: { out } }: DropInHost): Promise<Target> {
  const installed = await installedConfigs(places);
  if (change === 'remove') {
    const gone = from === ALL ? installed : [removed(from, installed, places.folder)];
    return { fetched: null, gone, kept: installed.filter((path) => !gone.includes(path)) };
  }
  const onEc2 = mode === 'ec2' || (mode === 'auto' && (await askInstance(env)) !== null);
  const fetched = await fetchConfig(from, { onEc2, access: parameterAccess(env, { dualStack }) });
  if ('fault' in fetched) throw new CtlError(`${fetched.fault}\nnothing is changed`);
  const unread = passedOver(fetched.name);
  if (unread !== null) throw new CtlError(`${from} would be kept as ${fetched.name}, which is never read (${unread}): give it another name\nnothing is changed`);
  const path = join(places.folder, fetched.name);
  out(`Successfully fetched the config of ${from}\n`);
  const others = installed.filter((one) => one !== path);
  return change === 'append' ? { fetched, kept: others, gone: [] } : { fetched, kept: [], gone: others };
}

function removed(from: string, installed: readonly string[], folder: string): string {
  const place = parsePlace(from);
  if ('fault' in place) throw new CtlError(`${place.fault}\nnothing is changed`);
  const path = join(folder, fileNameOf(place));
  if (installed.includes(path)) return path;
  const names = installed.filter((one) => dirname(one) === folder).map((one) => basename(one));
  throw new CtlError(`failed to remove the json file ${path}: there is none; ${names.length === 0 ? 'none is there at all' : `there ${names.length === 1 ? 'is' : 'are'} ${names.join(', ')}`}`);
}

async function validate({ fetched, kept }: Target, { env }: CtlEnvironment, { output: { out, err, colour } }: DropInHost): Promise<void> {
  out('Start configuration validation...\n');
  const { plan, problems } = await planOf(await documentWith(kept, fetched === null ? null : { name: fetched.origin, text: fetched.text }), env, globFault);
  const fault = networkFault(env);
  err(formatProblems(problems, colour));
  if (fault !== null) err(`environment: ${fault}\n`);
  const failed = problems.some(({ severity }) => severity === 'error');
  if (!failed && plan === null) err('nothing of this config is run by this version\n');
  if (failed || plan === null || fault !== null) {
    throw new CtlError(`configuration validation first phase failed. Agent version: ${agentVersion}. The config that was there is left as it is.`);
  }
  err('Configuration validation first phase succeeded\n');
  out('Configuration validation second phase succeeded\nConfiguration validation succeeded\n');
}

async function leave(path: string, text: string | null, { places, output: { err } }: DropInHost): Promise<void> {
  const to = await takeAway(path, places, text);
  if (to !== null) err(`${relative(places.etc, path)} was put there by hand and is no copy: kept as ${to}, and not read any more\n`);
}
