import type { Outcome } from '../flow.ts';
import type { Report } from '../report/report.ts';
import { classify, wantsNewCredentials } from './classify.ts';
import type { Failure } from './classify.ts';

/** The SDK signs with the service's time from this difference on, milliseconds; the service refuses more than five minutes. */
const CLOCK_SKEW_MS = 240_000;

/**
 * An attempt that has not ended by then is let go, milliseconds: four times as long as a request may take, for credentials
 * that need requests of their own. Each request has its own limit; a program that gives credentials has none.
 */
const ATTEMPT_MS = 120_000;

/** Of a client's own settings, what attempts look at. */
interface ClientState {
  readonly systemClockOffset: number;
  readonly credentials: (options: { readonly forceRefresh: boolean }) => Promise<unknown>;
}

export interface AttemptsOptions {
  readonly report: Pick<Report, 'trouble' | 'recovered'>;
  /** The one that the client was made with. */
  readonly abandon: AbortSignal;
  /** What has the host's time, for the message about its clock. */
  readonly carries: 'events' | 'metrics';
  readonly attemptMs?: number;
}

/** Makes calls of one client, and says what became of each; credentials and the clock are looked after. */
export class Attempts {
  readonly #client: ClientState;
  readonly #o: AttemptsOptions;

  /** @param client its resolved config */
  constructor(client: ClientState, options: AttemptsOptions) {
    this.#client = client;
    this.#o = options;
  }

  /** Never rejects, and ends in time: whoever waits for it holds a slot and a body. */
  async make(call: () => Promise<Outcome>): Promise<Outcome> {
    const { attemptMs = ATTEMPT_MS } = this.#o;
    const { promise: late, resolve } = Promise.withResolvers<Outcome>();
    const timer = setTimeout(resolve, attemptMs, {
      kind: 'retry', pace: 'long', afterMs: null, ambiguous: true,
      reason: `no end of the attempt after ${attemptMs / 1000} s, which is more than its requests may take: what gives the credentials (a credential_process?) seems to hang`,
    });
    try {
      return await Promise.race([this.#make(call), late]);
    } finally {
      clearTimeout(timer);
    }
  }

  async #make(call: () => Promise<Outcome>): Promise<Outcome> {
    const client = this.#client;
    const ahead = client.systemClockOffset;
    try {
      const outcome = await call();
      this.#noteClock();
      return outcome;
    } catch (error) {
      if (this.#o.abandon.aborted) return { kind: 'aborted' };
      this.#noteClock();
      const failure = failureOf(error);
      if (wantsNewCredentials(failure.name)) {
        // The SDK does not do this by itself; a failure to renew shows at the next attempt.
        await client.credentials({ forceRefresh: true }).catch(() => undefined);
      }
      const outcome = classify(failure);
      // The answer said the right time, and the next request is signed with it: no reason to wait for a person.
      const corrected = Math.abs(client.systemClockOffset - ahead) >= CLOCK_SKEW_MS;
      return outcome.kind === 'retry' && corrected ? { ...outcome, pace: 'short' } : outcome;
    }
  }

  #noteClock(): void {
    const { report, carries } = this.#o;
    const ahead = this.#client.systemClockOffset;
    if (Math.abs(ahead) < CLOCK_SKEW_MS) { report.recovered('clock', "the clock of this host agrees with the service's again"); return; }
    const minutes = Math.round(Math.abs(ahead) / 60_000);
    report.trouble('clock', `the clock of this host is about ${minutes} minutes ${ahead > 0 ? 'behind' : 'ahead of'} the service's: requests are signed with the service's time, but ${carries} carry the host's. Set the clock (chronyd, systemd-timesyncd)`);
  }
}

/** What of an error of the SDK decides what it means. */
export function failureOf(error: unknown): Failure {
  const e = error as { name?: string; code?: string; message?: string; $metadata?: { httpStatusCode?: number }; $response?: { headers?: Record<string, string> }; isUnsent?: boolean };
  const after = e.$response?.headers?.['retry-after'];
  const seconds = after === undefined ? NaN : Number(after);
  return {
    name: e.name !== undefined && e.name !== 'Error' ? e.name : (e.code ?? 'Error'),
    // Messages of the service name the group or the action, never the content; they are cut in case one does not.
    message: (e.message ?? '').slice(0, 500),
    status: e.$metadata?.httpStatusCode ?? null,
    isUnsent: e.isUnsent === true,
    retryAfterMs: Number.isFinite(seconds) ? Math.min(seconds, 300) * 1000 : null,
  };
}
