import { Command, InvalidArgumentError, Option } from 'commander';
import { formatProblems } from '../config/problem.ts';
import { MAX_POLICY_CHARACTERS, policiesFor, policyCharacters } from '../config/iam-policy.ts';
import type { ParameterNeed } from '../config/iam-policy.ts';
import { parseSource } from '../config/source.ts';
import { processOutput } from './config/command-output.ts';
import type { CommandOutput } from './config/command-output.ts';
import { SIDE_FILE_OPTIONS } from './environment.ts';
import type { SideFiles } from './environment.ts';
import { judgedEnvironment } from './judged-environment.ts';
import { CONFIG_OPTION, USUAL_CONFIG, loadPlan } from './load-plan.ts';
import { settleEnvironment } from './runtime.ts';


/** sysexits.h EX_NOINPUT: the config cannot be read. EX_CONFIG: it has errors. EX_USAGE: there is no such role in it. */
const EXIT_NO_INPUT = 66;
const EXIT_CONFIG = 78;
const EXIT_USAGE = 64;

interface Wishes {
  readonly account: string;
  readonly admin?: true;
  readonly role?: string;
}

function parseAccount(text: string): string {
  if (!/^(?:\d{12}|\*)$/.test(text)) throw new InvalidArgumentError('Give the twelve digits of an account.');
  return text;
}

/** `agent iam-policy`: the least policy for a config. */
export function iamPolicyCommand(): Command {
  return new Command('iam-policy')
    .description('Print the least IAM policy that a config needs.\nExit code: 0, 64 the config names no such role, 66 it cannot be read, 78 it has errors')
    .option('--config <source...>', CONFIG_OPTION, USUAL_CONFIG)
    .option('--admin', 'also for writing the parameters that hold the config (agent config push, the wizard)')
    .option('--role <arn>', 'that of a role which the config assumes, instead of that of the host')
    .addOption(new Option('--account <id>', 'account of the resources').default('*', 'any').argParser(parseAccount))
    .option(...SIDE_FILE_OPTIONS[0])
    .option(...SIDE_FILE_OPTIONS[1])
    .action(async ({ config, account, admin, role, ...sideFiles }: SideFiles & Wishes & { readonly config: readonly string[] }) => {
      const around = await judgedEnvironment(config, sideFiles, process.env);
      settleEnvironment(around.env);
      const { plan, problems, unreadable } = await loadPlan(config, around.env);
      const output = processOutput();
      const failed = problems.filter(({ severity }) => severity === 'error');
      output.err(formatProblems(failed, output.colour));
      if (unreadable || plan === null || failed.length > 0) process.exitCode = unreadable ? EXIT_NO_INPUT : EXIT_CONFIG;
      else process.exitCode = print(policiesFor(plan, { account, parameters: parametersOf(config, admin === true) }), role ?? null, output);
    });
}

/** What reading (and writing) the words of `--config` takes. */
export function parametersOf(words: readonly string[], admin: boolean): readonly ParameterNeed[] {
  return words.flatMap((word): readonly ParameterNeed[] => {
    const source = parseSource(word);
    if ('fault' in source) return [];
    switch (source.kind) {
      // A version or label behind the name is no part of the parameter's ARN.
      case 'parameter': return [{ region: null, name: bareName(source.reference), actions: ['ssm:GetParameter', ...(admin ? ['ssm:PutParameter'] : [])] }];
      case 'parameters': return [
        // The path itself is what GetParametersByPath is judged by.
        { region: null, name: source.path.slice(1) || '*', actions: ['ssm:GetParametersByPath'] },
        ...(admin ? [{ region: null, name: source.path === '/' ? '*' : `${source.path.slice(1)}/*`, actions: ['ssm:PutParameter', 'ssm:DeleteParameters'] }] : []),
      ];
      case 'place': case 'stdin': case 'default': case 'usual': return [];
      default: return source satisfies never;
    }
  });
}

function bareName(reference: string): string {
  const [, name = reference] = /^((?:arn:(?:[^:]*:){4})?[^:]+)/.exec(reference) ?? [];
  return name.startsWith('/') ? name.slice(1) : name;
}

function print(policies: ReturnType<typeof policiesFor>, role: string | null, { out, err }: CommandOutput): number {
  const policy = policies.get(role);
  const others = [...policies.keys()].filter((key) => key !== null);
  if (policy === undefined) {
    err(`agent iam-policy: the config assumes no role ${role}; ${others.length === 0 ? 'it assumes none: leave --role out' : `it assumes ${others.join(', ')}`}\n`);
    return EXIT_USAGE;
  }
  out(`${JSON.stringify(policy, null, 2)}\n`);
  const characters = policyCharacters(policy);
  if (characters > MAX_POLICY_CHARACTERS) err(`agent iam-policy: it has ${characters} characters, and a managed policy may have ${MAX_POLICY_CHARACTERS}: give log groups a common beginning and replace them by one resource with * at its end\n`);
  if (role === null && others.length > 0) err(`agent iam-policy: the config assumes ${others.join(', ')}: print what each needs with --role\n`);
  return 0;
}
