// What stands at the CloudWatch agent's places when this agent stands in for it.
import { join } from 'node:path';
import type { Places } from '../ctl/places.ts';
import { OUR_UNIT } from '../own-unit.ts';

export type StandIn =
  | { readonly kind: 'folder'; readonly path: string }
  | { readonly kind: 'file'; readonly path: string; readonly text: string; readonly mode: number }
  | { readonly kind: 'link'; readonly path: string; readonly to: string };

export const THEIR_UNIT = 'amazon-cloudwatch-agent.service';

/** Where systemd's administrators put units; the CloudWatch agent's packages too. */
export const theirUnitFile = ({ root }: Places): string => join(root === '' ? '/' : root, 'etc/systemd/system', THEIR_UNIT);

const script = (...lines: readonly string[]): string => ['#!/bin/sh', '# Of unified-agent; `agent compat remove` takes it away.', ...lines, ''].join('\n');

/**
 * Everything, folders first. Pure.
 * @param program the agent's command; @param unitFile the file of its unit, or null where its name is not to be another's alias
 */
export function standIns({ root, home, bin, etc, folder, state }: Places, { program, version, unitFile }: { readonly program: string; readonly version: string; readonly unitFile: string | null }): readonly StandIn[] {
  const below = (path: string): string => join(root === '' ? '/' : root, path);
  const ctl = join(bin, 'amazon-cloudwatch-agent-ctl');
  const command = (path: string, ...lines: readonly string[]): StandIn => ({ kind: 'file', path, text: script(...lines), mode: 0o755 });
  return [
    ...[below('/opt/aws'), home, bin, etc, folder, join(home, 'logs'), state, join(home, 'var'), below('/etc/amazon')].map((path): StandIn => ({ kind: 'folder', path })),
    command(ctl, `exec ${program} ctl "$@"`),
    command(
      join(bin, 'amazon-cloudwatch-agent-config-wizard'),
      '# Of its flags, those of a migration have a meaning here; all others are the wizard\'s of this agent.',
      'case "${1:-}" in',
      '  -isNonInteractiveLinuxMigration | --isNonInteractiveLinuxMigration)',
      '    file=/var/awslogs/etc/awslogs.conf',
      '    case "${2:-}" in -configFilePath | --configFilePath) file=${3:-$file} ;; -configFilePath=* | --configFilePath=*) file=${2#*=} ;; esac',
      `    exec ${program} config migrate --force --output ${join(bin, 'config.json')} "$file" ;;`,
      'esac',
      '# A config where that wizard leaves it, which nothing reads until ctl fetches it.',
      `exec ${program} wizard --output ${join(bin, 'config.json')} "$@"`,
    ),
    ...['config-downloader', 'config-translator'].map((name) => command(join(bin, name), `exec ${program} compat ${name} "$@"`)),
    { kind: 'file', path: join(bin, 'CWAGENT_VERSION'), text: version, mode: 0o644 },
    { kind: 'link', path: below('/usr/bin/amazon-cloudwatch-agent-ctl'), to: ctl },
    { kind: 'link', path: below('/etc/amazon/amazon-cloudwatch-agent'), to: etc },
    ...(unitFile === null ? [] : [{ kind: 'link' as const, path: below(`/etc/systemd/system/${THEIR_UNIT}`), to: unitFile }]),
  ];
}

/** Where packages put the agent's unit. */
export const unitFiles = ({ root }: Places): readonly string[] => ['usr/lib/systemd/system', 'lib/systemd/system', 'etc/systemd/system'].map((folder) => join(root === '' ? '/' : root, folder, OUR_UNIT));
