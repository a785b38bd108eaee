import type { ParameterFault, Parameters } from '../../aws/parameters.ts';
import type { ConfigText } from '../../config/document.ts';
import { isPart, wholeConfig } from '../../config/parts.ts';
import { parameterWord } from '../../config/source.ts';
import type { Target } from './stored-form.ts';

/** What a push would replace. */
export interface StoredNow {
  readonly isThere: boolean;
  /** The whole config, or nothing where there is none. */
  readonly texts: readonly ConfigText[];
  /** Of the parameter, or of the config's parts; null when nothing is there. */
  readonly type: string | null;
  /** Names of all parts below the path, complete or not. */
  readonly parts: readonly string[];
}

const NOTHING: StoredNow = { isThere: false, texts: [], type: null, parts: [] };

/** Reads the target. A path that holds other parameters than parts is a fault: what they are to whom cannot be known, so nothing is written beside them. */
export async function storedNow(parameters: Parameters, target: Target): Promise<StoredNow | ParameterFault> {
  if (target.kind === 'parameter') {
    const found = await parameters.get(target.reference, { decrypt: true });
    if ('fault' in found) return found.fault === 'missing' ? NOTHING : found;
    return { isThere: true, texts: [{ name: parameterWord(target), text: found.value }], type: found.type, parts: [] };
  }
  const found = await parameters.below(target.path, { decrypt: true });
  if ('fault' in found) return found;
  if (found.length === 0) return NOTHING;
  const prefix = target.path === '/' ? '/' : `${target.path}/`;
  const foreign = found.find(({ name }) => !isPart(name) || name.slice(prefix.length).includes('/'));
  if (foreign !== undefined) {
    return { fault: 'refused', message: `${foreign.name} lies below it and was not written by push`, expected: 'a path of its own for the config, or that parameter deleted' };
  }
  const config = wholeConfig(found);
  const chosen = 'chosen' in config ? config.chosen : [];
  return { isThere: true, texts: chosen.map(({ name, value }) => ({ name: `ssm:${name}`, text: value })), type: found.at(-1)!.type, parts: found.map(({ name }) => name) };
}
