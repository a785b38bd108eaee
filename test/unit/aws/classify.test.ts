import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { classify, wantsNewCredentials } from '../../../src/aws/classify.ts';
import type { Outcome } from '../../../src/flow.ts';

// The outcome table of the service's contract (aws-api §1.2), row by row: what the answer was, and what it must mean.
type Meaning = Outcome['kind'] | 'retry short' | 'retry long' | 'retry slow' | 'retry long, may have been stored' | 'retry short, may have been stored';
const TABLE: readonly (readonly [name: string, status: number | null, meaning: Meaning])[] = [
  ['ThrottlingException', 400, 'retry long'],
  ['TooManyRequestsException', 429, 'retry long'],
  ['TooManyRequestsException', 400, 'retry long'],
  ['AnythingAtAll', 429, 'retry long'],
  ['ServiceUnavailableException', 503, 'retry long, may have been stored'],
  ['InternalFailure', 500, 'retry long, may have been stored'],
  ['SyntaxError', 502, 'retry long, may have been stored'],
  ['SyntaxError', 504, 'retry long, may have been stored'],
  ['NotImplemented', 501, 'retry long, may have been stored'],
  ['ECONNRESET', null, 'retry long, may have been stored'],
  ['ECONNREFUSED', null, 'retry long'],
  ['EPIPE', null, 'retry long, may have been stored'],
  ['ENOTFOUND', null, 'retry long'],
  ['EAI_AGAIN', null, 'retry long'],
  ['EHOSTUNREACH', null, 'retry long, may have been stored'],
  ['TimeoutError', null, 'retry long, may have been stored'],
  ['SELF_SIGNED_CERT_IN_CHAIN', null, 'retry long'],
  ['CERT_HAS_EXPIRED', null, 'retry long'],
  ['ERR_PROXY_TUNNEL', null, 'retry long'],
  ['ERR_SOMETHING_NEW', null, 'retry long, may have been stored'],
  ['ResourceNotFoundException', 400, 'missing'],
  ['InvalidParameterException', 400, 'split'],
  ['ValidationException', 400, 'split'],
  ['SerializationException', 400, 'split'],
  ['RequestEntityTooLarge', 413, 'split'],
  ['SyntaxError', 413, 'split'],
  ['AccessDeniedException', 400, 'retry slow'],
  ['UnrecognizedClientException', 400, 'retry slow'],
  ['InvalidSignatureException', 400, 'retry slow'],
  ['MissingAuthenticationToken', 400, 'retry slow'],
  ['MissingAuthenticationTokenException', 403, 'retry slow'],
  ['CredentialsProviderError', null, 'retry slow'],
  ['Whatever', 401, 'retry slow'],
  ['Whatever', 403, 'retry slow'],
  // New credentials are fetched at once, so a short wait is enough.
  ['ExpiredTokenException', 400, 'retry short'],
  ['DataAlreadyAcceptedException', 400, 'accepted'],
  ['ResourceAlreadyExistsException', 400, 'accepted'],
  ['OperationAbortedException', 400, 'retry short'],
  ['LimitExceededException', 400, 'refused'],
  // An answer of 200 that is no JSON: probably stored, but nobody knows.
  ['SyntaxError', 200, 'retry short, may have been stored'],
  ['SomethingNewException', 400, 'retry long'],
];

function meaningOf(outcome: Outcome): Meaning {
  return outcome.kind === 'retry' ? `retry ${outcome.pace}${outcome.ambiguous ? ', may have been stored' : ''}` as Meaning : outcome.kind;
}

for (const [name, status, meaning] of TABLE) {
  test(`${name}, ${status === null ? 'no answer' : `HTTP ${status}`}: ${meaning}`, () => {
    assert.equal(meaningOf(classify({ name, message: 'why', status, retryAfterMs: null })), meaning);
  });
}

test('a group or stream whose name is refused concerns the whole destination; anything else refused is looked for among the events', () => {
  const refusal = (message: string): Meaning => meaningOf(classify({ name: 'InvalidParameterException', message, status: 400, retryAfterMs: null }));
  const field = (name: string): string => `1 validation error detected: Value 'a b' at '${name}' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\.\\-_/#A-Za-z0-9]+`;
  assert.equal(refusal(field('logGroupName')), 'refused');
  assert.equal(refusal(field('logStreamName')), 'refused');
  assert.equal(refusal(field('logEvents.3.member.message')), 'split');
  assert.equal(refusal('Log events in a single PutLogEvents request must be in chronological order.'), 'split');
  assert.equal(refusal('Upload too large: 1049882 bytes exceeds limit of 1048576'), 'split');
});

test('what failed before the request was sent cannot have been stored, nor does it say anything against the events', () => {
  for (const [name, status] of TABLE) assert.match(meaningOf(classify({ name, message: 'the role could not be assumed', status, retryAfterMs: null, isUnsent: true })), /^retry (?:short|long|slow)$/, name);
  const meaning = (name: string, status: number | null): Meaning => meaningOf(classify({ name, message: 'why', status, retryAfterMs: null, isUnsent: true }));
  assert.deepEqual([meaning('ECONNREFUSED', null), meaning('ValidationException', 400), meaning('AccessDenied', 403), meaning('CredentialsProviderError', null)], ['retry long', 'retry slow', 'retry slow', 'retry slow']);
});

test('what the service asks to wait is passed on with every retry', () => {
  for (const [name, status] of TABLE.filter(([, , meaning]) => meaning.startsWith('retry'))) {
    const outcome = classify({ name, message: '', status, retryAfterMs: 4_000 });
    assert.equal(outcome.kind === 'retry' && outcome.afterMs, 4_000, name);
  }
});

test('nothing unknown is ever taken for delivered or given up, whatever its name, status and text', () => {
  const known = new Set(TABLE.map(([name]) => name));
  fc.assert(fc.property(fc.string().filter((name) => !known.has(name)), fc.option(fc.integer({ min: 100, max: 599 })), fc.string(), (name, status, message) => {
    const outcome = classify({ name, message, status, retryAfterMs: null });
    assert.ok(outcome.kind === 'retry' || (status === 413 && outcome.kind === 'split'), `${outcome.kind} for ${name} ${status}`);
  }), { numRuns: 300 });
});

test('the reason names the error and its status', () => {
  const outcome = classify({ name: 'AccessDeniedException', message: 'no logs:PutLogEvents', status: 400, retryAfterMs: null });
  assert.equal('reason' in outcome && outcome.reason, 'AccessDeniedException (HTTP 400): no logs:PutLogEvents');
});

test('credentials are renewed for an expired or unknown key, not for a missing permission', () => {
  for (const name of ['ExpiredTokenException', 'ExpiredToken', 'UnrecognizedClientException']) assert.ok(wantsNewCredentials(name), name);
  for (const name of ['AccessDeniedException', 'ThrottlingException']) assert.ok(!wantsNewCredentials(name), name);
});
