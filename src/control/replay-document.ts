// `POST /quarantine/replay`, and its answer, which `agent quarantine replay` prints. Types only.

export interface ReplayRequest {
  /** Records that are meant; without any of these all are. */
  readonly group?: string;
  readonly stream?: string;
  /** A part of the reason. */
  readonly reason?: string;
  /** Path of the source file. */
  readonly file?: string;
  /** Events get the nearest time the service takes. */
  readonly clamp: boolean;
  /** How long failed requests are tried again, milliseconds. */
  readonly deadlineMs: number;
}

/** Records that stay, and why they were not taken this time. */
export interface NotReplayed {
  readonly group: string;
  readonly stream: string;
  readonly reason: string;
  readonly events: number;
}

export interface ReplayReceipt {
  readonly matched: number;
  /** Accepted by the service. */
  readonly sent: number;
  readonly left: readonly NotReplayed[];
  /** Why what was sent is still in quarantine too, and would be sent twice, or null. */
  readonly notRemoved: string | null;
}
