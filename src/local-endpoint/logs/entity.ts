import { wrongType } from '../wire/json.ts';
import type { Json, JsonObject } from '../wire/json.ts';
import { isObject } from '../wire/json.ts';

/** Why the service dropped the entity of a PutLogEvents; the events are stored all the same. */
export interface RejectedEntityInfo { readonly errorType: string }

const KEY_ATTRIBUTES = ['Type', 'ResourceType', 'Identifier', 'Name', 'Environment', 'AwsAccountId'];
const TYPES = ['Service', 'RemoteService', 'AWS::Service', 'Resource', 'AWS::Resource'];

function stringMap(value: Json | undefined): ReadonlyMap<string, string> {
  if (value === undefined || value === null) return new Map();
  if (!isObject(value)) throw wrongType(value, 'Map');
  return new Map(Object.entries(value).map(([key, member]) => {
    if (typeof member !== 'string') throw wrongType(member ?? null, 'String');
    return [key, member];
  }));
}

function within(map: ReadonlyMap<string, string>, maxKey: number, maxValue: number): boolean {
  return [...map].every(([key, value]) => key.length >= 1 && key.length <= maxKey && value.length >= 1 && value.length <= maxValue);
}

/** The verdict on an entity, or null if it is accepted. Throws SerializationException for members of the wrong type. */
export function rejectedEntity(entity: JsonObject, groupClass: string): RejectedEntityInfo | null {
  const keys = stringMap(entity['keyAttributes']);
  const attributes = stringMap(entity['attributes']);
  if (groupClass !== 'STANDARD') return { errorType: 'UnsupportedLogGroupType' };
  if (keys.size === 0) return { errorType: 'MissingRequiredFields' };
  if (keys.size < 2 || keys.size > 4 || !within(keys, 32, 512) || [...keys.keys()].some((key) => !KEY_ATTRIBUTES.includes(key))) return { errorType: 'InvalidKeyAttributes' };
  const type = keys.get('Type');
  if (type !== undefined && !TYPES.includes(type)) return { errorType: 'InvalidTypeValue' };
  if (type === undefined || (type === 'Service' && !(keys.has('Name') && keys.has('Environment')))) return { errorType: 'MissingRequiredFields' };
  if (attributes.size > 10 || !within(attributes, 256, 512)) return { errorType: 'InvalidAttributes' };
  return null;
}
