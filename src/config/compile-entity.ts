import type { Entity } from '../plan.ts';
import type { HostFacts } from './placeholders.ts';

/** The names an entity is made of, as configured closest to the entry. */
export interface EntityNames {
  readonly service: string | null;
  readonly environment: string | null;
}

/**
 * The CloudWatch entity of these names, or null when none is configured or the account id is not known: the service
 * refuses an entity without one. Keys and values are those the CloudWatch agent sends.
 */
export function compileEntity({ service, environment }: EntityNames, facts: HostFacts): Entity | null {
  const accountId = facts.instance?.accountId ?? null;
  if ((service === null && environment === null) || accountId === null) return null;
  const instanceId = facts.instance?.instanceId ?? null;
  const place = environment ?? (instanceId === null ? null : 'ec2:default');
  return {
    keyAttributes: { Type: 'Service', Name: service ?? 'unknown_service', ...(place === null ? {} : { Environment: place }), AwsAccountId: accountId },
    attributes: {
      ...(instanceId === null ? {} : { PlatformType: 'AWS::EC2', 'EC2.InstanceId': instanceId }),
      'AWS.ServiceNameSource': service === null ? 'Unknown' : 'UserConfiguration',
    },
  };
}
