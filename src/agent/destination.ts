import type { Destination } from '../flow.ts';
import type { FileEntryPlan } from '../plan.ts';

/**
 * A path as part of a group or stream name, as the CloudWatch agent makes it: `\` becomes `/`, and every character that no
 * log group may have becomes one `_` (LF/fileconfig.go).
 */
export function sanitisePath(path: string): string {
  return path.replaceAll('\\', '/').replaceAll(/[^.\-_/#A-Za-z0-9]/gu, '_');
}

/** The destination of one file of an entry. */
export function destinationOf({ naming, service }: Pick<FileEntryPlan, 'naming' | 'service'>, path: string): Destination {
  const name = sanitisePath(path);
  return {
    service,
    group: naming.group ?? name,
    stream: naming.streamPerFile ? `${naming.stream}_${name.replaceAll('/', '_')}` : naming.stream,
    groupClass: naming.groupClass,
    retentionDays: naming.retentionDays,
    kmsKeyId: naming.kmsKeyId,
    tags: naming.tags,
    entity: naming.entity,
  };
}
