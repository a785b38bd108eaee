import type { Environment } from '../aws/connection.ts';
import { NetworkError } from '../aws/network-error.ts';
import { networkOf } from '../aws/network.ts';

/** Why no service could be reached with this environment, for a person; null when nothing is known against it. */
export function networkFault(env: Environment): string | null {
  try {
    networkOf(env);
    return null;
  } catch (error) {
    if (error instanceof NetworkError) return error.message;
    throw error;
  }
}
