import type { FaultEffect, FaultSpec } from './fault-spec.ts';
import { ServiceError, invalidParameter } from './service-error.ts';
import type { Answer } from './wire/answer.ts';
import type { Dialect } from './wire/dialect.ts';

function retryAfter(seconds: number | undefined): Record<string, string> {
  return seconds === undefined ? {} : { 'retry-after': String(seconds) };
}

const HTML = '<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body><center><h1>502 Bad Gateway</h1></center></body>\r\n</html>\r\n';

function refusalOf(fault: FaultEffect): ServiceError | null {
  switch (fault.kind) {
    case 'throttle': return new ServiceError('ThrottlingException', 'Rate exceeded', 400, retryAfter(fault.retryAfterSeconds));
    case 'error': return (fault.status ?? 500) === 503
      ? new ServiceError('ServiceUnavailableException', 'The service cannot complete the request.', 503, retryAfter(fault.retryAfterSeconds))
      : new ServiceError('InternalFailure', 'The request processing has failed because of an unknown error.', 500, retryAfter(fault.retryAfterSeconds));
    case 'reject-event': return invalidParameter('Log event rejected by a fault of the local endpoint.');
    case 'access-denied': return new ServiceError('AccessDeniedException', 'User: arn:aws:iam::000000000000:user/local is not authorized to perform this action because no identity-based policy allows it');
    case 'expired-token': return new ServiceError('ExpiredTokenException', 'The security token included in the request is expired');
    case 'unrecognized-client': return new ServiceError('UnrecognizedClientException', 'The security token included in the request is invalid.');
    case 'latency': case 'reset': case 'hang': case 'drop-answer': case 'skew': case 'garbage': case 'delete-group': return null;
    default: return fault satisfies never;
  }
}

/** The answer the first refusing fault gives instead of the operation, or null if none does. */
export function faultAnswer(struck: readonly FaultSpec[], dialect: Dialect): Answer | null {
  for (const fault of struck) {
    if (fault.kind === 'garbage') {
      return fault.form === 'ok'
        ? { status: 200, body: 'this is not JSON', headers: { 'content-type': 'text/plain' }, error: 'garbage' }
        : { status: 502, body: HTML, headers: { 'content-type': 'text/html' }, error: 'garbage' };
    }
    const refusal = refusalOf(fault);
    if (refusal !== null) return dialect.refusal(refusal);
  }
  return null;
}

/** Milliseconds the answer is held back. */
export function latencyOf(struck: readonly FaultSpec[]): number {
  return struck.reduce((sum, fault) => sum + (fault.kind === 'latency' ? fault.ms : 0), 0);
}

/** Milliseconds the service's clock is ahead. */
export function skewOf(struck: readonly FaultSpec[]): number {
  return struck.reduce((sum, fault) => sum + (fault.kind === 'skew' ? fault.seconds * 1000 : 0), 0);
}

/** How the connection ends without an answer: before the operation takes effect, after it, or not at all. */
export function severanceOf(struck: readonly FaultSpec[], when: 'before' | 'after'): 'reset' | 'hang' | null {
  for (const fault of struck) {
    if (when === 'before' && (fault.kind === 'reset' || fault.kind === 'hang')) return fault.kind;
    if (when === 'after' && fault.kind === 'drop-answer') return fault.by ?? 'reset';
  }
  return null;
}
