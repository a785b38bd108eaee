import { networkInterfaces } from 'node:os';
import { checkDocument, compile, instanceTags, needsInstance } from '../config/compile.ts';
import type { GlobFault } from '../config/compile-logs.ts';
import { loadDocument } from '../config/load.ts';
import type { Environment, HostFacts } from '../config/placeholders.ts';
import type { Problem } from '../config/problem.ts';
import { containerName } from '../host/container.ts';
import { systemHostname } from '../host/hostname.ts';
import { askInstance } from '../host/instance.ts';
import { ipv4Of } from '../host/ip.ts';
import { localDate } from '../host/local-date.ts';
import { hostZone } from '../host/time-zone.ts';
import type { Plan } from '../plan.ts';

export interface LoadedPlan {
  /** Null when the document cannot be read or parsed, or nothing in it can run. */
  readonly plan: Plan | null;
  /** In the order of the files; errors inside one entry disable that entry alone. */
  readonly problems: readonly Problem[];
  /** A file could not be read. */
  readonly unreadable: boolean;
}

/**
 * From config files to the Plan. The instance metadata service is asked only when the config needs what it alone knows,
 * and for a second at most. `globFault` judges paths and globs; without it they are taken as they are.
 */
export async function loadPlan(configFiles: readonly string[], env: Environment, globFault?: GlobFault): Promise<LoadedPlan> {
  const { root, problems, unreadable } = await loadDocument(configFiles);
  if (root === null) return { plan: null, problems, unreadable };
  const document = checkDocument(root, problems);
  const container = containerName(env);
  const instance = needsInstance(document, env, container !== null) ? await askInstance(env, instanceTags(document, env)) : null;
  const localZone = hostZone(env);
  const facts: HostFacts = {
    hostname: systemHostname(),
    ipAddress: ipv4Of(networkInterfaces()),
    instance,
    containerName: container,
    localZone,
    get date() { return localDate(Date.now(), localZone); },
  };
  return { ...compile(document, facts, env, globFault), unreadable };
}
