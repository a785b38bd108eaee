import type { Report } from '../../report/report.ts';
import { openDatagrams } from '../sockets/datagrams.ts';
import { KernelDrops } from '../sockets/kernel-drops.ts';
import { addressText } from '../../metrics-plan.ts';
import type { NetAddress, Opened } from '../sockets/listening.ts';
import { LineBuffer } from './line-buffer.ts';
import { MAX_LINE, bytesOf } from './line-sink.ts';
import type { LineSink } from './line-sink.ts';

/** Asked of the kernel for datagrams that wait to be read; it gives at most net.core.rmem_max. */
const RECEIVE_BYTES = 4_194_304;
/** The kernel is asked this often what it dropped. */
const COUNT_MS = 1_000;

/** Takes datagrams of one or more lines. Who sends them cannot be made to wait: what finds no room is lost, and counted. */
export class DatagramListener implements AsyncDisposable {
  readonly #opened: Opened;
  readonly #counting: NodeJS.Timeout;

  private constructor(opened: Opened, count: () => Promise<void>) {
    this.#opened = opened;
    this.#counting = setInterval(() => { void count(); }, COUNT_MS);
  }

  /** Rejects with the system's error when the address cannot be had. */
  static async open(at: NetAddress, sink: LineSink, report: Pick<Report, 'note'>): Promise<DatagramListener> {
    const name = addressText(at);
    const drops = new KernelDrops();
    const count = async (): Promise<void> => {
      const dropped = await drops.read();
      if (dropped > 0) sink.lost('kernel-full', dropped, 0, name);
    };
    const datagram = (bytes: Buffer): void => {
      const lines = new LineBuffer(MAX_LINE);
      const left = sink.take([...lines.push(bytes), ...lines.end()]);
      if (left.length > 0) sink.lost('spool-full', left.length, bytesOf(left), name);
    };
    return new DatagramListener(await openDatagrams(at, { datagram, beforeClose: count }, { who: 'emf', receiveBytes: RECEIVE_BYTES, drops, report }), count);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#counting);
    await this.#opened[Symbol.asyncDispose]();
  }
}
