import type { Destination, Outcome } from '../flow.ts';

/**
 * One attempt at the API. Implemented in aws/; every method maps whatever happens to an Outcome and never rejects. What is
 * under way when the agent lets go of everything ends as `aborted`.
 */
export interface Endpoint {
  /** What is sent of a body: compressed if that is worth it now. As much of the work as can be done before its turn comes. */
  encode(body: Buffer, backlog: number): EncodedBody;
  put(destination: Destination, body: EncodedBody): Promise<Outcome>;
  /** Creates the group (class, key, tags) and the stream; what exists already counts as accepted. */
  create(destination: Destination): Promise<Outcome>;
}

export interface EncodedBody {
  readonly bytes: Uint8Array;
  readonly encoding: 'gzip' | null;
  /** SHA-256 of the bytes, hex, where it is known already. */
  readonly sha256?: string;
}

/** One attempt at PutMetricData: as `Endpoint`, and it never rejects either. */
export interface MetricEndpoint {
  /** @param zipped the request's body, compressed with gzip. */
  put(zipped: Buffer): Promise<Outcome>;
}
