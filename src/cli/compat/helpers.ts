// The CloudWatch agent's helpers that scripts call by themselves: one fetches a config into a folder, the other judges what is there.
import { readdir, rm } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { globFault } from '../../agent/file-lookup.ts';
import { configFilesIn } from '../../config/load.ts';
import { formatProblems } from '../../config/problem.ts';
import { askInstance } from '../../host/instance.ts';
import { fetchConfig, fileNameOf, parsePlace } from '../ctl/config-source.ts';
import { CtlError, type DropInHost } from '../ctl/host.ts';
import { documentWith, isThere, writeConfig } from '../ctl/installed-configs.ts';
import { ctlEnvironment, type CtlEnvironment } from '../ctl/side-environment.ts';
import { planOf } from '../load-plan.ts';
import { parameterAccess } from '../parameter-access.ts';
import { settleEnvironment } from '../runtime.ts';
import { parseGoFlags } from './flags.ts';

/** What is fetched and not judged yet; neither agent reads it. */
const NEW = '.tmp';
const MODES = ['ec2', 'onPremise', 'onPrem', 'auto'];
const MULTI = ['default', 'append', 'remove'];

/** `config-downloader`: what `--download-source` names becomes a file in `--output-dir`, or (`--multi-config remove`) its file goes. Throws CtlError. */
export async function configDownloader(args: readonly string[], host: DropInHost): Promise<void> {
  const flags = readFlags('config-downloader', args, ['mode', 'download-source', 'output-dir', 'config', 'multi-config'], ['dualstack']);
  const { mode = 'ec2', 'download-source': source = '', 'output-dir': output = '', 'multi-config': multi = 'default', dualstack = 'false' } = flags;
  oneOf('--mode', mode, MODES);
  oneOf('--multi-config', multi, MULTI);
  if (output === '') throw new CtlError('config-downloader: --output-dir names no folder');
  const { env } = await environmentOf(flags, mode, host);
  for (const name of await readdir(output).catch(() => [])) if (name.endsWith(NEW)) await rm(join(output, name), { force: true });
  if (multi === 'remove') {
    const place = parsePlace(source);
    if ('fault' in place) throw new CtlError(place.fault);
    const file = join(output, fileNameOf(place));
    if (!(await isThere(file))) throw new CtlError(`failed to remove the json file ${file}: there is none`);
    await rm(file);
    return;
  }
  const onEc2 = mode === 'ec2' || (mode === 'auto' && (await askInstance(env)) !== null);
  const fetched = await fetchConfig(source, { onEc2, access: parameterAccess(env, { dualStack: dualstack === 'true' }) });
  if ('fault' in fetched) throw new CtlError(fetched.fault);
  const file = join(output, `${fetched.name}${NEW}`);
  await writeConfig(file, fetched.text);
  host.output.out(`Successfully fetched the config and saved in ${file}\n`);
}

/** `config-translator`: judges what that agent would translate; there is nothing to translate it into. Throws CtlError. */
export async function configTranslator(args: readonly string[], host: DropInHost): Promise<void> {
  const flags = readFlags('config-translator', args, ['os', 'input', 'input-dir', 'output', 'mode', 'config', 'multi-config']);
  const { input, 'input-dir': folder, mode = 'ec2', 'multi-config': multi = 'remove' } = flags;
  oneOf('--mode', mode, MODES);
  oneOf('--multi-config', multi, MULTI);
  const { env } = await environmentOf(flags, mode, host);
  const { out, err, colour } = host.output;
  const { plan, problems } = await planOf(await documentWith(await filesOf(input, folder, multi), null), env, globFault);
  err(formatProblems(problems, colour));
  if (plan === null || problems.some(({ severity }) => severity === 'error')) throw new CtlError('Configuration validation first phase failed');
  err('Configuration validation first phase succeeded\n');
  out('nothing is translated: this agent reads the config itself\n');
}

/** Those that an operation reads: what is new, what is there, or both, and then what is new instead of its namesake. */
async function filesOf(input: string | undefined, folder: string | undefined, multi: string): Promise<readonly string[]> {
  const news = folder === undefined ? [] : (await readdir(folder).catch(() => [])).filter((name) => name.endsWith(NEW)).map((name) => join(folder, name)).toSorted();
  if (multi === 'default' && news.length > 0) return news;
  const there = [...(input !== undefined && (await isThere(input)) ? [input] : []), ...(folder === undefined ? [] : await configFilesIn(folder))];
  return multi === 'append' ? [...there.filter((path) => !news.includes(`${path}${NEW}`)), ...news] : there;
}

function readFlags(name: string, args: readonly string[], known: readonly string[], switches: readonly string[] = []): Readonly<Record<string, string | undefined>> {
  const flags = parseGoFlags(args, known, switches);
  if (flags === null) throw new CtlError(`${name}: ${args.join(' ')}: it takes ${[...known.map((flag) => `--${flag} VALUE`), ...switches.map((flag) => `--${flag}`)].join(', ')}`);
  return flags;
}

function oneOf(flag: string, value: string, allowed: readonly string[]): void {
  if (!allowed.includes(value)) throw new CtlError(`${flag} ${value}: it is one of ${allowed.join(', ')}`);
}

async function environmentOf(flags: Readonly<Record<string, string | undefined>>, mode: string, { places, env, output: { err, colour } }: DropInHost): Promise<CtlEnvironment> {
  const commonConfig = flags['config'] === undefined ? places.commonConfig : resolve(flags['config']);
  const around = await ctlEnvironment({ ...places, commonConfig, envConfig: join(dirname(commonConfig), 'env-config.json') }, env, mode.startsWith('onPrem'));
  err(formatProblems(around.problems.filter(({ severity }) => severity !== 'note'), colour));
  if (around.problems.some(({ severity }) => severity === 'error')) throw new CtlError('the files beside the config have errors');
  settleEnvironment(around.env);
  return around;
}
