import { networkInterfaces } from 'node:os';
import { checkDocument, compile, instanceTags, needsInstance } from '../config/compile.ts';
import type { GlobFault } from '../config/compile-logs.ts';
import type { JsonNode } from '../config/json-tree.ts';
import type { Environment, HostFacts } from '../config/placeholders.ts';
import type { Problem } from '../config/problem.ts';
import { USUAL } from '../config/source.ts';
import type { RemoteVersion } from '../fleet/config-copy.ts';
import { containerName } from '../host/container.ts';
import { systemHostname } from '../host/hostname.ts';
import { askInstance } from '../host/instance.ts';
import { ipv4Of } from '../host/ip.ts';
import { localDate } from '../host/local-date.ts';
import type { AskInstance } from '../host/steady-instance.ts';
import { hostZone } from '../host/time-zone.ts';
import type { Plan } from '../plan.ts';
import { loadSources } from './load-sources.ts';
import { parameterAccess } from './parameter-access.ts';

/** What `--config` takes, for the help of a command. */
export const CONFIG_OPTION = 'configs, merged in this order: files, folders, ssm:NAME[:VERSION or :LABEL], ssm:/PATH/, default, usual (/etc/unified-agent, else where the CloudWatch agent has its own), or - for standard input';
/** What is read where no `--config` is given. */
export const USUAL_CONFIG: string[] = [USUAL];

export interface LoadedPlan {
  /** Null when the document cannot be read or parsed, or nothing in it can run. */
  readonly plan: Plan | null;
  /** In the order of the files; errors inside one entry disable that entry alone. */
  readonly problems: readonly Problem[];
  /** A source could not be read. */
  readonly unreadable: boolean;
  /** What of it came from Parameter Store. */
  readonly remote: readonly RemoteVersion[];
}

/**
 * From the words that name the config to the Plan. The instance metadata service is asked only when the config needs what it alone knows,
 * and for a second at most; Parameter Store only when a word names it. `globFault` judges paths and globs; without it they are taken as they are.
 */
export async function loadPlan(words: readonly string[], env: Environment, globFault?: GlobFault, access = parameterAccess(env)): Promise<LoadedPlan> {
  const { unreadable, remote, ...loaded } = await loadSources(words, access);
  return { ...(await planOf(loaded, env, globFault)), unreadable, remote };
}

/** The Plan of a merged document, with what this host is. @param ask the instance metadata service, when it is needed. */
export async function planOf({ root, problems }: { readonly root: JsonNode | null; readonly problems: readonly Problem[] }, env: Environment, globFault?: GlobFault, ask: AskInstance = askInstance): Promise<Pick<LoadedPlan, 'plan' | 'problems'>> {
  if (root === null) return { plan: null, problems };
  const document = checkDocument(root, problems);
  const container = containerName(env);
  const instance = needsInstance(document, env, container !== null) ? await ask(env, instanceTags(document, env)) : null;
  const localZone = hostZone(env);
  const facts: HostFacts = {
    hostname: systemHostname(),
    ipAddress: ipv4Of(networkInterfaces()),
    instance,
    containerName: container,
    localZone,
    get date() { return localDate(Date.now(), localZone); },
  };
  return compile(document, facts, env, globFault);
}
