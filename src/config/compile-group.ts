import { expanded } from './compile-service.ts';
import { pointerToken } from './json-tree.ts';
import type { Environment } from './placeholders.ts';
import type { Reporter } from './reporter.ts';

/** What a log group is given when the agent creates it. */
export interface GroupSettings {
  /** Null where none is named. */
  readonly kmsKeyId: string | null;
  readonly tags: Readonly<Record<string, string>>;
}

/** CreateLogGroup: `tags` 1 to 50, keys of 1 to 128 characters, values of up to 256. */
const MOST_TAGS = 50;
const MAX_KEY = 128;
const MAX_VALUE = 256;
/** CreateLogGroup: the characters of keys and values. */
const TAG_TEXT = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u;
const THESE_CHARACTERS = 'letters, digits, spaces and the characters _.:/=+-@';

interface Settings { readonly kms_key_id?: string; readonly tags?: Readonly<Record<string, string>> }

/** Key and tags of `logs` or of an entry; what is wrong is an error, because a group cannot be encrypted or tagged afterwards by the agent. */
export function compileGroupSettings({ kms_key_id: key, tags = {} }: Settings, pointer: string, env: Environment, report: Reporter): GroupSettings {
  const kmsKeyId = key === undefined ? null : expanded(key, env, `${pointer}/kms_key_id`, report);
  if (kmsKeyId !== null && !/^arn:[^:]+:kms:[^:]+:\d{12}:(?:key|alias)\/./.test(kmsKeyId)) {
    report.warning(`${pointer}/kms_key_id`, 'this does not look like the ARN of a KMS key, and the service takes nothing else', { expected: 'arn:aws:kms:eu-central-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab' });
  }
  return { kmsKeyId, tags: Object.fromEntries(Object.entries(tags).map(([name, value]) => [name, tagValue(name, value, `${pointer}/tags`, env, report)])) };
}

function tagValue(name: string, configured: string, pointer: string, env: Environment, report: Reporter): string {
  const place = `${pointer}/${pointerToken(name)}`;
  if (name === '' || name.length > MAX_KEY || !TAG_TEXT.test(name)) report.error(place, 'this is no key of a tag', { expected: `1 to ${MAX_KEY} characters: ${THESE_CHARACTERS}` });
  else if (/^aws:/i.test(name)) report.error(place, 'keys of tags that begin with aws: belong to AWS', { expected: 'another key' });
  const value = expanded(configured, env, place, report);
  if (value !== null && (value.length > MAX_VALUE || !TAG_TEXT.test(value))) report.error(place, 'this is no value of a tag', { expected: `up to ${MAX_VALUE} characters: ${THESE_CHARACTERS}` });
  return value ?? configured;
}

/** A group is encrypted with a key of its own region only; with another it cannot be created. */
export function warnOfForeignKey({ kmsKeyId }: GroupSettings, region: string, pointer: string, report: Reporter): void {
  const its = kmsKeyId?.split(':')[3];
  if (its !== undefined && its !== region) report.warning(pointer, `the KMS key is one of ${its}, and the group would be created in ${region}`, { expected: `a key of ${region}` });
}

/** An entry's own settings with those under `logs` for what it does not say. */
export function withDefaults(own: GroupSettings, defaults: GroupSettings): GroupSettings {
  return { kmsKeyId: own.kmsKeyId ?? defaults.kmsKeyId, tags: { ...defaults.tags, ...own.tags } };
}

/** An error at the entry's tags when there are too many with those under `logs`. */
export function limitTags(own: GroupSettings, defaults: GroupSettings, pointer: string, report: Reporter): void {
  const count = Object.keys(withDefaults(own, defaults).tags).length;
  if (count > MOST_TAGS) report.error(`${pointer}/tags`, `with those under logs these are ${count} tags`, { expected: `at most ${MOST_TAGS}` });
}
