import { randomUUID } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { ServiceError } from '../service-error.ts';

/** What goes back: status, body, headers beside the ones every answer has. */
export interface Answer {
  readonly status: number;
  readonly body: string | Buffer;
  readonly headers?: Readonly<Record<string, string>>;
  /** AWS error type, for the request log. */
  readonly error?: string;
}

/** `version`: the JSON protocol the client spoke, 1.1 or 1.0. */
export function jsonAnswer(body: object, version: string, headers: ReadonlyMap<string, string> = new Map()): Answer {
  return { status: 200, body: JSON.stringify(body), headers: { 'content-type': `application/x-amz-json-${version}`, ...Object.fromEntries(headers) } };
}

/** What is not a ServiceError is a bug of ours: 500 with its message. */
export function refusalOf(error: unknown): ServiceError {
  return error instanceof ServiceError ? error : new ServiceError('InternalFailure', `The local endpoint failed: ${error instanceof Error ? error.message : String(error)}`, 500);
}

/** An error in the form of the JSON protocols. See `refusalOf`. */
export function errorAnswer(error: unknown, version: string): Answer {
  const refusal = refusalOf(error);
  return {
    status: refusal.status,
    body: JSON.stringify({ __type: refusal.type, message: refusal.message }),
    headers: { 'content-type': `application/x-amz-json-${version}`, ...refusal.headers },
    error: refusal.type.replace(/^.*#/, ''),
  };
}

/** Writes an answer; every one carries Date (of the service's clock, epoch milliseconds) and x-amzn-RequestId. */
export function sendAnswer(response: ServerResponse, answer: Answer, now: number): void {
  const body = typeof answer.body === 'string' ? Buffer.from(answer.body) : answer.body;
  response.writeHead(answer.status, {
    'x-amzn-RequestId': randomUUID(),
    date: new Date(now).toUTCString(),
    ...answer.headers,
    'content-length': body.length,
  });
  response.end(body);
}
