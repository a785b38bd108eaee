import type { Call, Operation } from '../call.ts';
import { ServiceError } from '../service-error.ts';
import { isObject, wrongType } from '../wire/json.ts';
import type { Json, JsonObject } from '../wire/json.ts';
import { Shape } from '../wire/shape.ts';
import { readDatum } from './datum.ts';
import type { NamedDatum } from './datum.ts';
import { MAX_BODY_BYTES, MAX_DATUMS, MAX_ENTITIES } from './limits.ts';
import { invalidCombination, invalidValue } from './refusal.ts';
import type { MetricStore } from './store.ts';

function entityFault(entity: JsonObject | undefined): string | null {
  if (entity === undefined) return null;
  const shape = new Shape(entity);
  const keys = shape.map('KeyAttributes', { min: 2, max: 4 }, { min: 1, max: 32 }, { min: 1, max: 2048 });
  shape.map('Attributes', { max: 10 }, { min: 1, max: 256 }, { min: 1, max: 2048 });
  try {
    shape.check();
  } catch (error) {
    return (error as Error).message;
  }
  return keys?.has('Type') === true ? null : 'The entity has no key attribute Type.';
}

function arrayOf(value: Json | undefined): readonly Json[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) throw wrongType(value, 'List');
  return value as readonly Json[];
}

function readAll(input: JsonObject, now: number): { readonly datums: readonly NamedDatum[]; readonly entityFaults: readonly string[] } {
  const plain = arrayOf(input['MetricData']);
  const groups = arrayOf(input['EntityMetricData']).map((group) => {
    if (!isObject(group)) throw wrongType(group, 'EntityMetricData');
    return { entity: isObject(group['Entity']) ? group['Entity'] : undefined, members: arrayOf(group['MetricData']) };
  });
  if (groups.length > MAX_ENTITIES) throw invalidValue(`The collection EntityMetricData must not have a size greater than ${MAX_ENTITIES}.`);
  const total = groups.reduce((sum, { members }) => sum + members.length, plain.length);
  if (total > MAX_DATUMS) throw invalidValue(`The collection MetricData must not have a size greater than ${MAX_DATUMS}.`);
  if (total === 0) throw invalidValue('The parameter MetricData must contain at least one datum.');
  const datums = plain.map((value, i) => readDatum(value, `MetricData.member.${i + 1}`, now));
  for (const [g, { members }] of groups.entries()) {
    for (const [i, value] of members.entries()) datums.push(readDatum(value, `EntityMetricData.member.${g + 1}.MetricData.member.${i + 1}`, now));
  }
  return { datums, entityFaults: groups.map(({ entity }) => entityFault(entity)).filter((fault) => fault !== null) };
}

/** PutMetricData: one bad datum refuses the request; a bad entity does so only under StrictEntityValidation. */
export function putMetricData(store: MetricStore): Operation {
  return (input: JsonObject, call: Call) => {
    if (call.bodyBytes > MAX_BODY_BYTES) throw new ServiceError('RequestEntityTooLargeException', `Request body larger than ${MAX_BODY_BYTES} bytes`, 413);
    const namespace = readNamespace(input['Namespace']);
    if (namespace.startsWith('AWS/')) throw invalidValue("The value AWS/ for parameter Namespace is invalid: namespaces that begin with 'AWS/' are reserved.");
    const { datums, entityFaults } = readAll(input, call.now);
    const strict = input['StrictEntityValidation'];
    if (arrayOf(input['EntityMetricData']).length > 0 && typeof strict !== 'boolean') throw invalidCombination('StrictEntityValidation is required with EntityMetricData.');
    if (entityFaults.length > 0) {
      if (strict === true) throw invalidValue(entityFaults.join(' '));
      call.headers.set('x-amzn-failure-message', entityFaults.join(' '));
    }
    for (const { name, dimensions, datum } of datums) store.add(namespace, name, dimensions, datum);
    return {};
  };
}

/** Throws unless it is 1 to 255 printable ASCII characters that do not begin with a colon. */
export function readNamespace(value: Json | undefined): string {
  if (typeof value !== 'string' || !/^(?!:)[\x20-\x7e]{1,255}$/.test(value) || value.trim() === '') {
    throw invalidValue('The parameter Namespace must be 1 to 255 printable ASCII characters and must not start with a colon.');
  }
  return value;
}
