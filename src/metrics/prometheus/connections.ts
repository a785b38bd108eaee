import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { reveal } from './access.ts';
import type { TlsPlan } from './access.ts';

/** The connections to one target; kept from one scrape to the next. */
export class Connections implements Disposable {
  readonly #tls: TlsPlan;
  readonly #http = new HttpAgent({ keepAlive: true, maxSockets: 1 });
  #https: HttpsAgent | null = null;
  #material = '';

  constructor(tls: TlsPlan) { this.#tls = tls; }

  /** The agent for a URL, with the certificates as their files are now. Throws AccessFault. */
  async prepare(): Promise<(url: URL) => HttpAgent> {
    const { ca, cert, key, serverName, insecure } = this.#tls;
    const [trusted, own, secret] = await Promise.all([ca, cert, key].map(async (part) => (part === null ? null : reveal(part))));
    const material = JSON.stringify([trusted, own, secret]);
    if (this.#https === null || material !== this.#material) {
      this.#https?.destroy();
      this.#material = material;
      this.#https = new HttpsAgent({
        keepAlive: true, maxSockets: 1, rejectUnauthorized: !insecure,
        ...(trusted ? { ca: trusted } : {}), ...(own ? { cert: own } : {}), ...(secret ? { key: secret } : {}), ...(serverName === null ? {} : { servername: serverName }),
      });
    }
    const secure = this.#https;
    return (url) => (url.protocol === 'https:' ? secure : this.#http);
  }

  [Symbol.dispose](): void {
    this.#http.destroy();
    this.#https?.destroy();
  }
}
