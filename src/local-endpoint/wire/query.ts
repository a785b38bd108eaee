// The AWS Query protocol: forms in, XML out. Spoken by CloudWatch metrics alone of the services here.
import { serialization } from '../service-error.ts';
import type { Json, JsonObject } from './json.ts';
import { isTimeMember } from './times.ts';

/** Names inside one another at most; `EntityMetricData.member.1.Entity.KeyAttributes.entry.1.key` has eight. */
const MAX_PARTS = 16;
const NUMBERS = new Set(['Value', 'Values', 'Counts', 'SampleCount', 'Sum', 'Minimum', 'Maximum', 'StorageResolution', 'Period', 'MaxDatapoints']);
const BOOLEANS = new Set(['ReturnData', 'StrictEntityValidation']);
const LISTS = new Set(['MetricData', 'Dimensions', 'Values', 'Counts', 'Statistics', 'MetricDataQueries', 'EntityMetricData']);

type Node = Map<string, Node | string>;

/** The structure that a form means: `A.member.1.B=x` is `{A: [{B: "x"}]}`; numbers, times (as epoch seconds) and booleans by their names. */
export function parseQuery(body: string): JsonObject {
  const root: Node = new Map();
  for (const [key, value] of new URLSearchParams(body)) {
    const parts = key.split('.');
    if (parts.length > MAX_PARTS) throw serialization(`The parameter ${key.slice(0, 200)} is not valid`);
    let node = root;
    for (const part of parts.slice(0, -1)) {
      const next = node.get(part) ?? new Map<string, Node | string>();
      if (typeof next === 'string') throw serialization(`The parameter ${key.slice(0, 200)} is not valid`);
      node.set(part, next);
      node = next;
    }
    node.set(parts.at(-1)!, value);
  }
  return structure(root, false);
}

function structure(node: Node, inDimensions: boolean): JsonObject {
  return Object.fromEntries([...node].map(([name, value]) => [name, read(name, value, inDimensions || name === 'Dimensions')]));
}

function read(name: string, value: Node | string, inDimensions: boolean): Json {
  if (typeof value === 'string') return leaf(name, value, inDimensions);
  const members = value.get('member');
  if (members instanceof Map) return inOrder(members).map((member) => read(name, member, inDimensions));
  const entries = value.get('entry');
  if (entries instanceof Map) return Object.fromEntries(inOrder(entries).map((entry) => [textOf(entry, 'key'), textOf(entry, 'value')]));
  return structure(value, inDimensions);
}

function textOf(entry: Node | string, name: string): string {
  const text = typeof entry === 'string' ? undefined : entry.get(name);
  return typeof text === 'string' ? text : '';
}

function inOrder(members: Node): readonly (Node | string)[] {
  return [...members].toSorted(([a], [b]) => Number(a) - Number(b)).map(([, member]) => member);
}

function leaf(name: string, text: string, inDimensions: boolean): Json {
  if (text === '' && LISTS.has(name)) return [];
  if (isTimeMember(name)) {
    const time = Date.parse(text);
    if (Number.isNaN(time)) throw serialization(`The parameter ${name} is no time of ISO 8601`);
    return time / 1000;
  }
  if (BOOLEANS.has(name)) return text === 'true';
  // The value of a dimension is text, that of a datum a number. NaN and the infinities stay text, as in JSON.
  return NUMBERS.has(name) && !inDimensions && Number.isFinite(Number(text)) && text.trim() !== '' ? Number(text) : text;
}

/** An answer of the operation. */
export function xmlAnswer(operation: string, result: JsonObject, requestId: string): string {
  const members = Object.entries(result).map(([name, value]) => element(name, value ?? null)).join('');
  return `<${operation}Response xmlns="${NAMESPACE}">${members === '' ? '' : `<${operation}Result>${members}</${operation}Result>`}<ResponseMetadata><RequestId>${requestId}</RequestId></ResponseMetadata></${operation}Response>`;
}

export function xmlRefusal(code: string, message: string, isOurs: boolean, requestId: string): string {
  return `<ErrorResponse xmlns="${NAMESPACE}"><Error><Type>${isOurs ? 'Receiver' : 'Sender'}</Type><Code>${escape(code)}</Code><Message>${escape(message)}</Message></Error><RequestId>${requestId}</RequestId></ErrorResponse>`;
}

const NAMESPACE = 'http://monitoring.amazonaws.com/doc/2010-08-01/';

function element(name: string, value: Json): string {
  if (value === null) return '';
  return `<${name}>${content(name, value)}</${name}>`;
}

function content(name: string, value: Json): string {
  if (Array.isArray(value)) return (value as readonly Json[]).map((item) => `<member>${content(name, item)}</member>`).join('');
  if (typeof value === 'object' && value !== null) return Object.entries(value as JsonObject).map(([member, inner]) => element(member, inner ?? null)).join('');
  return typeof value === 'number' && isTimeMember(name) ? new Date(value * 1000).toISOString() : escape(String(value));
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' };
/** Control characters have no place in XML 1.0. */
const escape = (text: string): string => text.replaceAll(/[&<>]/g, (character) => ENTITIES[character]!).replaceAll(/[^\t\n\r\x20-\ud7ff\ue000-\ufffd]/g, '?');
