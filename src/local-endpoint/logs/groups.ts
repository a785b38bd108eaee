import type { Call, Operations } from '../call.ts';
import { ServiceError, invalidParameter } from '../service-error.ts';
import { Shape } from '../wire/shape.ts';
import { GROUP_CLASSES, MAX_DESCRIBED, RETENTION_DAYS } from './limits.ts';
import { groupIdentifiers, groupName, optionalGroupName } from './names.ts';
import type { LogGroup, LogStore } from './store.ts';
import { issueToken, redeemToken } from '../wire/token.ts';

const TAG = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u;
const TAG_TEXT = '([\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]+)';

export function groupArn(name: string, call: Call): string {
  return `arn:aws:logs:${call.region}:${call.account}:log-group:${name}`;
}

function described(group: LogGroup, call: Call): object {
  return {
    logGroupName: group.name,
    creationTime: group.creationTime,
    ...(group.retentionDays !== null && { retentionInDays: group.retentionDays }),
    metricFilterCount: 0,
    arn: `${groupArn(group.name, call)}:*`,
    logGroupArn: groupArn(group.name, call),
    storedBytes: group.storedBytes,
    ...(group.kmsKeyId !== null && { kmsKeyId: group.kmsKeyId }),
    logGroupClass: group.groupClass,
    deletionProtectionEnabled: group.deletionProtected,
  };
}

/** CreateLogGroup, DeleteLogGroup, Put- and DeleteRetentionPolicy, ListTagsForResource, DescribeLogGroups. */
export function groupOperations(store: LogStore): Operations {
  return {
    CreateLogGroup(input, call) {
      const shape = new Shape(input);
      const name = groupName(shape);
      const kmsKeyId = shape.string('kmsKeyId', { max: 256 }) ?? null;
      const tags = shape.map('tags', { min: 1, max: 50 }, { min: 1, max: 128, pattern: TAG, patternText: TAG_TEXT }, { max: 256, pattern: TAG, patternText: TAG_TEXT }) ?? new Map<string, string>();
      const groupClass = shape.string('logGroupClass', { oneOf: GROUP_CLASSES }) ?? 'STANDARD';
      const deletionProtected = shape.boolean('deletionProtectionEnabled') ?? false;
      shape.check();
      if (name.toLowerCase().startsWith('aws/')) throw invalidParameter('Log groups starting with AWS/ are reserved for AWS.');
      store.createGroup({ name, creationTime: call.now, groupClass, kmsKeyId, tags, deletionProtected, retentionDays: null });
      return {};
    },

    DeleteLogGroup(input) {
      const shape = new Shape(input);
      const name = groupName(shape);
      shape.check();
      if (store.group(name).deletionProtected) throw new ServiceError('ValidationException', 'The specified log group has deletion protection enabled.');
      store.deleteGroup(name);
      return {};
    },

    PutRetentionPolicy(input) {
      const shape = new Shape(input);
      const name = groupName(shape);
      const days = shape.integer('retentionInDays', { required: true });
      if (days !== undefined && !RETENTION_DAYS.includes(days)) shape.violation(`'${days}'`, 'retentionInDays', `Member must satisfy enum value set: [${RETENTION_DAYS.join(', ')}]`);
      shape.check();
      store.setRetention(name, days ?? null);
      return {};
    },

    DeleteRetentionPolicy(input) {
      const shape = new Shape(input);
      const name = groupName(shape);
      shape.check();
      store.setRetention(name, null);
      return {};
    },

    ListTagsForResource(input) {
      const shape = new Shape(input);
      const arn = shape.requiredString('resourceArn', { min: 1, max: 1011 });
      shape.check();
      const name = /^arn:[^:]+:logs:[^:]*:[^:]*:log-group:([^:]+)(?::\*)?$/.exec(arn)?.[1];
      if (name === undefined) throw invalidParameter(`The specified resource ARN is not the ARN of a log group: ${arn}`);
      return { tags: Object.fromEntries(store.group(name).tags) };
    },

    DescribeLogGroups(input, call) {
      const shape = new Shape(input);
      const limit = shape.integer('limit', { min: 1, max: MAX_DESCRIBED }) ?? MAX_DESCRIBED;
      const prefix = optionalGroupName(shape, 'logGroupNamePrefix');
      const part = shape.string('logGroupNamePattern', { max: 512 });
      const names = groupIdentifiers(shape, 'logGroupIdentifiers');
      const groupClass = shape.string('logGroupClass', { oneOf: GROUP_CLASSES });
      shape.boolean('includeLinkedAccounts');
      const token = shape.string('nextToken', { min: 1 });
      shape.check();
      if (prefix !== undefined && part !== undefined) throw invalidParameter('LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters.');
      if (names !== undefined && (prefix !== undefined || part !== undefined || token !== undefined)) throw invalidParameter('logGroupIdentifiers cannot be combined with a prefix, a pattern or a nextToken.');
      const purpose = `groups ${prefix ?? ''} ${part ?? ''}`;
      const after = token === undefined ? null : redeemToken(token, purpose, call.now);
      const matching = store.groups().filter((name) => (names?.includes(name) ?? true) && name.startsWith(prefix ?? '') && name.includes(part ?? '') && (after === null || name > after))
        .map((name) => store.group(name)).filter((group) => groupClass === undefined || group.groupClass === groupClass);
      const page = matching.slice(0, limit);
      const last = page.at(-1);
      return {
        logGroups: page.map((group) => (part === undefined ? described(group, call) : { arn: `${groupArn(group.name, call)}:*`, creationTime: group.creationTime, logGroupName: group.name })),
        ...(matching.length > limit && last !== undefined && { nextToken: issueToken(last.name, purpose, call.now) }),
      };
    },
  };
}
