// What a relay overhears of one HTTP connection that carries one call of the AWS JSON protocol.
import { gunzipSync } from 'node:zlib';

/** One accepted PutLogEvents. */
export interface Arrival {
  readonly group: string;
  readonly stream: string;
  readonly messages: readonly string[];
  readonly times: readonly number[];
  /** Message bytes plus 26 for each event. */
  readonly bytes: number;
  /** performance.now() when it was stored. */
  readonly at: number;
}

export const arrivalOf = (group: string, stream: string, messages: readonly string[], times: readonly number[]): Arrival => ({
  group, stream, messages, times, at: performance.now(), bytes: messages.reduce((sum, message) => sum + Buffer.byteLength(message) + 26, 0),
});

interface PutBody { readonly logGroupName: string; readonly logStreamName: string; readonly logEvents: readonly { readonly timestamp: number; readonly message: string }[] }

const HEAD_END = Buffer.from('\r\n\r\n');

/** Head in lower case, and body. */
function parted(chunks: readonly Buffer[]): { readonly head: string; readonly body: Buffer } {
  const bytes = Buffer.concat(chunks);
  const end = bytes.indexOf(HEAD_END);
  return { head: bytes.toString('latin1', 0, end).toLowerCase(), body: bytes.subarray(end + HEAD_END.length) };
}

export class Overheard {
  readonly #asked: Buffer[] = [];
  readonly #answer: Buffer[] = [];

  asked(chunk: Buffer): void { this.#asked.push(chunk); }
  answered(chunk: Buffer): void { this.#answer.push(chunk); }

  /** In lower case, as heads are taken; empty before it is asked. */
  get operation(): string { return /^x-amz-target: *logs_20140328\.(\w+)/m.exec(parted(this.#asked).head)?.[1] ?? ''; }
  /** 0 before there is an answer. */
  get status(): number { return Number(/^http\/1\.\d (\d{3})/.exec(this.#answer[0]?.toString('latin1', 0, 16).toLowerCase() ?? '')?.[1] ?? 0); }

  /** The name of the refusal, once the answer is complete. */
  get error(): string {
    return /"__type": *"([^"]+)"/.exec(parted(this.#answer).body.toString())?.[1] ?? `HTTP ${this.status}`;
  }

  /** The body of an accepted PutLogEvents; null for any other call. */
  arrival(): Arrival | null {
    if (this.operation !== 'putlogevents' || this.status !== 200) return null;
    const { head, body } = parted(this.#asked);
    const text = /^content-encoding: *gzip/m.test(head) ? gunzipSync(body) : body;
    const { logGroupName, logStreamName, logEvents } = JSON.parse(text.toString()) as PutBody;
    return arrivalOf(logGroupName, logStreamName, logEvents.map(({ message }) => message), logEvents.map(({ timestamp }) => timestamp));
  }
}
