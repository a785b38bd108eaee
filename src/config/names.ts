import { characters } from './characters.ts';

/** Longest name of a log group or stream, in characters: CreateLogGroup and CreateLogStream in the API's model. */
const MAX_NAME = 512;
const NOT_IN_GROUP = /[^.\-_/#A-Za-z0-9]/u;
const NOT_IN_STREAM = /[:*]/;

/** What a legal log group name is. */
export const GROUP_RULE = `1 to ${MAX_NAME} letters, digits and . - _ / #, not starting with "aws/"`;
/** What a legal log stream name is. */
export const STREAM_RULE = `1 to ${MAX_NAME} characters without : and *`;

/** Why the service would refuse this log group name, or null. */
export function groupFault(name: string): string | null {
  const illegal = NOT_IN_GROUP.exec(name);
  if (illegal !== null) return `the character ${JSON.stringify(illegal[0])} is not allowed in the name of a log group`;
  if (name.startsWith('aws/')) return 'names that start with "aws/" are reserved by AWS';
  return lengthFault(name, 'log group');
}

/** Why the service would refuse this log stream name, or null. */
export function streamFault(name: string): string | null {
  const illegal = NOT_IN_STREAM.exec(name);
  if (illegal !== null) return `the character ${JSON.stringify(illegal[0])} is not allowed in the name of a log stream`;
  return lengthFault(name, 'log stream');
}

function lengthFault(name: string, kind: string): string | null {
  const length = characters(name);
  if (length >= 1 && length <= MAX_NAME) return null;
  return length === 0 ? `the name of the ${kind} is empty` : `the name of the ${kind} has ${length} characters`;
}

/** The group the CloudWatch agent derives from `file_path`: without what follows the last dot of its last element. */
export function groupOfPath(path: string): string {
  const dot = path.lastIndexOf('.');
  return dot > path.lastIndexOf('/') ? path.slice(0, dot) : path;
}

/** Whether a path is a glob. */
export const isGlob = (path: string): boolean => /[*?[{]/.test(path);
