import { Command } from 'commander';
import { plainValue } from '../config/json-tree.ts';
import { formatProblems } from '../config/problem.ts';
import { CONFIG_OPTION } from './load-plan.ts';
import { loadSources } from './load-sources.ts';
import { parameterAccess } from './parameter-access.ts';
import { processOutput } from './config/command-output.ts';
import { EXIT } from './config/exit-codes.ts';
import { settledEnvironment } from './config/place-options.ts';
import { AnswerError, Answers } from './wizard/answers.ts';
import { answersIn } from './wizard/answers-file.ts';
import type { ConfigPart } from './wizard/config-part.ts';
import { Conversation, defaultsVoice } from './wizard/conversation.ts';
import { askConfig } from './wizard/flow.ts';
import { keepConfig } from './wizard/keep-questions.ts';
import { questionsText, type QuestionId } from './wizard/question.ts';
import { thisMachine } from './wizard/this-machine.ts';

/** 128 and the number of SIGINT: what a shell says of a command that Ctrl-C ended. */
const EXIT_CANCELLED = 130;

interface WizardFlags {
  readonly config?: readonly string[];
  readonly answers?: string;
  readonly answer?: readonly string[];
  readonly nonInteractive?: true;
  readonly printQuestions?: true;
  readonly force?: true;
  readonly endpoint?: string;
  readonly files?: readonly string[];
  readonly region?: string;
  readonly level?: string;
  readonly class?: string;
  readonly retention?: string;
  readonly output?: string;
  readonly ssm?: string;
}

/** Flags that are answers, and to which question. */
const ANSWER_FLAGS = { files: 'files', region: 'region', level: 'level', class: 'class', retention: 'retention', output: 'output', ssm: 'ssm_name' } as const satisfies Partial<Record<keyof WizardFlags, QuestionId>>;

/** `agent wizard`: a config out of questions and of what is found on this host. */
export function wizardCommand(): Command {
  return new Command('wizard')
    .description([
      'Make a config: finds the logs of this host, tells their timestamps from their lines, asks, shows the config and what it costs, and writes it.',
      'Exit code: 0 done, 1 declined, 64 an answer cannot be used or nobody can be asked, 66 --config or --answers cannot be read, 73 the file',
      'cannot be written or exists, 78 the config has errors, 130 after Ctrl-C: then nothing is written',
    ].join('\n'))
    .option('--config <source...>', `begin with a config: what it has stays, and is the default of the answers (${CONFIG_OPTION})`)
    .option('--non-interactive', 'ask nothing: answers that are not given are the defaults')
    .option('--answers <file>', 'answers as JSON, { "id": answer, … }; nothing is asked')
    .option('--answer <id=value...>', 'one answer; id[/path/of/the.log]=value for one log alone')
    .option('--print-questions', 'list the questions: ids, texts, possible answers and defaults')
    .option('--files <path...>', 'logs to collect, paths or patterns (answers files)')
    .option('--region <region>', 'region of the logs (answers region)')
    .option('--level <level>', 'Basic, Standard, Advanced or None (answers level)')
    .option('--class <class>', 'STANDARD or INFREQUENT_ACCESS (answers class)')
    .option('--retention <days>', 'days the log groups keep events (answers retention)')
    .option('--output <file>', 'where to write the config; - prints it (answers output)')
    .option('--ssm <name>', 'write to this parameter of SSM Parameter Store (answers ssm_name)')
    .option('--endpoint <url>', 'URL of Parameter Store; by default AWS_ENDPOINT_URL_SSM, AWS_ENDPOINT_URL, or the AWS endpoint of the region')
    .option('--force', 'replace an existing file (the old one is kept beside it), and write a config that has errors')
    .action(async (flags: WizardFlags) => { process.exitCode = await wizard(flags); });
}

/** Gives the exit code. */
async function wizard(flags: WizardFlags): Promise<number> {
  if (flags.printQuestions === true) {
    process.stdout.write(questionsText());
    return 0;
  }
  const asking = flags.nonInteractive !== true && flags.answers === undefined;
  if (asking && !(process.stdin.isTTY && process.stdout.isTTY)) {
    process.stderr.write('agent wizard: this is no terminal, so nobody can be asked: add --non-interactive (the defaults, and what --answer says) or --answers FILE; --print-questions lists what can be answered\n');
    return EXIT.usage;
  }
  const say = (text: string): void => { process.stderr.write(text); };
  // From here on it is the environment of this process.
  const env = await settledEnvironment({}, processOutput());
  if (typeof env === 'number') return env;
  try {
    const answers = answersOf(flags);
    if (answers === null) return EXIT.noInput;
    const from = await begunWith(flags.config ?? []);
    if (typeof from === 'number') return from;
    return asking ? await atTerminal(flags, answers, from) : await converse(flags, answers, from, new Conversation(answers, defaultsVoice(say)), (text) => say(`${text}\n`));
  } catch (error) {
    if (!(error instanceof AnswerError)) throw error;
    say(`agent wizard: ${error.message}\n`);
    return EXIT.usage;
  }
}

/** The prompts are loaded only where somebody can be asked. */
async function atTerminal(flags: WizardFlags, answers: Answers, from: ConfigPart): Promise<number> {
  const { CancelledError, begin, cancelled, end, terminalVoice } = await import('./wizard/terminal-voice.ts');
  begin('agent wizard: a config for this host. Ctrl-C leaves without writing anything.');
  try {
    // A prompt whose input has ended waits for nothing: the process would end as if all were done.
    const { promise: inputOver, reject } = Promise.withResolvers<never>();
    process.once('beforeExit', () => { reject(new CancelledError()); });
    return await Promise.race([converse(flags, answers, from, new Conversation(answers, terminalVoice()), end), inputOver]);
  } catch (error) {
    if (!(error instanceof CancelledError)) throw error;
    cancelled('Left; nothing was written.');
    return EXIT_CANCELLED;
  }
}

async function converse(flags: WizardFlags, answers: Answers, from: ConfigPart, talk: Conversation, said: (text: string) => void): Promise<number> {
  const machine = await thisMachine(process.env);
  const proposed = await askConfig(talk, machine, from);
  const only = flags.config?.length === 1 ? flags.config[0]! : null;
  const code = await keepConfig(talk, proposed, {
    from: only === null || /^(?:ssm:|default$|-$)/.test(only) ? null : only.replace(/^file:/, ''),
    force: flags.force === true, env: process.env, endpoint: flags.endpoint ?? null, out: (text) => process.stdout.write(text), said,
  });
  const { unused } = answers;
  if (unused.length > 0) process.stderr.write(`agent wizard: nothing asked for ${unused.map((key) => JSON.stringify(key)).join(', ')}: another answer, or what this host has, made it needless\n`);
  return code;
}

/** Null where the file of answers cannot be read (and that is said). */
function answersOf(flags: WizardFlags): Answers | null {
  const answers = new Answers();
  if (flags.answers !== undefined) {
    const { members, problems, unreadable } = answersIn(flags.answers);
    if (problems.length > 0) process.stderr.write(formatProblems(problems, process.stderr.isTTY));
    if (unreadable) return null;
    if (members === null) throw new AnswerError(`${flags.answers}: nothing was asked, because the answers cannot be read`);
    for (const { key, value, place } of members) answers.add(key, value, place);
  }
  for (const word of flags.answer ?? []) {
    // The subject in brackets may contain the sign itself.
    const [, key, value] = /^([^[=]+(?:\[.*\])?)=(.*)$/s.exec(word) ?? [];
    if (key === undefined) throw new AnswerError(`--answer ${word}: no answer is in it\n    expected --answer id=value`);
    answers.add(key, value, '--answer');
  }
  for (const [flag, id] of Object.entries(ANSWER_FLAGS) as readonly [keyof typeof ANSWER_FLAGS, QuestionId][]) {
    if (flags[flag] !== undefined && !(flag === 'output' && flags.output === '-')) answers.add(id, flags[flag], `--${flag}`);
  }
  if (flags.output === '-') answers.add('write', 'print', '--output');
  else if (flags.output !== undefined) answers.add('write', 'file', '--output');
  if (flags.ssm !== undefined) answers.add('write', 'ssm', '--ssm');
  return answers;
}

/** The config to begin with, or the exit code where it cannot be read (and that is said). */
async function begunWith(words: readonly string[]): Promise<ConfigPart | number> {
  if (words.length === 0) return {};
  const { root, problems, unreadable } = await loadSources(words, parameterAccess(process.env));
  process.stderr.write(formatProblems(problems, process.stderr.isTTY));
  if (root === null) return unreadable ? EXIT.noInput : EXIT.config;
  const config = plainValue(root);
  return typeof config === 'object' && config !== null && !Array.isArray(config) ? config as ConfigPart : {};
}
