import { hash } from 'node:crypto';

/** Longer members of a set are known by their hash, so that each costs about the same. */
const MAX_MEMBER = 64;

/** What tells a member of a set from the others. */
export function memberOf(bytes: Buffer, from: number, to: number): string {
  // One character for each byte: equal exactly when the bytes are. A hash is shorter than any that is not hashed may not be.
  return to - from <= MAX_MEMBER ? bytes.toString('latin1', from, to) : `${to - from} ${hash('sha256', bytes.subarray(from, to))}`;
}
