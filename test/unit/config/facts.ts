import type { HostFacts } from '../../../src/config/placeholders.ts';

/** An EC2 instance on which everything is known. */
export const ON_EC2: HostFacts = {
  hostname: 'web-1',
  ipAddress: '192.0.2.7',
  instance: { instanceId: 'i-0123456789abcdef0', region: 'eu-west-1', accountId: '123456789012', privateIp: '10.0.0.7', hostname: 'ip-10-0-0-7.ec2.internal', availabilityZone: 'eu-west-1b', imageId: 'ami-0abcdef1234567890', instanceType: 'm7g.large', tags: { Name: 'shop', 'aws:autoscaling:groupName': 'web' }, tagsShown: true },
  containerName: null,
  localZone: 'Europe/Berlin',
  date: '2026-01-31',
};

/** A machine of one's own. */
export const ON_PREMISES: HostFacts = { ...ON_EC2, instance: null };

/** A machine that knows nothing of itself. */
export const UNKNOWN: HostFacts = { ...ON_PREMISES, hostname: null, ipAddress: null };
