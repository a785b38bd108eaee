import type { Socket } from 'node:net';
import { LineBuffer } from './line-buffer.ts';
import { MAX_LINE, bytesOf } from './line-sink.ts';
import type { LineSink } from './line-sink.ts';

/** Of what all connections of a listener hold: unfinished lines, and those that wait for room. */
const MAX_HELD_BYTES = 33_554_432;

/** How much a listener's connections hold. */
export class LineMemory {
  #used = 0;
  get isExceeded(): boolean { return this.#used > MAX_HELD_BYTES; }
  add(bytes: number): void { this.#used += bytes; }
}

/**
 * One sender over TCP or a unix socket. What was read of it is in a file before more is read: it holds one read and an
 * unfinished line at most.
 */
export class Connection {
  readonly #socket: Socket;
  readonly #name: string;
  readonly #sink: LineSink;
  readonly #memory: LineMemory;
  readonly #lines = new LineBuffer(MAX_LINE);
  /** Of it, in #memory. */
  #counted = 0;
  /** Read, and not taken yet. */
  #left: readonly Buffer[] = [];
  #ended = false;

  constructor(socket: Socket, name: string, sink: LineSink, memory: LineMemory) {
    this.#socket = socket;
    this.#name = name;
    this.#sink = sink;
    this.#memory = memory;
    socket.on('data', (chunk: Buffer) => { this.#take(this.#lines.push(chunk)); });
    socket.on('end', () => {
      this.#ended = true;
      this.#take(this.#lines.end());
    });
    // A sender that goes away is its own affair: what it sent in whole lines was taken.
    socket.on('error', () => {});
    socket.on('close', () => {
      // What it was refused waits for room without it, as long as that is not too much.
      if (this.#memory.isExceeded) this.end();
      else this.#loseUnfinished();
    });
  }

  /** Reads no further; what is not in a file by now is lost, and counted. */
  end(): void {
    this.#left = this.#sink.take(this.#left);
    if (this.#left.length > 0) this.#sink.lost('spool-full', this.#left.length, bytesOf(this.#left), this.#name);
    this.#left = [];
    this.#loseUnfinished();
    this.#socket.destroy();
  }

  #take(lines: readonly Buffer[]): void {
    const { lines: tooLong, bytes } = this.#lines.takeTooLong();
    if (tooLong > 0) this.#sink.lost('too-long', tooLong, bytes, this.#name);
    this.#left = this.#sink.take(this.#left.length === 0 ? lines : [...this.#left, ...lines]);
    this.#count();
    if (this.#left.length > 0) this.#wait();
    else if (this.#ended) this.#socket.end();
    else if (this.#memory.isExceeded) this.end();
    else this.#socket.resume();
  }

  #wait(): void {
    this.#socket.pause();
    this.#sink.whenRoom(() => { this.#take([]); });
  }

  #loseUnfinished(): void {
    const bytes = this.#lines.held;
    this.#lines.end();
    if (bytes > 0) this.#sink.lost('unfinished', 1, bytes, this.#name);
    this.#count();
  }

  #count(): void {
    const held = this.#lines.held + bytesOf(this.#left);
    this.#memory.add(held - this.#counted);
    this.#counted = held;
  }
}
