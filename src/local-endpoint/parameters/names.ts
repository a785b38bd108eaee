import type { Call } from '../call.ts';
import { ServiceError } from '../service-error.ts';
import { MAX_LEVELS, MAX_QUALIFIED_NAME } from './limits.ts';

export function validation(message: string): ServiceError {
  return new ServiceError('ValidationException', message);
}

export function parameterArn(name: string, call: Call): string {
  return `arn:aws:ssm:${call.region}:${call.account}:parameter${name.startsWith('/') ? '' : '/'}${name}`;
}

/** Throws if a new parameter may not have this name. */
export function checkName(name: string, call: Call): void {
  if (/^\/aws/i.test(name)) throw new ServiceError('AccessDeniedException', `No access to reserved parameter name: ${name}.`);
  if (/^\/?(?:aws|ssm)/i.test(name)) throw validation('Parameter name: can\'t be prefixed with "aws" or "ssm" (case-insensitive).');
  if (!/^[a-zA-Z0-9_.\-/]+$/.test(name) || name.endsWith('/') || name.includes('//')) {
    throw validation('Parameter name: can\'t be prefixed with "ssm" (case-insensitive). If formed as a path, it can consist of sub-paths divided by slash symbol; each sub-path can be formed as a mix of letters, numbers and the following 3 symbols .-_');
  }
  if (name.includes('/') && !name.startsWith('/')) throw validation('Parameter name must be a fully qualified name.');
  if (name.split('/').filter((part) => part !== '').length > MAX_LEVELS) throw new ServiceError('HierarchyLevelLimitExceededException', `Parameter name: the hierarchy of ${name} has more than ${MAX_LEVELS} levels.`);
  if (parameterArn(name, call).length > MAX_QUALIFIED_NAME) throw validation(`Parameter name: the name, with the ARN before it, must not be longer than ${MAX_QUALIFIED_NAME} characters.`);
}

/** `name`, `name:3`, `name:label`, or an ARN of one of these. */
export function parseReference(reference: string): { readonly name: string; readonly selector: string | null } {
  const resource = /^arn:[^:]+:ssm:[^:]*:[^:]*:parameter(\/.*)$/.exec(reference)?.[1] ?? reference;
  const colon = resource.indexOf(':');
  if (colon < 0) return { name: resource, selector: null };
  return { name: resource.slice(0, colon), selector: resource.slice(colon + 1) };
}
