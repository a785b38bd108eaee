// A TCP relay before a service: it can be shut and slowed down as a network is, and overhears which calls are made.
import { connect, createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { Overheard } from './overheard.ts';
import type { Arrival } from './overheard.ts';

export class Gate {
  readonly url: string;
  readonly #server: Server;
  readonly #target: URL;
  readonly #eachTime: (() => Promise<void>) | null;
  readonly #sockets = new Set<Socket>();
  readonly #observers: ((arrival: Arrival) => void)[] = [];
  readonly #errors = new Map<string, number>();
  #isShut = false;
  #made = 0;
  #delayMs = 0;

  private constructor(server: Server, target: URL, eachTime: (() => Promise<void>) | null) {
    this.#server = server;
    this.#target = target;
    this.#eachTime = eachTime;
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    server.on('connection', (near) => {
      this.#made++;
      if (this.#isShut) near.resetAndDestroy();
      else this.#relay(near);
    });
  }

  /** Relays to the host and port of `target`, at `port` of loopback, by default any free one. `eachTime` is awaited before a connection is relayed. */
  static async before(target: string, { port = 0, eachTime = null }: { readonly port?: number; readonly eachTime?: (() => Promise<void>) | null } = {}): Promise<Gate> {
    const server = createServer();
    await new Promise<void>((resolve, reject) => { server.once('error', reject).listen(port, '127.0.0.1', resolve); });
    return new Gate(server, new URL(target), eachTime);
  }

  /** Connections so far, refused ones too, and those that are open. moto closes each after its answer, so each is a request. */
  get made(): number { return this.#made; }
  get open(): number { return this.#sockets.size / 2; }

  /** Resets each new connection, until the returned function is called. What is under way is still answered. */
  shut(): () => void {
    this.#isShut = true;
    return () => { this.#isShut = false; };
  }

  /** Answers of connections made from now on come this much later, in milliseconds. */
  slow(ms: number): void { this.#delayMs = ms; }

  /** Calls back for each accepted PutLogEvents from now on, before the client has its answer. */
  observe(stored: (arrival: Arrival) => void): void { this.#observers.push(stored); }

  /** Refusals of an operation, by name. */
  errors(operation: string): Readonly<Record<string, number>> {
    const start = `${operation.toLowerCase()} `;
    return Object.fromEntries([...this.#errors].filter(([key]) => key.startsWith(start)).map(([key, count]) => [key.slice(start.length), count]));
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.resetAndDestroy();
    await new Promise((resolve) => { this.#server.close(resolve); });
  }

  #relay(near: Socket): void {
    const far = connect(Number(this.#target.port), this.#target.hostname);
    const call = new Overheard();
    near.on('data', (chunk: Buffer) => { call.asked(chunk); });
    far.once('data', (chunk: Buffer) => {
      call.answered(chunk);
      const arrival = this.#observers.length > 0 ? call.arrival() : null;
      if (arrival !== null) for (const stored of this.#observers) stored(arrival);
      far.on('data', (more: Buffer) => { call.answered(more); });
    });
    far.once('end', () => {
      if (call.status < 400) return;
      const key = `${call.operation} ${call.error}`;
      this.#errors.set(key, (this.#errors.get(key) ?? 0) + 1);
    });
    far.pause();
    for (const socket of [near, far]) {
      this.#sockets.add(socket);
      // What went wrong is told to the other end below.
      socket.setNoDelay(true).on('error', () => undefined).once('close', () => { this.#sockets.delete(socket); });
    }
    far.once('close', (hadError) => {
      if (hadError) near.destroy();
      else near.end();
    });
    // A request whose client is gone is still served, and still overheard.
    near.once('close', () => {
      far.end();
      far.resume();
    });
    if (this.#eachTime === null) near.pipe(far);
    else {
      near.pause();
      this.#eachTime().then(() => near.pipe(far), () => near.destroy());
    }
    const answer = (): void => { if (!near.destroyed) far.pipe(near); };
    if (this.#delayMs === 0) answer();
    else setTimeout(answer, this.#delayMs);
  }
}
