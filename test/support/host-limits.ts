// What of the host a test may change, for its own child alone: namespaces, limits, capabilities.
import { spawnSync } from 'node:child_process';

/** The command line in front of a child that lives in its own user and mount namespace, after `setup` (shell commands). */
export function inNamespace(setup: string): readonly string[] {
  return ['unshare', '--user', '--map-root-user', '--mount', 'sh', '-c', `${setup} && exec "$@"`, 'sh'];
}

/** Runs shell commands in the namespaces of a process; throws what they wrote to stderr if they fail. */
export function runIn(pid: number, commands: string): void {
  const { status, stderr } = spawnSync('nsenter', ['-t', String(pid), '-U', '-m', '--preserve-credentials', 'sh', '-c', commands], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`in the namespace of ${pid}: ${commands}: ${stderr}`);
}

/** Why a child cannot be put in a namespace here (hardened kernels and containers forbid it), or false. For a test's `skip`. */
export function noNamespaces(setup = 'true'): string | false {
  const [command, ...args] = [...inNamespace(setup), 'true'];
  const { status, stderr, error } = spawnSync(command, args, { encoding: 'utf8' });
  return status === 0 ? false : `this host does not let a test make a namespace: ${error?.message ?? stderr.trim()}`;
}

/** The command line in front of a child that obeys file permissions although it runs as root; empty for other users, who do anyway. */
export function obeyingPermissions(): readonly string[] {
  return process.getuid?.() === 0 ? ['setpriv', '--bounding-set=-dac_override,-dac_read_search'] : [];
}
