// The entry that the flags of `preview` describe, in the words of a config, so that the config's own compiler judges it.
import { InvalidArgumentError, Option } from 'commander';
import type { Command } from 'commander';
import { ENTRIES } from '../../config/compile-logs.ts';
import type { JsonNode } from '../../config/json-tree.ts';
import { parseJson } from '../../config/parse-json.ts';
import type { Problem } from '../../config/problem.ts';

const ENTRY = `${ENTRIES}/0`;
const GROUP = 'Without --config, what the entry would say:';
/** What is redacted by name, see the schema; everything else is a pattern. */
const REDACTION_SETS: readonly string[] = ['secrets', 'card_numbers', 'email_addresses', 'ip_addresses'];

const gather = (value: string, before: readonly string[] | undefined): readonly string[] => [...(before ?? []), value];

/** Flags that stand for one key of an entry each. */
const OF_ONE_KEY: readonly { readonly key: string; readonly option: Option }[] = [
  { key: 'timestamp_format', option: new Option('--timestamp-format <format>', 'strptime directives of the time in an event, such as %Y-%m-%dT%H:%M:%S.%f%z') },
  { key: 'timezone', option: new Option('--timezone <zone>', 'zone of times that name none: UTC, Local, or an IANA name') },
  { key: 'trim_timestamp', option: new Option('--trim-timestamp', 'cut the time out of the message') },
  { key: 'timestamp_field', option: new Option('--timestamp-field <name>', 'field of JSON events that holds their time') },
  { key: 'multi_line_start_pattern', option: new Option('--multi-line-start-pattern <regex>', 'what begins an event; ^ for one event a line') },
  { key: 'encoding', option: new Option('--encoding <label>', 'encoding of the file') },
  { key: 'log_group_name', option: new Option('--log-group <name>', 'log group') },
  { key: 'log_stream_name', option: new Option('--log-stream <name>', 'log stream') },
  { key: 'log_group_class', option: new Option('--log-group-class <class>', 'STANDARD or INFREQUENT_ACCESS') },
  { key: 'path_pattern', option: new Option('--path-pattern <regex>', 'searched in the path; its groups are {path:NAME} in group and stream') },
  { key: 'max_event_size', option: new Option('--max-event-size <bytes>', 'longer messages are cut into pieces').argParser(wholeNumber) },
];
const INCLUDE = new Option('--include <regex>', 'keep only events that match; again for another').argParser(gather);
const EXCLUDE = new Option('--exclude <regex>', 'drop events that match; again for another').argParser(gather);
const REDACT = new Option('--redact <rule>', `${REDACTION_SETS.join(', ')}, or a regex whose matches are replaced; again for another`).argParser(gather);
const REGION = new Option('--region <region>', 'AWS region, for {aws_region} and the price');
const ALL = [...OF_ONE_KEY.map(({ option }) => option), INCLUDE, EXCLUDE, REDACT, REGION];

const FLAG_OF: ReadonlyMap<string, string> = new Map([
  ...OF_ONE_KEY.map(({ key, option }): [string, string] => [key, `${option.long}`]),
  ['redact', '--redact'], ['filters', '--include or --exclude'], ['file_path', 'the file'],
]);

/** What commander makes of a command line. */
export type GivenFlags = Readonly<Record<string, unknown>>;

/** Adds the flags to the command. */
export function addEntryFlags(command: Command): Command {
  for (const option of ALL) command.addOption(option.helpGroup(GROUP));
  return command;
}

/** The first of the flags that was given, or null. */
export function firstGiven(given: GivenFlags): string | null {
  return ALL.find((option) => given[option.attributeName()] !== undefined)?.long ?? null;
}

/** The config that the flags stand for, with the file as its one entry. @param region where no flag names one. */
export function documentOf(path: string, given: GivenFlags, region: string): JsonNode {
  const list = (option: Option): readonly string[] => (given[option.attributeName()] as readonly string[] | undefined) ?? [];
  const filters = [...list(INCLUDE).map((expression) => ({ type: 'include', expression })), ...list(EXCLUDE).map((expression) => ({ type: 'exclude', expression }))];
  const redact = list(REDACT).map((rule) => (REDACTION_SETS.includes(rule) ? rule : { pattern: rule }));
  const entry = {
    file_path: path.replaceAll(/[*?[\]{}\\]/g, String.raw`\$&`),
    ...Object.fromEntries(OF_ONE_KEY.map(({ key, option }) => [key, given[option.attributeName()]])),
    ...(filters.length > 0 ? { filters } : {}), ...(redact.length > 0 ? { redact } : {}),
  };
  const document = { agent: { region: given[REGION.attributeName()] ?? region }, logs: { logs_collected: { files: { collect_list: [entry] } } } };
  const { root } = parseJson('command line', JSON.stringify(document));
  if (root === null) throw new Error('what JSON.stringify writes is JSON');
  return root;
}

/** Problems of that document, told of the flag instead of a place in it. */
export function problemsOfFlags(problems: readonly Problem[]): readonly Problem[] {
  return problems.map((problem) => {
    const key = problem.pointer.startsWith(`${ENTRY}/`) ? problem.pointer.slice(ENTRY.length + 1).split('/')[0]! : '';
    return { ...problem, file: FLAG_OF.get(key) ?? 'command line', line: null, column: null, pointer: '' };
  });
}

function wholeNumber(text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new InvalidArgumentError('give a whole number');
  return Number(text);
}
