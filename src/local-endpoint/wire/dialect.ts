import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { ServiceError } from '../service-error.ts';
import { errorAnswer, jsonAnswer, refusalOf } from './answer.ts';
import type { Answer } from './answer.ts';
import { decodeCbor, encodeCbor } from './cbor.ts';
import { isObject, parseObject } from './json.ts';
import type { Json, JsonObject } from './json.ts';
import { parseQuery, xmlAnswer, xmlRefusal } from './query.ts';
import { isTimeMember } from './times.ts';

/** The protocol a client speaks. All of them say the same structures. */
export interface Dialect {
  /** `Prefix.Operation`, as the JSON protocols name it in x-amz-target. */
  target(body: Buffer): string;
  /** Throws SerializationException. */
  read(body: Buffer): JsonObject;
  answer(operation: string, result: object, headers: ReadonlyMap<string, string>): Answer;
  /** What is not a ServiceError is a bug of ours: 500 with its message. */
  refusal(error: unknown): Answer;
}

const METRICS = 'GraniteServiceVersion20100801';
const CBOR_PATH = /^\/service\/([^/]+)\/operation\/([^/]+)$/;

/** True for a path that calls of the CBOR protocol go to; all others go to `/`. */
export const isCborPath = (path: string): boolean => CBOR_PATH.test(path);

export function dialectOf({ headers, url = '/' }: IncomingMessage): Dialect {
  const type = headers['content-type'] ?? '';
  const [path = ''] = url.split('?');
  if (isCborPath(path)) return cborDialect(path);
  if (type.startsWith('application/x-www-form-urlencoded')) return QUERY;
  return jsonDialect(String(headers['x-amz-target'] ?? ''), type.includes('json-1.0') ? '1.0' : '1.1');
}

function jsonDialect(target: string, version: string): Dialect {
  return {
    target: () => target,
    read: (body) => parseObject(body.toString('utf8')),
    answer: (_operation, result, headers) => jsonAnswer(result, version, headers),
    refusal: (error) => errorAnswer(error, version),
  };
}

function cborDialect(path: string): Dialect {
  const [, service = '', operation = ''] = CBOR_PATH.exec(path) ?? [];
  const headers = { 'content-type': 'application/cbor', 'smithy-protocol': 'rpc-v2-cbor' };
  return {
    target: () => `${service}.${operation}`,
    read: (body) => {
      const value = body.length === 0 ? {} : decodeCbor(body);
      if (!isObject(value)) throw new ServiceError('SerializationException', 'The request body is not the CBOR that is expected: a map');
      return value;
    },
    answer: (_operation, result, more) => ({ status: 200, body: encodeCbor(result as Json, isTimeMember), headers: { ...headers, ...Object.fromEntries(more) } }),
    refusal: (error) => {
      const refusal = refusalOf(error);
      return { ...errorAnswer(refusal, '1.0'), body: encodeCbor({ __type: refusal.type, message: refusal.message }, isTimeMember), headers: { ...refusal.headers, ...headers } };
    },
  };
}

const QUERY: Dialect = {
  target: (body) => `${METRICS}.${/(?:^|&)Action=(\w*)/.exec(body.toString('latin1'))?.[1] ?? ''}`,
  read: (body) => parseQuery(body.toString('utf8')),
  answer: (operation, result, more) => ({ status: 200, body: xmlAnswer(operation, result as JsonObject, randomUUID()), headers: { 'content-type': 'text/xml', ...Object.fromEntries(more) } }),
  refusal: (error) => {
    const refusal = refusalOf(error);
    const { status, message, headers } = refusal;
    return { ...errorAnswer(refusal, '1.0'), body: xmlRefusal(queryCode(refusal), message, status >= 500, randomUUID()), headers: { ...headers, 'content-type': 'text/xml' } };
  },
};

/** Codes of this protocol that are more than the error's type without its end. */
const CODES: Readonly<Record<string, string>> = { UnrecognizedClientException: 'InvalidClientTokenId', InvalidSignatureException: 'SignatureDoesNotMatch', MissingAuthenticationTokenException: 'MissingAuthenticationToken' };

function queryCode({ type, headers }: ServiceError): string {
  const plain = type.replace(/^.*#/, '');
  return headers['x-amzn-query-error']?.split(';')[0] ?? CODES[plain] ?? plain.replace(/Exception$/, '');
}
