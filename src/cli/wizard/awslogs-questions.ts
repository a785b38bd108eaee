import { formatProblems, type Problem } from '../../config/problem.ts';
import { AnswerError } from './answers.ts';
import { listIn, partAt, textIn, withPart, type ConfigPart } from './config-part.ts';
import type { Conversation } from './conversation.ts';
import type { Machine } from './machine.ts';

/** Where the legacy agent has its config. */
export const AWSLOGS_CONFIG = '/var/awslogs/etc/awslogs.conf';
const COLLECT_LIST = ['logs', 'logs_collected', 'files', 'collect_list'] as const;

/** A config of the legacy agent in this one's words. */
export interface Migrated {
  /** The section `logs`. */
  readonly logs: ConfigPart;
  readonly problems: readonly Problem[];
}

/** Asks for a config of the legacy agent; gives the config with its entries after those it has, and its settings where there are none. */
export async function askAwslogs(talk: Conversation, machine: Machine, config: ConfigPart): Promise<ConfigPart> {
  const note = machine.hasAwslogs ? `There is ${AWSLOGS_CONFIG}. Stop that agent before this one runs, or its logs are sent twice.` : undefined;
  for (let again = false; ; again = true) {
    if (!await talk.yesNo('awslogs', { usual: false, again, ...(note !== undefined && { note }) })) return config;
    const path = await talk.text('awslogs_path', { usual: AWSLOGS_CONFIG, again });
    const migrated = await machine.awslogs(path);
    if ('fault' in migrated) {
      if (!talk.interactive) throw new AnswerError(migrated.fault);
      talk.show('Not imported', migrated.fault);
      continue;
    }
    if (migrated.problems.length > 0) talk.show(path, formatProblems(migrated.problems, false).trimEnd());
    return joined(config, migrated.logs);
  }
}

function joined(config: ConfigPart, legacy: ConfigPart): ConfigPart {
  const present = listIn(partAt(config, 'logs', 'logs_collected', 'files'), 'collect_list') as readonly ConfigPart[];
  const known = new Set(present.map((entry) => textIn(entry, 'file_path')));
  const entries = (listIn(partAt(legacy, 'logs_collected', 'files'), 'collect_list') as readonly ConfigPart[]).filter((entry) => !known.has(textIn(entry, 'file_path')));
  const { logs_collected: _, ...settings } = legacy;
  const whole = withPart(config, ['logs'], { ...settings, ...partAt(config, 'logs') });
  return entries.length === 0 ? whole : withPart(whole, COLLECT_LIST, [...present, ...entries]);
}
