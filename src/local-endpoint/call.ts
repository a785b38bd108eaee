import type { JsonObject } from './wire/json.ts';

/** What an operation knows about the call it answers. */
export interface Call {
  /** The service's clock, epoch milliseconds (a `skew` fault moves it). */
  readonly now: number;
  readonly region: string;
  readonly account: string;
  /** Size of the request body after decompression. */
  readonly bodyBytes: number;
  /** Further headers of the answer. */
  readonly headers: Map<string, string>;
}

/** One API operation: the parsed request in, the response out. A refusal is thrown as a ServiceError. */
export type Operation = (input: JsonObject, call: Call) => object | Promise<object>;

export type Operations = Readonly<Record<string, Operation>>;

/** A fixed account, as emulators use; ARNs need one. */
export const ACCOUNT = '000000000000';
