import { Command, Option } from 'commander';
import type { ParameterFault, Parameters } from '../../aws/parameters.ts';
import { globFault } from '../../agent/file-lookup.ts';
import { differences } from '../../config/difference.ts';
import { documentOf } from '../../config/document.ts';
import { plainValue } from '../../config/json-tree.ts';
import type { Environment } from '../../config/placeholders.ts';
import { countProblems, formatProblems } from '../../config/problem.ts';
import { parameterWord, parseSource } from '../../config/source.ts';
import { CONFIG_OPTION, planOf } from '../load-plan.ts';
import { loadSources } from '../load-sources.ts';
import { parameterAccess, type ParameterAccess } from '../parameter-access.ts';
import { processOutput, type CommandOutput } from './command-output.ts';
import { confirmed } from './confirm.ts';
import { differencesText } from './difference-text.ts';
import { EXIT, EXIT_DECLINED, exitOfFault } from './exit-codes.ts';
import { judgedIn, settledEnvironment, withPlaceOptions, type PlaceFlags } from './place-options.ts';
import { storedForm, TIER_BYTES, type FormChoice, type Target, type TierChoice, type Write } from './stored-form.ts';
import { storedNow, type StoredNow } from './stored-now.ts';

type StoredType = 'String' | 'SecureString';

interface PushFlags extends PlaceFlags {
  readonly config: readonly string[];
  readonly gzip?: true;
  readonly split?: true;
  readonly type?: StoredType;
  readonly tier: TierChoice;
  readonly yes?: true;
}

export interface PushOptions extends FormChoice {
  /** Whether the target must be a path. */
  readonly split: boolean;
  /** Null: as it is stored now, or a String. */
  readonly type: StoredType | null;
  readonly env: Environment;
  readonly access: ParameterAccess;
  /** Asks whether to write; null when nobody can be asked. */
  readonly ask: ((question: string) => Promise<boolean>) | null;
}

/** `agent config push`: a config as parameters of Parameter Store. */
export function pushCommand(): Command {
  return withPlaceOptions(new Command('push')
    .summary('Write a config to Parameter Store, after showing what changes')
    .description([
      'Write a config to Parameter Store: it is judged, its size checked, the difference from what is stored shown, and asked for.',
      'Below a path (ssm:/PATH/) it becomes several parameters; hosts read the old ones until the new ones are complete.',
      'Exit code: 0 written or the same already, 1 declined, 64 nobody could be asked, 65 too large, 66 a source cannot be read, 69 the service does',
      'not answer, 73 or 77 it refuses, 78 the config has errors',
    ].join('\n'))
    .argument('[target]', 'ssm:NAME or ssm:/PATH/; may also be the last word after --config')
    .requiredOption('--config <source...>', CONFIG_OPTION)
    .addOption(new Option('--gzip', 'as base64 of gzip, for one parameter that would be too large').conflicts('split'))
    .option('--split', 'refuse a target that is no path')
    .addOption(new Option('--type <type>', 'type of the parameters; by default as it is stored, or String').choices(['String', 'SecureString']))
    .addOption(new Option('--tier <tier>', `standard holds ${TIER_BYTES.standard} bytes, advanced ${TIER_BYTES.advanced} and AWS charges for it`).choices(['auto', 'standard', 'advanced']).default('auto'))
    .option('--yes', 'do not ask'))
    .action(async (named: string | undefined, { config, gzip, split, type, tier, yes, ...place }: PushFlags) => {
      // `--config FILE ssm:NAME`: the option takes all words that follow it.
      const words = named === undefined ? config.slice(0, -1) : config;
      const ask = yes === true ? async () => true : process.stdin.isTTY && process.stderr.isTTY ? (question: string) => confirmed(question, process.stdin, process.stderr) : null;
      const output = processOutput();
      const env = await settledEnvironment(place, output);
      process.exitCode = typeof env === 'number' ? env : await push(words, named ?? config.at(-1)!, {
        gzip: gzip === true, split: split === true, type: type ?? null, tier, env, access: parameterAccess(env, place), ask,
      }, output);
    });
}

/** Gives the exit code. Nothing is written before all of it is known to be good, to fit, and to differ. */
export async function push(words: readonly string[], targetWord: string, options: PushOptions, output: CommandOutput): Promise<number> {
  const { err, colour } = output;
  const fail = failing(output);
  const target = targetOf(targetWord, options);
  if ('fault' in target) return fail(EXIT.usage, target.fault);
  if (words.length === 0) return fail(EXIT.usage, `only ${targetWord} is named: a config comes before it, as in --config agent.json ${targetWord}`);

  const parameters = await options.access();
  if ('fault' in parameters) return failed(parameterWord(target), parameters, fail);
  const sources = await loadSources(words, options.access);
  // The hosts know their region from their instances; this machine may be none, and theirs is that of their Parameter Store.
  const { problems } = await planOf(sources, judgedIn(options.env, parameters), globFault);
  err(formatProblems(problems, colour));
  if (sources.unreadable) return EXIT.noInput;
  if (sources.root === null || problems.some(({ severity }) => severity === 'error')) return fail(EXIT.config, `${countProblems(problems)}; nothing is written`);
  return store(plainValue(sources.root), { target, parameters }, options, output);
}

/** As `push`, of a document (plain JSON values) that was judged already. */
export async function pushDocument(document: unknown, targetWord: string, options: PushOptions, output: CommandOutput): Promise<number> {
  const fail = failing(output);
  const target = targetOf(targetWord, options);
  if ('fault' in target) return fail(EXIT.usage, target.fault);
  const parameters = await options.access();
  return 'fault' in parameters ? failed(parameterWord(target), parameters, fail) : store(document, { target, parameters }, options, output);
}

const failing = ({ err }: CommandOutput) => (code: number, message: string): number => {
  err(`agent config push: ${message}\n`);
  return code;
};

async function store(document: unknown, { target, parameters }: { readonly target: Target; readonly parameters: Parameters }, options: PushOptions, output: CommandOutput): Promise<number> {
  const { out, err } = output;
  const fail = failing(output);
  const writes = storedForm(document, target, options);
  if ('fault' in writes) return fail(EXIT.tooLarge, `${writes.fault}; nothing is written`);

  const stored = await storedNow(parameters, target);
  if ('fault' in stored) return failed(parameterWord(target), stored, fail);
  const type = options.type ?? stored.type ?? 'String';
  if (target.kind === 'parameter' && stored.type !== null && stored.type !== type) {
    return fail(EXIT.usage, `${parameterWord(target)} is a ${stored.type}, which Parameter Store never turns into a ${type}: delete it first, or push to another name`);
  }
  const change = changeOf(stored, document);
  if (change === null) {
    out(`${parameterWord(target)} holds this config already; nothing written\n`);
    return 0;
  }
  err(`${introduction(target, writes, options.tier)}${change}`);
  if (options.ask === null) return fail(EXIT.usage, 'nobody can be asked here: add --yes to write it; nothing is written');
  if (!(await options.ask(`Write ${parameterWord(target)}?`))) return fail(EXIT_DECLINED, 'nothing is written');
  const stale = stored.parts.filter((name) => !writes.some((write) => write.name === name));
  return write({ parameters, writes, stale, type, tier: options.tier }, output, fail);
}

function targetOf(word: string, { gzip, split }: PushOptions): Target | { readonly fault: string } {
  const target = parseSource(word);
  if ('fault' in target) return { fault: `${word}: ${target.fault}; expected ssm:NAME or ssm:/PATH/` };
  if (target.kind !== 'parameter' && target.kind !== 'parameters') return { fault: `${word} is no parameter to write to: expected ssm:NAME or ssm:/PATH/` };
  if (target.kind === 'parameter' && target.reference.includes(':')) return { fault: `${word}: a version, a label and an ARN cannot be written to: expected ssm:NAME or ssm:/PATH/` };
  if (target.kind === 'parameter' && split) return { fault: `--split makes several parameters, for which a path is needed: ssm:/${target.reference.replace(/^\/+/, '')}/` };
  return target.kind === 'parameters' && gzip ? { fault: '--gzip makes one parameter, for which a name is needed, without the slash at its end' } : target;
}

const failed = (word: string, { fault, message, expected }: ParameterFault, fail: (code: number, message: string) => number): number => fail(exitOfFault(fault), `${word}: ${message}; expected ${expected}`);

function introduction(target: Target, writes: readonly Write[], tier: TierChoice): string {
  const word = parameterWord(target);
  const advanced = writes.filter(({ bytes }) => tier === 'advanced' || bytes > TIER_BYTES.standard).length;
  const size = writes.reduce((sum, { bytes }) => sum + bytes, 0).toLocaleString('en-US');
  const name = target.kind === 'parameter' ? target.reference : target.path;
  return [
    `${word}: ${writes.length === 1 ? 'one parameter' : `${writes.length} parameters`}, ${size} bytes${advanced === 0 ? '' : `; ${writes.length === 1 ? 'it is' : `${advanced} of them are`} of the advanced tier, which AWS charges for`}`,
    ...(name.replace(/^\//, '').startsWith('AmazonCloudWatch-') ? [] : [`note: the policies AWS manages (CloudWatchAgentServerPolicy) allow hosts only parameters whose names begin with AmazonCloudWatch-; for others they need ssm:GetParameter in a policy of yours`]),
    ...(target.kind === 'parameters' ? ['note: to read a path, hosts need ssm:GetParametersByPath, which no policy that AWS manages for agents allows'] : []),
    '',
  ].join('\n');
}

/** What would become of what is stored, in words; null when nothing would. */
function changeOf(stored: StoredNow, document: unknown): string | null {
  const before = stored.texts.length === 0 ? null : documentOf(stored.texts).root;
  const found = differencesText(differences(before === null ? {} : plainValue(before), document));
  if (!stored.isThere) return `nothing is stored there yet; all of this is new:\n${found}`;
  if (before === null) return `what is stored there is no whole config; all of this is new:\n${found}`;
  if (found !== '') return `what changes from what is stored now:\n${found}`;
  const leftovers = stored.parts.filter((name) => !stored.texts.some((text) => text.name === `ssm:${name}`));
  return leftovers.length === 0 ? null : 'the config stays as it is; what a push that was broken off has left beside it is deleted\n';
}

interface WriteOrder {
  readonly parameters: Parameters;
  readonly writes: readonly Write[];
  /** Parts of revisions before, which go when the new ones are complete. */
  readonly stale: readonly string[];
  readonly type: string;
  readonly tier: TierChoice;
}

const TIERS = { auto: 'Intelligent-Tiering', standard: 'Standard', advanced: 'Advanced' } as const;

/** The new parameters first, the old ones' end last: at each moment there is one whole config to read. */
async function write({ parameters, writes, stale, type, tier }: WriteOrder, { out, err }: CommandOutput, fail: (code: number, message: string) => number): Promise<number> {
  for (const [index, { name, value, bytes }] of writes.entries()) {
    const put = await parameters.put({ name, value, type, tier: TIERS[tier] });
    if ('fault' in put) {
      if (index > 0) err(`agent config push: ${index} of ${writes.length} parameters are written; hosts pass them over until a push is complete: push again\n`);
      return failed(`ssm:${name}`, put, fail);
    }
    out(`ssm:${name} version ${put.version}, ${put.tier.toLowerCase()} tier, ${bytes.toLocaleString('en-US')} bytes\n`);
  }
  const left = stale.length === 0 ? null : await parameters.delete(stale);
  if (left !== null) err(`agent config push: hosts read the new config, but ${stale.length === 1 ? 'an old part stays' : `${stale.length} old parts stay`} beside it (${left.message}; expected ${left.expected}): the next push deletes them\n`);
  else if (stale.length > 0) out(`${stale.length === 1 ? 'one part' : `${stale.length} parts`} of before deleted\n`);
  return 0;
}
