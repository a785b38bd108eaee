import { hash } from 'node:crypto';
import { characters } from './characters.ts';

/** What a name is of: the service allows other characters in each. */
export type NameKind = 'group' | 'stream';

/** Longest name of a log group or stream, in characters: CreateLogGroup and CreateLogStream in the API's model. */
const MAX_NAME = 512;
const NOT_IN_GROUP = /[^.\-_/#A-Za-z0-9]/u;
const NOT_IN_STREAM = /[:*]/;
/** 64 bits: two of a billion names that are cut are the same with a chance of 1 in 40. */
const HASH_DIGITS = 16;

/** What a legal log group name is. */
export const GROUP_RULE = `1 to ${MAX_NAME} letters, digits and . - _ / #, not starting with "aws/"`;
/** What a legal log stream name is. */
export const STREAM_RULE = `1 to ${MAX_NAME} characters without : and *`;

/** Why the service would refuse this log group name, or null. */
export function groupFault(name: string): string | null {
  return characterFault(name, 'group') ?? (name.startsWith('aws/') ? 'names that start with "aws/" are reserved by AWS' : lengthFault(name, 'group'));
}

/** Why the service would refuse this log stream name, or null. */
export function streamFault(name: string): string | null { return characterFault(name, 'stream') ?? lengthFault(name, 'stream'); }

/** Why this text can stand in no name of the kind, or null. */
export function characterFault(text: string, kind: NameKind): string | null {
  const illegal = (kind === 'group' ? NOT_IN_GROUP : NOT_IN_STREAM).exec(text);
  return illegal === null ? null : `the character ${JSON.stringify(illegal[0])} is not allowed in the name of a log ${kind}`;
}

function lengthFault(name: string, kind: NameKind): string | null {
  const length = characters(name);
  if (length >= 1 && length <= MAX_NAME) return null;
  return length === 0 ? `the name of the log ${kind} is empty` : `the name of the log ${kind} has ${length} characters`;
}

/** A value as part of a name: every character that the name may not have becomes one `_`. */
export function legalPart(value: string, kind: NameKind): string {
  return kind === 'group' ? value.replaceAll(/[^.\-_/#A-Za-z0-9]/gu, '_') : value.replaceAll(/[:*]/g, '_');
}

/** A name that is not too long: one that is is cut, and ends in a hash of the whole, so that no two become one. */
export function fitted(name: string): string {
  if (name.length <= MAX_NAME || characters(name) <= MAX_NAME) return name;
  return `${[...name].slice(0, MAX_NAME - HASH_DIGITS - 1).join('')}_${hash('sha256', name).slice(0, HASH_DIGITS)}`;
}

/**
 * A path as part of a group or stream name, as the CloudWatch agent makes it: `\` becomes `/`, and every character that no
 * log group may have becomes one `_` (LF/fileconfig.go).
 */
export function sanitisePath(path: string): string { return legalPart(path.replaceAll('\\', '/'), 'group'); }
