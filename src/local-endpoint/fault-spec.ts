import { ServiceError } from './service-error.ts';

/** What goes wrong. */
export type FaultEffect =
  /** 400 ThrottlingException `Rate exceeded`. */
  | { readonly kind: 'throttle'; readonly retryAfterSeconds?: number }
  /** 500 InternalFailure or 503 ServiceUnavailableException. */
  | { readonly kind: 'error'; readonly status?: 500 | 503; readonly retryAfterSeconds?: number }
  /** The answer comes `ms` later; combines with the others. */
  | { readonly kind: 'latency'; readonly ms: number }
  /** The connection is reset; nothing is stored. */
  | { readonly kind: 'reset' }
  /** The request is never answered and nothing is stored. */
  | { readonly kind: 'hang' }
  /** The request takes effect, then the connection is reset (or never answered). */
  | { readonly kind: 'drop-answer'; readonly by?: 'reset' | 'hang' }
  /** A PutLogEvents with an event that contains the text, or a PutMetricData with a metric of that name, is refused as a whole with InvalidParameterException. */
  | { readonly kind: 'reject-event'; readonly containing: string }
  | { readonly kind: 'access-denied' }
  | { readonly kind: 'expired-token' }
  | { readonly kind: 'unrecognized-client' }
  /** The service's clock is this many seconds ahead of ours: in Date, in ages, and in the check of signatures. */
  | { readonly kind: 'skew'; readonly seconds: number }
  /** An answer that is not AWS: a proxy's HTML page with 502, or 200 with a body that is not JSON; nothing is stored. */
  | { readonly kind: 'garbage'; readonly form?: 'html-502' | 'ok' }
  /** Deletes the group (or, with `stream`, the stream) at once. */
  | { readonly kind: 'delete-group'; readonly group: string };

/** When and where. All members given must hold. */
export interface FaultScope {
  /** For example `PutLogEvents` or `PutMetricData`. */
  readonly operation?: string;
  readonly group?: string;
  readonly stream?: string;
  /** Matching requests let through first. */
  readonly skip?: number;
  /** Hits only every Nth matching request; 1 is all. */
  readonly every?: number;
  /** Hits with this probability, drawn from a generator started with `seed` (1). */
  readonly probability?: number;
  readonly seed?: number;
  /** Hits what exceeds this many matching requests in a second. */
  readonly tps?: number;
  /** Hits at most so often. */
  readonly count?: number;
  /** Begins so much later, and ends so long after it began. */
  readonly afterMs?: number;
  readonly forMs?: number;
}

export type FaultSpec = FaultEffect & FaultScope;

/** What a member takes: `count` is a whole number of 0 or more, a list is a choice. */
export type MemberType = 'string' | 'count' | 'number' | readonly (string | number)[];

/** Members that any fault may have. */
export const FAULT_SCOPE: Readonly<Record<string, MemberType>> = {
  operation: 'string', group: 'string', stream: 'string', skip: 'count', every: 'count', probability: 'number', seed: 'number', tps: 'count',
  count: 'count', afterMs: 'count', forMs: 'count',
};

/** The kinds there are, with the members of each. */
export const FAULT_KINDS: Readonly<Record<FaultEffect['kind'], { readonly required?: Readonly<Record<string, MemberType>>; readonly optional?: Readonly<Record<string, MemberType>> }>> = {
  throttle: { optional: { retryAfterSeconds: 'count' } },
  error: { optional: { status: [500, 503], retryAfterSeconds: 'count' } },
  latency: { required: { ms: 'count' } },
  reset: {},
  hang: {},
  'drop-answer': { optional: { by: ['reset', 'hang'] } },
  'reject-event': { required: { containing: 'string' } },
  'access-denied': {},
  'expired-token': {},
  'unrecognized-client': {},
  skew: { required: { seconds: 'number' } },
  garbage: { optional: { form: ['html-502', 'ok'] } },
  'delete-group': { required: { group: 'string' } },
};

function wrong(message: string): ServiceError {
  return new ServiceError('ValidationException', `fault: ${message}`);
}

function conforms(value: unknown, type: MemberType): boolean {
  if (type === 'string') return typeof value === 'string' && value !== '';
  if (type === 'number') return typeof value === 'number' && Number.isFinite(value);
  if (type === 'count') return typeof value === 'number' && Number.isInteger(value) && value >= 0;
  return type.includes(value as string | number);
}

function expected(type: MemberType): string {
  switch (type) {
    case 'string': return 'a non-empty string';
    case 'number': return 'a number';
    case 'count': return 'a whole number of 0 or more';
    default: return `one of ${type.join(', ')}`;
  }
}

/** Checks a fault that came as JSON. Throws a ServiceError (ValidationException) naming the wrong member. */
export function parseFault(value: unknown): FaultSpec {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw wrong('expected a JSON object such as {"kind":"throttle","every":3}');
  const members = value as Readonly<Record<string, unknown>>;
  const kind = members['kind'];
  if (typeof kind !== 'string' || !Object.hasOwn(FAULT_KINDS, kind)) throw wrong(`"kind" must be one of ${Object.keys(FAULT_KINDS).join(', ')}`);
  const effect = FAULT_KINDS[kind as FaultEffect['kind']];
  const allowed: Readonly<Record<string, MemberType>> = { ...FAULT_SCOPE, ...effect.optional, ...effect.required };
  for (const [name, member] of Object.entries(members)) {
    if (name === 'kind') continue;
    const type = Object.hasOwn(allowed, name) ? allowed[name] : undefined;
    if (type === undefined) throw wrong(`"${name}" is not a member of a ${kind} fault; it may have ${Object.keys(allowed).join(', ')}`);
    if (!conforms(member, type)) throw wrong(`"${name}" must be ${expected(type)}`);
  }
  for (const name of Object.keys(effect.required ?? {})) if (members[name] === undefined) throw wrong(`a ${kind} fault needs "${name}"`);
  if (members['every'] === 0) throw wrong('"every" must be 1 or more');
  return { ...members } as unknown as FaultSpec;
}
