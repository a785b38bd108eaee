import type { Outcome } from '../flow.ts';
import { failureWords } from './failure-words.ts';

/** What is known of a failed attempt, gathered from the SDK's error. */
export interface Failure {
  /** Error name without namespace, such as `ThrottlingException`, or a socket error's code. */
  readonly name: string;
  readonly message: string;
  /** HTTP status, or null when no answer came. */
  readonly status: number | null;
  /** It came before the request, which was not sent: no credentials. */
  readonly isUnsent?: boolean;
  /** What the service asked to wait (Retry-After), milliseconds. */
  readonly retryAfterMs: number | null;
}

const THROTTLING = new Set(['Throttling', 'ThrottlingException', 'ThrottledException', 'RequestThrottled', 'RequestThrottledException', 'TooManyRequestsException', 'RequestLimitExceeded', 'SlowDown', 'BandwidthLimitExceeded']);
/** What only a person or time can change: credentials, permissions, the clock. */
const NOT_ALLOWED = new Set(['AccessDeniedException', 'AccessDenied', 'UnrecognizedClientException', 'InvalidSignatureException', 'SignatureDoesNotMatch', 'MissingAuthenticationToken', 'MissingAuthenticationTokenException',
  'IncompleteSignature', 'InvalidClientTokenId', 'OptInRequired', 'NotAuthorized', 'CredentialsProviderError', 'TokenProviderError']);
const EXPIRED = new Set(['ExpiredToken', 'ExpiredTokenException', 'RequestExpired', 'RequestTimeTooSkewed']);
/** The request itself is at fault: resending it unchanged cannot help. */
const BAD_REQUEST = new Set(['InvalidParameterException', 'ValidationException', 'SerializationException', 'RequestEntityTooLarge', 'InvalidParameterCombinationException', 'UnsupportedOperationException',
  // CloudWatch metrics; without `Exception` where an answer is in its older form.
  'InvalidParameterValueException', 'InvalidParameterValue', 'InvalidParameterCombination', 'MissingRequiredParameterException', 'MissingParameter', 'InvalidFormatFault', 'InvalidFormat', 'ValidationError']);

/** TLS: the certificate comes from an authority that is not trusted here. */
const UNTRUSTED = new Set(['SELF_SIGNED_CERT_IN_CHAIN', 'DEPTH_ZERO_SELF_SIGNED_CERT', 'UNABLE_TO_GET_ISSUER_CERT', 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'UNABLE_TO_VERIFY_LEAF_SIGNATURE']);
/** The connection to the service never stood: not a byte of the request went out. */
const NOT_SENT = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'CERT_HAS_EXPIRED', 'CERT_NOT_YET_VALID', 'ERR_TLS_CERT_ALTNAME_INVALID', 'ERR_PROXY_TUNNEL']);

/** True when the certificate of a service is one this host does not know. @param code of the socket's error. */
export const isUntrusted = (code: string): boolean => UNTRUSTED.has(code);

/** True for errors that new credentials may cure at once. */
export function wantsNewCredentials(name: string): boolean {
  return EXPIRED.has(name) || name === 'UnrecognizedClientException' || name === 'InvalidClientTokenId';
}

/**
 * What a failed PutLogEvents, Create or PutMetricData call meant. Decided by the error's name first, then by the HTTP status; never by
 * its text, except to tell a bad name of the whole destination from a bad event.
 */
export function classify(failure: Failure): Outcome {
  const { name, message, status, retryAfterMs, isUnsent = false } = failure;
  const reason = failureWords(failure);
  const retry = (pace: 'short' | 'long' | 'slow', ambiguous = false): Extract<Outcome, { kind: 'retry' }> => ({ kind: 'retry', reason, pace, afterMs: retryAfterMs, ambiguous });
  if (isUnsent) return retry(paceBeforeSending(failure));
  if (name === 'ResourceNotFoundException') return { kind: 'missing', reason };
  if (name === 'ResourceAlreadyExistsException' || name === 'DataAlreadyAcceptedException') return { kind: 'accepted', rejected: null };
  if (THROTTLING.has(name) || status === 429) return retry('long');
  if (EXPIRED.has(name)) return retry('short');
  if (NOT_ALLOWED.has(name) || status === 401 || status === 403) return retry('slow');
  if (name === 'OperationAbortedException') return retry('short');
  if (name === 'LimitExceededException') return { kind: 'refused', reason };
  if (BAD_REQUEST.has(name) || status === 413) {
    return /'?(logGroupName|logStreamName|logGroupIdentifier)'? failed to satisfy/.test(message) ? { kind: 'refused', reason } : { kind: 'split', reason };
  }
  if (isUntrusted(name)) return { ...retry('long'), reason: `${reason}; the certificate comes from an authority that is not trusted here: name the file of that authority in AWS_CA_BUNDLE (or as ca_bundle_path in common-config.toml) and start the agent again` };
  if (status === null) return retry('long', !NOT_SENT.has(name));
  if (status >= 500) return retry('long', true);
  // A 200 that could not be read was probably stored; an unknown 4xx was not, and may be the service's own trouble.
  return retry(status === 200 ? 'short' : 'long', status === 200);
}

/** What a token service refuses says nothing about the events: whatever its error is called, they are tried again. */
function paceBeforeSending({ name, status }: Failure): 'short' | 'long' | 'slow' {
  if (EXPIRED.has(name)) return 'short';
  if (THROTTLING.has(name) || status === 429) return 'long';
  return NOT_ALLOWED.has(name) || (status !== null && status < 500) ? 'slow' : 'long';
}
