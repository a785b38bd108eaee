import { resolve } from 'node:path';
import { cloudWatchAgentDefault } from '../../config/cloudwatch-agent-default.ts';
import { plainValue } from '../../config/json-tree.ts';
import { readText } from '../../config/load.ts';
import { formatProblem, formatProblems } from '../../config/problem.ts';
import { loadSources } from '../load-sources.ts';
import type { ParameterAccess } from '../parameter-access.ts';

export interface FetchedConfig {
  /** What the CloudWatch agent's downloader calls the file of this source. */
  readonly name: string;
  /** What messages call it: where it came from. */
  readonly origin: string;
  readonly text: string;
}

/** What went wrong; lines for a person. */
export interface NotFetched { readonly fault: string }

/** The kinds of sources; a name behind `default` is refused with them. */
type Place = { readonly kind: 'default' } | { readonly kind: 'ssm' | 'file'; readonly at: string };

/** Where a config is, in the words of `-c`. Pure. */
export function parsePlace(words: string): Place | NotFetched {
  if (words === 'default') return { kind: 'default' };
  const [, kind = '', at = ''] = /^([^:]*):(.*)$/s.exec(words) ?? [];
  if (kind === '' || at === '') return { fault: `downloadLocation ${words} is malformed: it is default, ssm:NAME or file:PATH` };
  if (kind === 'ssm' || kind === 'file') return { kind, at };
  if (kind === 'default') return { fault: `unknown default config ${JSON.stringify(at)}: this agent has one default; pipelines of the OpenTelemetry collector are not run` };
  return { fault: `location type ${kind} is not supported: it is default, ssm:NAME or file:PATH` };
}

/** The name of the file that holds what came from a place. Pure. */
export function fileNameOf(place: Place): string {
  if (place.kind === 'default') return 'default';
  const at = place.kind === 'file' ? place.at.replace(/^.*\//s, '') : place.at;
  return `${place.kind}_${at.replaceAll(/[/ :]/g, '_')}`;
}

/** Whether a file of this name is the copy of something that ctl, of whichever agent, once fetched. */
export const isCopy = (name: string): boolean => /^(?:default|default_[^/]*|(?:ssm|file)_[^/]+)$/.test(name);

/** Reads what `-c` names. */
export async function fetchConfig(words: string, { onEc2, access }: { readonly onEc2: boolean; readonly access: ParameterAccess }): Promise<FetchedConfig | NotFetched> {
  const place = parsePlace(words);
  if ('fault' in place) return place;
  const name = fileNameOf(place);
  switch (place.kind) {
    case 'default': return { name, origin: words, text: cloudWatchAgentDefault(onEc2) };
    case 'file': {
      const origin = resolve(place.at);
      const text = await readText(origin);
      return typeof text === 'string' ? { name, origin, text } : { fault: `fail to fetch the config: ${formatProblem(text, false).trimEnd()}` };
    }
    case 'ssm': return fetchParameter(name, words, access);
    default: return place satisfies never;
  }
}

async function fetchParameter(name: string, words: string, access: ParameterAccess): Promise<FetchedConfig | NotFetched> {
  const { texts, root, problems } = await loadSources([words], access);
  const [first, ...others] = texts;
  // One parameter is written as it is; broken JSON in it is told of the file, with its place. A path is written as what it adds up to.
  if (first !== undefined && others.length === 0) return { name, origin: words, text: first.text };
  if (root !== null) return { name, origin: words, text: `${JSON.stringify(plainValue(root), null, '\t')}\n` };
  return { fault: `fail to fetch the config: ${formatProblems(problems, false).trimEnd()}` };
}
