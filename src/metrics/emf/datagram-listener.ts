import { createSocket } from 'node:dgram';
import type { Socket } from 'node:dgram';
import { once } from 'node:events';
import { isIPv6 } from 'node:net';
import { LineBuffer } from './line-buffer.ts';
import { MAX_LINE, bytesOf } from './line-sink.ts';
import type { LineSink } from './line-sink.ts';

/** Asked of the kernel for datagrams that wait to be read; it gives at most net.core.rmem_max. */
const RECEIVE_BYTES = 4_194_304;

/** Takes datagrams of one or more lines. Who sends them cannot be made to wait: what finds no room is lost, and counted. */
export class DatagramListener implements AsyncDisposable {
  readonly #socket: Socket;
  readonly #sink: LineSink;
  readonly #name: string;

  private constructor(socket: Socket, name: string, sink: LineSink) {
    this.#socket = socket;
    this.#sink = sink;
    this.#name = name;
    socket.on('message', (datagram) => { this.#take(datagram); });
  }

  /** Rejects with the system's error when the address cannot be had. @param name the address, for messages */
  static async open(host: string, port: number, name: string, sink: LineSink): Promise<DatagramListener> {
    const socket = createSocket({ type: isIPv6(host) ? 'udp6' : 'udp4', ipv6Only: isIPv6(host), recvBufferSize: RECEIVE_BYTES });
    try {
      socket.bind(port, host);
      await once(socket, 'listening');
    } catch (error) {
      socket.close();
      throw error;
    }
    // What a datagram to a closed port of a peer answers is no fault of the listener.
    socket.on('error', () => {});
    return new DatagramListener(socket, name, sink);
  }

  #take(datagram: Buffer): void {
    const lines = new LineBuffer(MAX_LINE);
    const left = this.#sink.take([...lines.push(datagram), ...lines.end()]);
    if (left.length > 0) this.#sink.lost('spool-full', left.length, bytesOf(left), this.#name);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#socket.close();
    await once(this.#socket, 'close');
  }
}
