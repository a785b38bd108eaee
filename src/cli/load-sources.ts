import type { Parameter, ParameterFault } from '../aws/parameters.ts';
import { DEFAULT_CONFIG } from '../config/default-config.ts';
import { documentOf, wholeSource, type ConfigText } from '../config/document.ts';
import type { JsonNode } from '../config/json-tree.ts';
import { readPlace, readStdin, type TextsRead } from '../config/load.ts';
import { wholeConfig } from '../config/parts.ts';
import type { Problem } from '../config/problem.ts';
import { parameterWord, parseSource, type Source, type SourceFault } from '../config/source.ts';
import type { RemoteVersion } from '../fleet/config-copy.ts';
import type { ParameterAccess } from './parameter-access.ts';
import { readUsual } from './usual-config.ts';

export interface LoadedSources {
  /** The merged document, or null when a source cannot be read, its JSON is broken, or there is none. */
  readonly root: JsonNode | null;
  /** What was read, in the order in which it was merged; none when a part of it could not be: what is left is never a config. */
  readonly texts: readonly ConfigText[];
  readonly problems: readonly Problem[];
  /** A source could not be read at all. */
  readonly unreadable: boolean;
  /** Why, for each source in Parameter Store that could not be read: what only time heals is told from what a person must change. */
  readonly faults: readonly ParameterFault[];
  /** In the order of the sources, each path's parameters by name. */
  readonly remote: readonly RemoteVersion[];
}

type Remote = Extract<Source, { kind: 'parameter' | 'parameters' }>;

interface Read extends TextsRead {
  readonly faults: readonly ParameterFault[];
  readonly remote: readonly RemoteVersion[];
}

/** A listing can miss parts that are replaced while it is made, page by page: it is made again this often at most. */
const LISTINGS = 3;

/** Reads what the words name, in the order given, into one document. Parameter Store is reached only when a word names it. */
export async function loadSources(words: readonly string[], access: ParameterAccess): Promise<LoadedSources> {
  const reads: Read[] = [];
  for (const word of words) reads.push(await readSource(word, parseSource(word), access));
  const texts = reads.flatMap((read) => read.texts);
  const problems = reads.flatMap((read) => read.problems);
  const broken = problems.some(({ severity }) => severity === 'error');
  const document = documentOf(texts);
  const nothing = texts.length === 0 && !broken;
  return {
    root: broken ? null : document.root,
    texts: broken ? [] : texts,
    problems: [...problems, ...(nothing ? [wholeSource(words.join(', '), 'no config is there', 'a file, or a folder or path that holds one')] : []), ...document.problems],
    unreadable: nothing || reads.some((read) => read.unreadable),
    faults: reads.flatMap((read) => read.faults),
    remote: reads.flatMap((read) => read.remote),
  };
}

/**
 * What `loadSources` would find in Parameter Store now, without its values, and so without their keys; the same list means
 * the same config. A fault when one of the words cannot be looked at.
 */
export async function remoteVersions(words: readonly string[], access: ParameterAccess): Promise<readonly RemoteVersion[] | ParameterFault> {
  const versions: RemoteVersion[] = [];
  for (const source of words.map(parseSource)) {
    if (!isRemote(source)) continue;
    const found = await ask(source, access, false);
    if ('fault' in found) return found;
    versions.push(...found.map(versionOf));
  }
  return versions;
}

/** Whether one of the words names something in Parameter Store. */
export const anyRemote = (words: readonly string[]): boolean => words.map(parseSource).some(isRemote);

const isRemote = (source: Source | SourceFault): source is Remote => 'kind' in source && (source.kind === 'parameter' || source.kind === 'parameters');

const versionOf = ({ name, version, modifiedAt }: Parameter): RemoteVersion => ({ name, version, modifiedAt });

async function readSource(word: string, source: Source | SourceFault, access: ParameterAccess): Promise<Read> {
  const local = (read: TextsRead): Read => ({ ...read, faults: [], remote: [] });
  if ('fault' in source) return local({ texts: [], problems: [wholeSource(word, source.fault, source.expected)], unreadable: true });
  switch (source.kind) {
    case 'place': return local(await readPlace(source.path));
    case 'stdin': return local(await readStdin());
    case 'default': return local({ texts: [{ name: 'default', text: DEFAULT_CONFIG }], problems: [], unreadable: false });
    case 'usual': return local(await readUsual());
    case 'parameter': case 'parameters': return readRemote(source, access);
    default: return source satisfies never;
  }
}

async function readRemote(source: Remote, access: ParameterAccess): Promise<Read> {
  const word = parameterWord(source);
  const refused = (message: string, expected: string, faults: readonly ParameterFault[] = []): Read =>
    ({ texts: [], problems: [wholeSource(word, message, expected)], unreadable: true, faults, remote: [] });
  for (let listing = 1; ; listing++) {
    const found = await ask(source, access, true);
    if ('fault' in found) return refused(found.message, found.expected, [found]);
    if (found.length === 0) return refused('there is no parameter below this path', 'a path that holds a config (`agent config push` writes one)');
    const config = source.kind === 'parameter' ? { chosen: found } : wholeConfig(found);
    if ('chosen' in config) {
      const texts = config.chosen.map(({ name, value }) => ({ name: source.kind === 'parameter' ? word : `ssm:${name}`, text: value }));
      return { texts, problems: [], unreadable: false, faults: [], remote: found.map(versionOf) };
    }
    if (listing === LISTINGS) return refused(config.fault, config.expected);
  }
}

async function ask(source: Remote, access: ParameterAccess, decrypt: boolean): Promise<readonly Parameter[] | ParameterFault> {
  const parameters = await access();
  if ('fault' in parameters) return parameters;
  if (source.kind === 'parameters') return parameters.below(source.path, { decrypt });
  const found = await parameters.get(source.reference, { decrypt });
  return 'fault' in found ? found : [found];
}
