// A process that takes PutLogEvents as fast as Node can and says what of the generator's lines has come: which are missing,
// which came twice, which came late, which are damaged (each CHECK_EVERY-th is compared with its checksum). It stores
// nothing. Prints `LISTENING <port>`; GET /stats answers the counters.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';
import { TOKEN_BYTES, TOKEN_START, isIntact, readToken } from './line.ts';

export interface SinkStats {
  readonly requests: number;
  /** Lines seen, and different ones among them. */
  readonly lines: number;
  readonly unique: number;
  readonly doubled: number;
  /** Lines that came after a later line of their file. */
  readonly outOfOrder: number;
  readonly checked: number;
  readonly damaged: number;
  readonly wireBytes: number;
  /** Requests beyond 10,000 events. */
  readonly violations: number;
  /** Epoch milliseconds. */
  readonly firstAt: number;
  readonly lastAt: number;
  /** From the time in the line to its arrival, milliseconds; of the lines since the last reset. */
  readonly latency: { readonly p50: number; readonly p99: number; readonly max: number };
}

const CHECK_EVERY = 16;
const MOST_EVENTS = 10_000;
/** Latencies are counted by the millisecond, up to a minute. */
const MOST_MS = 60_000;
const MESSAGE = Buffer.from('"message":"');
const FIRST_CAPACITY = 1024;

class Receipt {
  readonly #seen = new Map<number, { copies: Uint8Array; highest: number }>();
  readonly #latencies = new Uint32Array(MOST_MS + 1);
  readonly #token = { file: 0, sequence: 0, epochMs: 0 };
  #measured = 0;
  requests = 0;
  lines = 0;
  unique = 0;
  outOfOrder = 0;
  checked = 0;
  damaged = 0;
  wireBytes = 0;
  violations = 0;
  firstAt = 0;
  lastAt = 0;

  take(body: Buffer): void {
    const now = Date.now();
    const before = this.lines;
    this.requests++;
    this.firstAt ||= now;
    this.lastAt = now;
    for (let at = body.indexOf(TOKEN_START); at >= 0; at = body.indexOf(TOKEN_START, at + TOKEN_BYTES)) {
      if (!readToken(body, at, this.#token)) { this.damaged++; continue; }
      this.#count(now);
      if (this.lines++ % CHECK_EVERY === 0) this.#check(body, at);
    }
    if (this.lines - before > MOST_EVENTS) this.violations++;
  }

  /** Forgets the latencies measured so far. */
  reset(): void {
    this.#latencies.fill(0);
    this.#measured = 0;
  }

  stats(): SinkStats {
    const { requests, lines, unique, outOfOrder, checked, damaged, wireBytes, violations, firstAt, lastAt } = this;
    return { requests, lines, unique, doubled: lines - unique, outOfOrder, checked, damaged, wireBytes, violations, firstAt, lastAt, latency: { p50: this.#quantile(0.5), p99: this.#quantile(0.99), max: this.#quantile(1) } };
  }

  #count(now: number): void {
    const { file, sequence, epochMs } = this.#token;
    let known = this.#seen.get(file);
    if (known === undefined) this.#seen.set(file, (known = { copies: new Uint8Array(FIRST_CAPACITY), highest: -1 }));
    if (sequence >= known.copies.length) {
      const larger = new Uint8Array(Math.max(2 * known.copies.length, sequence + 1));
      larger.set(known.copies);
      known.copies = larger;
    }
    if (known.copies[sequence] === 0) {
      known.copies[sequence] = 1;
      this.unique++;
      if (sequence < known.highest) this.outOfOrder++;
    }
    if (sequence > known.highest) known.highest = sequence;
    this.#latencies[Math.min(MOST_MS, Math.max(0, now - epochMs))]!++;
    this.#measured++;
  }

  #check(body: Buffer, at: number): void {
    const from = body.lastIndexOf(MESSAGE, at) + MESSAGE.length - 1;
    this.checked++;
    try {
      if (!isIntact(JSON.parse(body.toString('utf8', from, at + TOKEN_BYTES + 1)) as string)) this.damaged++;
    } catch {
      this.damaged++;
    }
  }

  #quantile(q: number): number {
    let left = Math.ceil(q * this.#measured);
    for (let ms = 0; ms <= MOST_MS; ms++) {
      left -= this.#latencies[ms]!;
      if (left <= 0) return ms;
    }
    return 0;
  }
}

if (import.meta.main) {
  const receipt = new Receipt();
  const server = createServer({ keepAliveTimeout: 60_000, noDelay: true }, (request, response) => {
    const pieces: Buffer[] = [];
    request.on('data', (piece: Buffer) => { pieces.push(piece); });
    request.on('end', () => {
      let body = Buffer.from('{}');
      if (request.url === '/stats') body = Buffer.from(JSON.stringify(receipt.stats()));
      else if (request.url === '/reset') receipt.reset();
      else if (request.headers['x-amz-target'] === 'Logs_20140328.PutLogEvents') {
        const wire = Buffer.concat(pieces);
        receipt.wireBytes += wire.length;
        receipt.take(request.headers['content-encoding'] === 'gzip' ? gunzipSync(wire) : wire);
      }
      response.writeHead(200, { 'content-type': 'application/x-amz-json-1.1', 'x-amzn-requestid': '00000000-0000-0000-0000-000000000000', 'content-length': body.length }).end(body);
    });
  });
  server.listen(0, '127.0.0.1', () => console.log(`LISTENING ${(server.address() as AddressInfo).port}`));
  process.once('SIGTERM', () => { server.close(); server.closeAllConnections(); });
}
