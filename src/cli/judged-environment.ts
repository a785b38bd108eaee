import type { Environment } from '../config/placeholders.ts';
import { USUAL } from '../config/source.ts';
import { readServiceEnvironment } from './ctl/service-environment.ts';
import { loadEnvironment } from './environment.ts';
import type { LoadedEnvironment, SideFiles } from './environment.ts';

/**
 * The environment for a command that says what the agent would do. Of the usual config that is the agent of the service, so the
 * unit's own variables count before those of whoever asks: what `check` and `doctor` say must hold for what systemd starts.
 * @param words of `--config` @param root in front of the paths of the unit's files: empty but in tests
 */
export async function judgedEnvironment(words: readonly string[], sideFiles: SideFiles, base: Environment, root = ''): Promise<LoadedEnvironment> {
  if (!words.includes(USUAL)) return loadEnvironment(sideFiles, base);
  const { variables, problems } = await readServiceEnvironment(root);
  const around = await loadEnvironment(sideFiles, { ...base, ...variables });
  return { ...around, problems: [...problems, ...around.problems] };
}
