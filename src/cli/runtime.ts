// What the runtime does not do by itself.
import { homedir } from 'node:os';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/**
 * A user that the system does not know (an arbitrary id in a container) has no home, and the SDK's credential chain would
 * fail while looking for a file there, before it asks the container or the instance: such a user gets `/`, as runtimes of
 * containers give it.
 */
export function settleHome(): void {
  try {
    homedir();
  } catch {
    process.env['HOME'] = '/';
  }
}
settleHome();

/**
 * Makes the environment that the config's side files add up to that of the process. Nothing of the agent reads it there: everything
 * is given an Environment. But the SDK's chain of credentials looks for its variables nowhere else (AWS_PROFILE,
 * AWS_SHARED_CREDENTIALS_FILE, AWS_ENDPOINT_URL…), and a program that it starts (credential_process) needs the proxy as well.
 */
export function settleEnvironment(env: Readonly<Record<string, string | undefined>>): void {
  for (const name of Object.keys(process.env)) if (env[name] === undefined) delete process.env[name];
  for (const [name, value] of Object.entries(env)) if (value !== undefined && process.env[name] !== value) process.env[name] = value;
}

let collect: NodeJS.GCFunction | null = null;

/**
 * Collects garbage now, all of it, and gives back the pages. The runtime does this by itself only under pressure, so after a burst (a start with
 * many files, an outage) a quiet agent would keep what the burst left behind. Costs about 30 ms.
 */
export function releaseMemory(): void {
  if (collect === null) {
    setFlagsFromString('--expose-gc');
    collect = runInNewContext('gc') as NodeJS.GCFunction;
  }
  collect({ execution: 'sync', flavor: 'last-resort', type: 'major' });
}
