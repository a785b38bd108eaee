import { hash } from 'node:crypto';
import type { RolloutPlan } from '../plan.ts';

const HEX_DIGITS = 8;

/** Where a host stands in a rollout, from 0 up to 100: the same for as long as it has this id, and evenly spread over hosts. */
export function shareOf(hostId: string): number {
  return Number.parseInt(hash('sha256', hostId).slice(0, HEX_DIGITS), 16) / 16 ** HEX_DIGITS * 100;
}

/**
 * Epoch milliseconds from which a host takes a version that was published at `publishedAt`: at once, or after the waiting time.
 * A version of which nobody knows the age (0) is old enough.
 */
export function dueAt({ percent, waitMs }: RolloutPlan, hostId: string, publishedAt: number): number {
  return shareOf(hostId) < percent ? 0 : publishedAt + waitMs;
}
