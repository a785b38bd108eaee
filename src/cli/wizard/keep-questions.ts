import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Environment } from '../../config/placeholders.ts';
import { EXIT, EXIT_DECLINED } from '../config/exit-codes.ts';
import { TIER_BYTES } from '../config/stored-form.ts';
import { USUAL_PLACES, supersededBy } from '../usual-config.ts';
import type { Conversation } from './conversation.ts';
import { minifiedBytes, type Proposed } from './flow.ts';
import { keepInFile, keepInParameter, proposedPath } from './keep-config.ts';
import { QUESTIONS } from './question.ts';

/** Where a package has it. */
const UNIT = '/lib/systemd/system/unified-agent.service';

export interface KeepOptions {
  /** The file the config began with, or null. */
  readonly from: string | null;
  /** Write a config with errors, and replace a file, without being asked. */
  readonly force: boolean;
  readonly env: Environment;
  /** URL of Parameter Store, or null for its own. */
  readonly endpoint: string | null;
  /** Takes the config itself where it is only printed. */
  readonly out: (text: string) => void;
  /** Takes what became of it. */
  readonly said: (text: string) => void;
}

/** The CloudWatch agent's own default; what AWS manages of policies allows this beginning alone. */
const PARAMETER = 'AmazonCloudWatch-linux';

/** Asks where the config goes and puts it there; gives the exit code. */
export async function keepConfig(talk: Conversation, proposed: Proposed, options: KeepOptions): Promise<number> {
  const { said, out, force } = options;
  if (proposed.faulty && !force && !await talk.agreed('`agent check` finds errors in this config. Keep it nonetheless?', false)) {
    said('nothing was written: the config has errors; --force writes it nonetheless');
    return EXIT.config;
  }
  const size = minifiedBytes(proposed.config);
  const hint = size > TIER_BYTES.advanced ? `${size} bytes: several parameters below a path` : size > TIER_BYTES.standard ? `${size} bytes: an advanced parameter, which AWS charges for` : 'for a fleet';
  const where = await talk.choice('write', { usual: 'file', among: QUESTIONS.write.choices.map((choice) => (choice.value === 'ssm' ? { ...choice, hint } : choice)) });
  switch (where) {
    case 'print':
      out(proposed.text);
      return 0;
    case 'ssm': return toParameter(talk, proposed, options);
    default: return toFile(talk, proposed, options);
  }
}

async function toFile(talk: Conversation, { text }: Proposed, { from, force, said }: KeepOptions): Promise<number> {
  for (let again = false; ; again = true) {
    const path = await talk.text('output', { usual: from ?? proposedPath(), again });
    if (existsSync(path) && !force && !await talk.yesNo('replace', { usual: talk.interactive, again })) {
      if (talk.interactive) continue;
      said(`nothing was written: ${path} exists; --force replaces it and keeps the old one beside it, --output names another file`);
      return EXIT.cannotCreate;
    }
    try {
      const superseded = await supersededBy(resolve(path));
      const written = await keepInFile(path, text);
      said([
        `wrote ${written.path}${written.backup === null ? '' : `; the one before is ${written.backup}`}`,
        ...(superseded.length === 0 ? [] : [`it is the whole config from the agent's next start or reload on: ${superseded.join(' and ')} is not read any more`]),
        ...nextSteps(written.path),
      ].join('\n'));
      return 0;
    } catch (error) {
      said(`${path} cannot be written (${(error as NodeJS.ErrnoException).code ?? 'unknown reason'}): choose another path, or become another user`);
      if (!talk.interactive) return EXIT.cannotCreate;
    }
  }
}

/** @param isService whether systemd knows the unit: it runs what the usual place holds. */
export function nextSteps(path: string, isService = existsSync(UNIT)): readonly string[] {
  if (path !== USUAL_PLACES[0]!.file) return [`next: agent check --config ${path}, or agent preview /path/of/a.log --config ${path}`, `then: agent run --config ${path}`];
  return ['next: agent check, agent doctor, or agent preview /path/of/a.log', `then: ${isService ? 'systemctl enable --now unified-agent, or `agent reload` where it runs already' : 'agent run'}`];
}

async function toParameter(talk: Conversation, { config, region }: Proposed, { env, endpoint, said }: KeepOptions): Promise<number> {
  const name = (await talk.text('ssm_name', { usual: minifiedBytes(config) > TIER_BYTES.advanced ? `/${PARAMETER}/` : PARAMETER })).replace(/^ssm:/, '');
  const ssmRegion = await talk.text('ssm_region', { usual: region });
  // Whoever answered beforehand has said it by naming the parameter.
  const code = await keepInParameter(name, config, { region: ssmRegion, ...(endpoint !== null && { endpoint }) }, env, (question) => talk.agreed(question, true));
  if (code === 0) said(`next: agent check --config ssm:${name}\nthen: agent run --config ssm:${name}`);
  else if (code === EXIT_DECLINED) said('nothing was written');
  return code;
}
