import { createHash } from 'node:crypto';
import { invalidParameter } from '../service-error.ts';

/** Paging tokens of every service are good for 24 hours. */
export const TOKEN_LIFE_MS = 24 * 3_600_000;

function seal(text: string): string {
  return createHash('sha256').update(text).digest('base64url').slice(0, 12);
}

/** An opaque paging token that says where to go on; it is good for 24 hours and for the same question (`purpose`) only. */
export function issueToken(position: string, purpose: string, now: number): string {
  const body = Buffer.from(JSON.stringify([now, position])).toString('base64url');
  return `${body}.${seal(`${body} ${purpose}`)}`;
}

/** The position in a token of ours. Throws `refuse` if it is not ours, of another question, or expired. */
export function redeemToken(token: string, purpose: string, now: number, refuse: (message: string) => Error = invalidParameter): string {
  const [body = '', check = ''] = token.split('.');
  if (check !== seal(`${body} ${purpose}`)) throw refuse('The specified nextToken is invalid.');
  const [issued, position] = JSON.parse(Buffer.from(body, 'base64url').toString()) as [number, string];
  if (now - issued > TOKEN_LIFE_MS) throw refuse('The specified nextToken has expired.');
  return position;
}
