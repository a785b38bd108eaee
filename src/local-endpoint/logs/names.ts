import type { Shape } from '../wire/shape.ts';

const GROUP = { min: 1, max: 512, pattern: /^[.\-_/#A-Za-z0-9]+$/, patternText: '[\\.\\-_/#A-Za-z0-9]+' };
const STREAM = { min: 1, max: 512, pattern: /^[^:*]*$/, patternText: '[^:*]*' };
const IDENTIFIER = { min: 1, max: 2048, pattern: /^[\w#+=/:,.@-]*$/, patternText: '[\\w#+=/:,.@-]*' };

export function groupName(shape: Shape, member = 'logGroupName'): string {
  return shape.requiredString(member, GROUP);
}

export function optionalGroupName(shape: Shape, member: string): string | undefined {
  return shape.string(member, GROUP);
}

export function streamName(shape: Shape, member = 'logStreamName'): string {
  return shape.requiredString(member, STREAM);
}

export function optionalStreamName(shape: Shape, member: string): string | undefined {
  return shape.string(member, STREAM);
}

export function streamNames(shape: Shape, member: string): readonly string[] | undefined {
  return shape.strings(member, { min: 1, max: 100 }, STREAM);
}

/** The group's name out of a name or an ARN. */
function nameOfIdentifier(identifier: string): string {
  const arn = /^arn:[^:]*:logs:[^:]*:[^:]*:log-group:([^:]+)(?::\*)?$/.exec(identifier);
  return arn?.[1] ?? identifier;
}

export function groupIdentifiers(shape: Shape, member: string): readonly string[] | undefined {
  return shape.strings(member, { min: 1, max: 50 }, IDENTIFIER)?.map(nameOfIdentifier);
}

/** Exactly one of `logGroupName` and `logGroupIdentifier` (a name, or an ARN); '' if a violation was recorded. */
export function groupNameOrIdentifier(shape: Shape): string {
  const both = shape.has('logGroupName') && shape.has('logGroupIdentifier');
  if (both) shape.violation('', 'logGroupIdentifier', 'give either logGroupName or logGroupIdentifier, not both');
  if (!shape.has('logGroupIdentifier')) return groupName(shape);
  return nameOfIdentifier(shape.requiredString('logGroupIdentifier', IDENTIFIER));
}
