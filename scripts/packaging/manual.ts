import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { NAME, root } from './release.ts';
import type { Release } from './release.ts';

/** A command, or a command of a command, and what `--help` says of it. */
export interface CommandHelp { readonly words: readonly string[]; readonly help: string }

/** What the built agent says of each of its commands, in its own order. @param agent path of agent.js. */
export async function commandsOf(agent: string, words: readonly string[] = []): Promise<readonly CommandHelp[]> {
  const { stdout } = await promisify(execFile)(process.execPath, [agent, ...words, '--help'], { env: { PATH: process.env['PATH'] } });
  const inner = await Promise.all(namesIn(stdout).map((name) => commandsOf(agent, [...words, name])));
  return [...(words.length === 0 ? [] : [{ words, help: stdout.trimEnd() }]), ...inner.flat()];
}

/** The names in the part `Commands:` of a help. */
function namesIn(help: string): readonly string[] {
  const [, list = ''] = /^Commands:\n((?: .*\n)+)/m.exec(help) ?? [];
  return [...list.matchAll(/^ {2}([a-z][\w-]*)/gm)].map((match) => match[1]!).filter((name) => name !== 'help');
}

/** Text as roff takes it: nothing in it is a request. */
export function roff(text: string): string {
  return text.replaceAll('\\', '\\e').replaceAll('-', '\\-').replaceAll(/^(?=[.'])/gm, '\\&');
}

/** unified-agent(1): what packaging/files/unified-agent.1 says, and the commands. */
export function manual(commands: readonly CommandHelp[], release: Release): string {
  const parts = commands.map(({ words, help }) => `.SS ${roff(`agent ${words.join(' ')}`)}\n.nf\n${roff(help)}\n.fi`);
  return readFileSync(join(root, 'packaging/files/unified-agent.1'), 'utf8')
    .replace('@VERSION@', `${NAME} ${release.version}`)
    .replace('@DATE@', new Date(release.epoch * 1000).toISOString().slice(0, 10))
    .replace('@COMMANDS@', () => parts.join('\n'));
}

/** What bash asks when a command is to be completed: its words, and its options after two dashes. */
export function completion(commands: readonly CommandHelp[]): string {
  const cases = commands.map(({ words, help }) => {
    const options = [...help.matchAll(/^ {2}(?:-\w, )?(--[a-z][\w-]*)/gm)].map((match) => match[1]!);
    const below = commands.filter((other) => other.words.length === words.length + 1 && words.every((word, i) => other.words[i] === word)).map((other) => other.words.at(-1)!);
    return `    '${words.join(' ')}') words='${[...below, ...options].join(' ')}' ;;`;
  });
  const first = commands.filter(({ words }) => words.length === 1).map(({ words }) => words[0]!);
  return readFileSync(join(root, 'packaging/files/completion.bash'), 'utf8')
    .replace('@FIRST@', first.join(' '))
    .replace('@CASES@', () => cases.join('\n'));
}
