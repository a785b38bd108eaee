// What of IAM a plan needs, and nothing more. Resources are those of the service authorization reference: CreateLogGroup,
// CreateLogStream, PutRetentionPolicy and TagResource are on a log group, PutLogEvents on a stream of it; DescribeLogGroups,
// PutMetricData, DescribeTags and DescribeVolumes know none, or none that narrows them.
import type { NameTemplate, Plan, Reach } from '../plan.ts';

export interface PolicyStatement {
  readonly Sid: string;
  readonly Effect: 'Allow';
  readonly Action: readonly string[];
  readonly Resource: readonly string[];
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;
}

export interface PolicyDocument {
  readonly Version: '2012-10-17';
  readonly Statement: readonly PolicyStatement[];
}

/** Where the config itself is, or is to be kept. */
export interface ParameterNeed {
  readonly region: string | null;
  /** As in a parameter's ARN: without its first slash, `*` at the end for all below a path. */
  readonly name: string;
  readonly actions: readonly string[];
}

export interface PolicyOptions {
  /** Twelve digits, or `*`. */
  readonly account: string;
  readonly parameters: readonly ParameterNeed[];
}

/** Characters of a managed policy, blanks not counted (quotas of IAM). */
export const MAX_POLICY_CHARACTERS = 6_144;

interface GroupNeed {
  readonly reach: Reach;
  readonly group: string;
  readonly retention: boolean;
  readonly tags: boolean;
}

/** A part that is known of a file or an event alone is anything. */
const asPattern = (name: NameTemplate): string => name.map((part) => (part.kind === 'text' ? part.text : '*')).join('').replaceAll(/\*+/g, '*');

function groupsOf(plan: Plan): readonly GroupNeed[] {
  const hasTags = (tags: Readonly<Record<string, string>>): boolean => Object.keys(tags).length > 0;
  const spooled = { reach: plan.service, retention: false, tags: hasTags(plan.spool.tags) };
  return [
    ...[...plan.entries, ...plan.journald].map(({ service, naming }) => ({ reach: service, group: asPattern(naming.group), retention: naming.retentionDays !== null, tags: hasTags(naming.tags) })),
    // An event in the embedded metric format may name any group.
    ...(plan.emf === null ? [] : [{ ...spooled, group: '*' }]),
    ...(plan.prometheus === null ? [] : [{ ...spooled, group: plan.prometheus.logGroup }]),
    ...(plan.metrics?.destinations.emf == null ? [] : [{ ...spooled, group: plan.metrics.destinations.emf.group }]),
  ];
}

/** Of a region: `aws`, `aws-cn` or `aws-us-gov`. */
function partitionOf(region: string): string {
  return region.startsWith('cn-') ? 'aws-cn' : region.startsWith('us-gov-') ? 'aws-us-gov' : 'aws';
}

const arn = (service: string, region: string, account: string, resource: string): string => `arn:${partitionOf(region)}:${service}:${region}:${account}:${resource}`;
const sorted = (texts: Iterable<string>): readonly string[] => [...new Set(texts)].toSorted();

function logStatements(needs: readonly GroupNeed[], account: string): PolicyStatement[] {
  if (needs.length === 0) return [];
  const of = (wanted: readonly GroupNeed[], below: string): readonly string[] => sorted(wanted.map(({ reach, group }) => arn('logs', reach.region, account, `log-group:${group}${below}`)));
  const kept = needs.filter(({ retention }) => retention);
  const tagged = needs.filter(({ tags }) => tags);
  return [
    { Sid: 'CreateGroupsAndStreams', Effect: 'Allow', Action: ['logs:CreateLogGroup', 'logs:CreateLogStream'], Resource: of(needs, '') },
    { Sid: 'DeliverEvents', Effect: 'Allow', Action: ['logs:PutLogEvents'], Resource: of(needs, ':log-stream:*') },
    ...(kept.length === 0 ? [] : [
      { Sid: 'SetRetention', Effect: 'Allow', Action: ['logs:PutRetentionPolicy'], Resource: of(kept, '') },
      { Sid: 'ReadRetention', Effect: 'Allow', Action: ['logs:DescribeLogGroups'], Resource: sorted(kept.map(({ reach }) => arn('logs', reach.region, account, 'log-group:*'))) },
    ] as const),
    ...(tagged.length === 0 ? [] : [{ Sid: 'TagGroups', Effect: 'Allow', Action: ['logs:TagResource'], Resource: of(tagged, '') }] as const),
  ];
}

function metricStatements(plan: Plan): PolicyStatement[] {
  const { metrics } = plan;
  if (metrics === null || !metrics.destinations.cloudwatch) return [];
  return [{ Sid: 'PublishMetrics', Effect: 'Allow', Action: ['cloudwatch:PutMetricData'], Resource: ['*'], Condition: { StringEquals: { 'cloudwatch:namespace': [metrics.namespace] } } }];
}

function hostStatements(plan: Plan): PolicyStatement[] {
  const { metrics } = plan;
  // Asked on Xen instances alone; of which kind the host is a plan does not say.
  const volumes = metrics?.samplers.some((sampler) => sampler.kind === 'disk' && sampler.volumeId) === true;
  return [
    ...(metrics?.dimensions.autoScalingGroup === true ? [{ Sid: 'ReadTagsOfInstance', Effect: 'Allow', Action: ['ec2:DescribeTags'], Resource: ['*'] }] as const : []),
    ...(volumes ? [{ Sid: 'ReadVolumesOfInstance', Effect: 'Allow', Action: ['ec2:DescribeVolumes'], Resource: ['*'] }] as const : []),
  ];
}

function parameterStatements(needs: readonly ParameterNeed[], account: string, region: string): PolicyStatement[] {
  const byActions = Map.groupBy(needs, ({ actions }) => actions.join());
  return [...byActions.values()].map((alike, index) => ({
    Sid: `Config${index === 0 ? '' : String(index + 1)}`, Effect: 'Allow', Action: alike[0]!.actions,
    Resource: sorted(alike.map((need) => (need.name.startsWith('arn:') ? need.name : arn('ssm', need.region ?? region, account, `parameter/${need.name}`)))),
  }));
}

/**
 * The least policy of each identity: null for the host's own, else the ARN of a role that the config names. The host's own says which
 * roles it assumes.
 */
export function policiesFor(plan: Plan, { account, parameters }: PolicyOptions): ReadonlyMap<string | null, PolicyDocument> {
  const byRole = Map.groupBy(groupsOf(plan), ({ reach }) => reach.roleArn);
  const statements = new Map<string | null, PolicyStatement[]>([[null, []]]);
  const add = (role: string | null, more: readonly PolicyStatement[]): void => {
    if (more.length > 0) statements.set(role, [...(statements.get(role) ?? []), ...more]);
  };
  for (const [role, needs] of byRole) add(role, logStatements(needs, account));
  add(plan.metrics?.service.roleArn ?? null, metricStatements(plan));
  add(null, hostStatements(plan));
  add(null, parameterStatements(parameters, account, plan.service.region));
  const roles = [...statements.keys()].filter((role) => role !== null);
  if (roles.length > 0) add(null, [{ Sid: 'AssumeRoles', Effect: 'Allow', Action: ['sts:AssumeRole'], Resource: sorted(roles) }]);
  return new Map([...statements].map(([role, Statement]) => [role, { Version: '2012-10-17', Statement }]));
}

/** How much of IAM's quota a policy takes. */
export const policyCharacters = (policy: PolicyDocument): number => JSON.stringify(policy).replaceAll(/\s/g, '').length;

/** The statement that allows one action, of those a plan needs; null where it needs none. */
export function statementFor(policy: PolicyDocument | undefined, action: string): PolicyStatement | null {
  const found = policy?.Statement.find(({ Action }) => Action.includes(action));
  return found === undefined ? null : { ...found, Action: [action] };
}
