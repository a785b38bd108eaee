import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { TEXT } from './page.ts';
import type { Page } from './page.ts';

/** 256 bits: nobody guesses it. */
const TOKEN_BYTES = 32;
const LOOPBACK_NAME = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d+)?$/i;

/** Pages of several agents in one browser have a cookie each: to it they are one site, 127.0.0.1, since ports do not count. */
const cookieName = (token: string): string => `agent_page_${hashed(token).toString('hex').slice(0, 8)}`;
const hashed = (text: string): Buffer => createHash('sha256').update(text).digest();

/** A token that opens a page. */
export function newToken(): string {
  return randomBytes(TOKEN_BYTES).toString('base64url');
}

export interface GateOptions {
  /** What opens the page: in its URL the first time, then in a cookie that only this page gets. Null: anyone on this machine may see it. */
  readonly token: string | null;
  /** False where the page listens on loopback: then the name it is asked by must be one of this machine's own, or some other site's name was led here. */
  readonly remote: boolean;
  /** What brings a person back, said where the token is missing: the command that prints the URL. */
  readonly command: string;
}

/**
 * Who may see a page: not another site in the same browser (Sec-Fetch-Site, Origin), not one that was given this machine's
 * address (Host), and nobody without the token where there is one.
 */
export class Gate {
  readonly #options: GateOptions;

  constructor(options: GateOptions) {
    this.#options = options;
  }

  /** Null: what is asked for may be answered. Otherwise the answer: a refusal that says what to do. */
  readonly refuse = (request: IncomingMessage): Page | null => {
    const { token, remote, command } = this.#options;
    const { headers, url = '/', method } = request;
    const { host = '', origin, 'sec-fetch-site': site } = headers;
    if (!remote && !LOOPBACK_NAME.test(host)) {
      return refusal(403, `'${printable(host)}' is no name of this machine: open the page as http://127.0.0.1 with its port (through \`ssh -L\` from elsewhere)`);
    }
    const opensPage = method === 'GET' && url.split('?')[0] === '/';
    if (site !== undefined && site !== 'same-origin' && site !== 'none' && !(opensPage && headers['sec-fetch-mode'] === 'navigate')) return refusal(403, 'another site asked for this: only the page itself may');
    if (origin !== undefined && origin !== `http://${host}` && origin !== `https://${host}`) return refusal(403, 'another site asked for this: only the page itself may');
    if (token === null || isSame(cookieOf(headers.cookie, cookieName(token)), token) || isSame(tokenOf(url), token)) return null;
    return refusal(401, `this page opens with the whole URL that \`${command}\` printed, its token included`);
  };

  /** The page for who is let in: whoever came with the token gets the cookie that stands for it from now on. */
  opened(page: Page, request: IncomingMessage): Page {
    const { token } = this.#options;
    if (token === null || !isSame(tokenOf(request.url ?? '/'), token)) return page;
    return { ...page, headers: { ...page.headers, 'set-cookie': `${cookieName(token)}=${token}; Path=/; HttpOnly; SameSite=Strict` } };
  }
}

function refusal(status: number, text: string): Page {
  return { status, body: `${text}\n`, headers: TEXT };
}

/** Hashed first, so that neither content nor length shows in the time it takes. */
function isSame(given: string | null, token: string): boolean {
  return given !== null && timingSafeEqual(hashed(given), hashed(token));
}

function tokenOf(url: string): string | null {
  return new URLSearchParams(url.split('?')[1] ?? '').get('token');
}

function cookieOf(header: string | undefined, name: string): string | null {
  const prefix = `${name}=`;
  return header?.split(/; */).find((part) => part.startsWith(prefix))?.slice(prefix.length) ?? null;
}

function printable(text: string): string {
  return text.slice(0, 100).replaceAll(/[^\x20-\x7e]/g, '?');
}
