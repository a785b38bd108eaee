import type { Call, Operations } from '../../../src/local-endpoint/call.ts';
import type { JsonObject } from '../../../src/local-endpoint/wire/json.ts';
import type { ServiceError } from '../../../src/local-endpoint/service-error.ts';

/** A moment to count from: 21 November 2026, 04:00 UTC. */
export const NOW = Date.UTC(2026, 10, 21, 4);

export function call(overrides: Partial<Call> = {}): Call {
  return { now: NOW, region: 'us-east-1', account: '000000000000', bodyBytes: 100, headers: new Map(), ...overrides };
}

/** The answer of an operation, as a client would see it after JSON. */
export function answer(operations: Operations, name: string, input: JsonObject, at: Call = call()): Record<string, never> {
  const result: unknown = operations[name]!(input, at);
  return JSON.parse(JSON.stringify(result)) as Record<string, never>;
}

/** `Type: message` of the refusal, or `accepted`. */
export function verdict(operations: Operations, name: string, input: JsonObject, at: Call = call()): string {
  try {
    void operations[name]!(input, at);
    return 'accepted';
  } catch (error) {
    const { type, message } = error as ServiceError;
    return `${type}: ${message}`;
  }
}
