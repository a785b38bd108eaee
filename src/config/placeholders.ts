import type { DateField, NamePart } from '../plan.ts';
import { nearest } from './nearest.ts';
import { tokensOf, type Placeholder } from './template-text.ts';

/** What the instance metadata service of EC2 says about this machine. */
export interface InstanceFacts {
  readonly instanceId: string | null;
  readonly region: string | null;
  readonly accountId: string | null;
  readonly privateIp: string | null;
  readonly hostname: string | null;
  readonly availabilityZone: string | null;
  readonly imageId: string | null;
  readonly instanceType: string | null;
  /** Of the tags that were asked for, those it has. */
  readonly tags: Readonly<Record<string, string>>;
  /** False: the instance does not show its tags in its metadata. */
  readonly tagsShown: boolean;
}

/** Facts about this machine as plain values; null where they are not known. */
export interface HostFacts {
  /** The system's host name. */
  readonly hostname: string | null;
  /** First IPv4 address that is not loopback. */
  readonly ipAddress: string | null;
  /** Null off EC2, or when nothing in the config needs it. */
  readonly instance: InstanceFacts | null;
  /** Name of the task or pod this container belongs to; null outside of containers. */
  readonly containerName: string | null;
  /** IANA name of the zone the machine's clock is shown in. */
  readonly localZone: string;
  /** Local date as YYYY-MM-DD. */
  readonly date: string;
}

/** The environment: only what a config names is read from it. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** What stands for a fact that is not known; the CloudWatch agent's own words, so that streams keep their names. */
const STAND_INS = {
  instance_id: 'i-UNKNOWN',
  hostname: 'UNKNOWN-HOST',
  local_hostname: 'UNKNOWN-HOST',
  ip_address: 'UNKNOWN-IP',
  aws_region: 'UNKNOWN-REGION',
  account_id: 'UNKNOWN-ACCOUNT',
} as const;
const OF_PATH = ['file_name', 'directory'] as const;
const OF_DATE: readonly DateField[] = ['date', 'year', 'month', 'day', 'hour'];
/** Placeholders with an argument, and what it is. */
const WITH_ARGUMENT = { env: 'NAME', tag: 'KEY', path: 'NAME' } as const;
/** How the CloudWatch agent's own templates of metrics call them. */
const AWS_WORDS: Readonly<Record<string, string>> = { InstanceId: '{instance_id}', AutoScalingGroupName: '{tag:aws:autoscaling:groupName}' };

/** Every placeholder as one writes it, without its braces. */
const WORDS: readonly string[] = [...Object.keys(STAND_INS), 'availability_zone', ...OF_DATE, ...OF_PATH, ...Object.entries(WITH_ARGUMENT).map(([word, argument]) => `${word}:${argument}`)];
/** All of them, for a message. */
export const ALL_PLACEHOLDERS = WORDS.map((word) => `{${word}}`).join(' ');

type HostWord = keyof typeof STAND_INS;
type Unknown = { readonly kind: 'unknown'; readonly why: string; readonly standIn: string | null; readonly remedy: string | null };
/** What a placeholder stands for. `date` is still open, and so is what is known of a file only. */
export type Meaning = Exclude<NamePart, { kind: 'text' | 'spooled' }> | { readonly kind: 'value'; readonly value: string } | Unknown | { readonly kind: 'no placeholder'; readonly didYouMean: string | null };

const isKey = <K extends string>(table: Readonly<Record<K, unknown>>, word: string): word is K => Object.hasOwn(table, word);
const isOneOf = <T extends string>(list: readonly T[], word: string): word is T => (list as readonly string[]).includes(word);

/** What the placeholder means on this machine. */
export function meaningOf({ word, argument, fallback }: Placeholder, facts: HostFacts, region: string, env: Environment): Meaning {
  if (isKey(WITH_ARGUMENT, word) && argument !== null && argument !== '') {
    switch (word) {
      case 'env': return setIn(env, argument) !== null ? { kind: 'value', value: setIn(env, argument)! } : unknown(`the environment variable ${argument} is not set`, `${argument} in the environment of the agent`);
      case 'tag': return tagMeaning(argument, facts.instance);
      case 'path': return { kind: 'capture', group: argument, fallback };
      default: return word satisfies never;
    }
  }
  if (isKey(WITH_ARGUMENT, word)) return { kind: 'no placeholder', didYouMean: `{${word}:${WITH_ARGUMENT[word]}}` };
  if (word === 'aws' && argument !== null) return { kind: 'no placeholder', didYouMean: AWS_WORDS[argument] ?? null };
  if (argument !== null) return noPlaceholder(word);
  if (isOneOf(OF_DATE, word)) return { kind: 'date', field: word };
  if (isOneOf(OF_PATH, word)) return { kind: 'path', form: word };
  if (word === 'availability_zone') {
    const value = facts.instance?.availabilityZone;
    return value ? { kind: 'value', value } : unknown('the availability zone is not known: only the EC2 instance metadata gives it', null);
  }
  if (!isKey(STAND_INS, word)) return noPlaceholder(word);
  const value = valueOf(word, facts, region);
  return value === null ? { kind: 'unknown', why: 'is not known on this machine', standIn: STAND_INS[word], remedy: null } : { kind: 'value', value };
}

function noPlaceholder(word: string): Meaning {
  const meant = nearest(word, WORDS);
  return { kind: 'no placeholder', didYouMean: meant === null ? null : `{${meant}}` };
}

const unknown = (why: string, remedy: string | null): Unknown => ({ kind: 'unknown', why, standIn: null, remedy });

function tagMeaning(key: string, instance: InstanceFacts | null): Meaning {
  if (instance === null) return unknown(`the tag ${key} is not known: this is no EC2 instance, or its metadata service does not answer`, null);
  const value = Object.hasOwn(instance.tags, key) ? instance.tags[key] : undefined;
  if (value) return { kind: 'value', value };
  if (instance.tagsShown) return unknown(`the instance has no tag ${key}`, `a tag ${key} on the instance`);
  return unknown(`the tag ${key} is not known: the instance does not show its tags in its metadata`, `them allowed (aws ec2 modify-instance-metadata-options --instance-id ${instance.instanceId ?? 'ID'} --instance-metadata-tags enabled)`);
}

function valueOf(word: HostWord, facts: HostFacts, region: string): string | null {
  switch (word) {
    case 'instance_id': return facts.instance?.instanceId ?? null;
    case 'hostname': return facts.instance?.hostname ?? facts.hostname;
    case 'local_hostname': return facts.hostname;
    case 'ip_address': return facts.instance?.privateIp ?? facts.ipAddress;
    case 'aws_region': return region;
    case 'account_id': return facts.instance?.accountId ?? null;
    default: return word satisfies never;
  }
}

/** Placeholders only the instance metadata can fill (or fills better than the system). */
const OF_INSTANCE: ReadonlySet<string> = new Set(['instance_id', 'hostname', 'ip_address', 'account_id', 'availability_zone', 'tag']);

/** Whether filling `text` asks for the instance metadata. */
export const asksForInstance = (text: string): boolean => tokensOf(text).some((token) => token.kind === 'placeholder' && OF_INSTANCE.has(token.word));

/** Keys of the instance tags that `text` names. */
export function tagsNamed(text: string): readonly string[] {
  return tokensOf(text).flatMap((token) => (token.kind === 'placeholder' && token.word === 'tag' && token.argument ? token.argument : []));
}

/** The value of a variable; null when it is not set or empty. */
const setIn = (env: Environment, name: string): string | null => (Object.hasOwn(env, name) && env[name]) || null;

/** Fills in `${NAME}`s of environment variables; `unset` names those that are not set or empty. */
export function expandEnvironment(template: string, env: Environment): { readonly text: string; readonly unset: readonly string[] } {
  if (!template.includes('${')) return { text: template, unset: [] };
  const unset: string[] = [];
  const text = template.replaceAll(/\$\{([A-Za-z_]\w*)\}/g, (whole, name: string) => {
    const value = setIn(env, name);
    if (value !== null) return value;
    unset.push(name);
    return whole;
  });
  return { text, unset };
}
