import { isUtf8 } from 'node:buffer';
import { gunzipSync, gzipSync } from 'node:zlib';

/** No config is larger: 16,384 entries with every key take half of it. Bytes of JSON. */
export const MAX_CONFIG_BYTES = 16 * 1024 * 1024;

/** Base64 of the first three bytes of every gzip stream with the deflate method (RFC 1952): no JSON begins so. */
const GZIP_IN_BASE64 = 'H4sI';
const BASE64 = /^[A-Za-z0-9+/\s]+={0,2}\s*$/;

/** The text as base64 of its gzip: how a config that is too large for a parameter is kept in one. */
export const packed = (text: string): string => gzipSync(text, { level: 9 }).toString('base64');

/** Whether a text is what `packed` makes; it may stand between white space. */
export const isPacked = (text: string): boolean => text.trimStart().startsWith(GZIP_IN_BASE64);

/** What was packed, or in `fault` why it cannot be had. */
export function unpacked(text: string): { readonly text: string } | { readonly fault: string; readonly expected: string } {
  const expected = 'JSON, or base64 of gzip of JSON as `agent config push --gzip` writes it';
  if (!BASE64.test(text.trim())) return { fault: 'this begins like base64 of gzip, but other characters than those of base64 follow', expected };
  let bytes: Buffer;
  try {
    bytes = gunzipSync(Buffer.from(text, 'base64'), { maxOutputLength: MAX_CONFIG_BYTES });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') return { fault: 'the unpacked config is too large', expected: `a config of at most ${MAX_CONFIG_BYTES} bytes` };
    return { fault: 'the gzip in it is damaged or cut off', expected };
  }
  return isUtf8(bytes) ? { text: bytes.toString() } : { fault: 'what is packed in it is not UTF-8', expected };
}
