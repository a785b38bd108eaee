import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { ServiceError } from '../service-error.ts';

export interface KeyPair { readonly accessKeyId: string; readonly secretAccessKey: string }

/** The service refuses signatures further than this from its clock. */
export const MAX_CLOCK_SKEW_MS = 5 * 60_000;

interface Authorization { readonly accessKeyId: string; readonly scope: string; readonly signedHeaders: readonly string[]; readonly signature: string }

const AUTHORIZATION = /^AWS4-HMAC-SHA256\s+Credential=([^/,\s]+)\/(\d{8}\/[^/]+\/[^/]+\/aws4_request),\s*SignedHeaders=([^,\s]+),\s*Signature=([0-9a-f]{64})$/;

function parseAuthorization(header: string): Authorization {
  const [, accessKeyId, scope, signedHeaders, signature] = AUTHORIZATION.exec(header.trim()) ?? [];
  if (accessKeyId === undefined || scope === undefined || signedHeaders === undefined || signature === undefined) {
    throw new ServiceError('IncompleteSignatureException', 'Authorization header must be AWS4-HMAC-SHA256 with Credential, SignedHeaders and Signature.');
  }
  return { accessKeyId, scope, signedHeaders: signedHeaders.split(';'), signature };
}

function sha256(bytes: Buffer | string): string {
  return createHash('sha256').update(bytes).digest('hex');
}

function hmac(key: Buffer | string, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}

/** 20261121T041500Z to epoch milliseconds; NaN if it is not such a date. */
function parseAmzDate(text: string): number {
  const [, y, mo, d, h, mi, s] = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(text) ?? [];
  return y === undefined ? Number.NaN : Date.parse(`${y}-${mo}-${d}T${h}:${mi}:${s}Z`);
}

function amzDate(ms: number): string {
  return new Date(ms).toISOString().replaceAll(/[-:]|\.\d{3}/g, '');
}

function checkClock(date: string, now: number): void {
  const at = parseAmzDate(date);
  if (Number.isNaN(at)) throw new ServiceError('IncompleteSignatureException', 'Date must be in ISO-8601 basic format in the x-amz-date header.');
  const early = now - MAX_CLOCK_SKEW_MS;
  const late = now + MAX_CLOCK_SKEW_MS;
  if (at < early - 999) throw invalid(`Signature expired: ${date} is now earlier than ${amzDate(early)} (${amzDate(now)} - 5 min.)`);
  if (at > late + 999) throw invalid(`Signature not yet current: ${date} is still later than ${amzDate(late)} (${amzDate(now)} + 5 min.)`);
}

function invalid(message: string): ServiceError {
  return new ServiceError('InvalidSignatureException', message);
}

function canonicalQuery(query: string): string {
  const pairs = [...new URLSearchParams(query)].map(([k, v]) => `${encodeURIComponent(k)}=${encodeURIComponent(v)}`);
  return pairs.sort().join('&');
}

/**
 * Verifies SigV4 over the bytes on the wire, with the list of headers the client says it signed; `now` is the
 * service's clock (epoch milliseconds). Throws the service's own refusals.
 */
export function verifySignature(request: IncomingMessage, wire: Buffer, keys: KeyPair, now: number): void {
  const header = request.headers.authorization;
  if (header === undefined) throw new ServiceError('MissingAuthenticationTokenException', 'Missing Authentication Token');
  const { accessKeyId, scope, signedHeaders, signature } = parseAuthorization(header);
  if (accessKeyId !== keys.accessKeyId) throw new ServiceError('UnrecognizedClientException', 'The security token included in the request is invalid.');
  const date = String(request.headers['x-amz-date'] ?? '');
  checkClock(date, now);
  for (const needed of ['host', 'x-amz-date']) {
    if (!signedHeaders.includes(needed)) throw invalid(`'${needed}' must be a 'SignedHeader' in the AWS Authorization.`);
  }
  const claimed = request.headers['x-amz-content-sha256'];
  const actual = sha256(wire);
  const [path = '/', query = ''] = (request.url ?? '/').split('?');
  const canonical = [
    request.method ?? 'POST', path, canonicalQuery(query),
    ...signedHeaders.map((name) => `${name}:${String(request.headers[name] ?? '').trim().replaceAll(/\s+/g, ' ')}`),
    '', signedHeaders.join(';'), actual,
  ].join('\n');
  const [day = '', region = '', service = ''] = scope.split('/');
  const key = hmac(hmac(hmac(hmac(`AWS4${keys.secretAccessKey}`, day), region), service), 'aws4_request');
  const expected = hmac(key, ['AWS4-HMAC-SHA256', date, scope, sha256(canonical)].join('\n'));
  const genuine = timingSafeEqual(expected, Buffer.from(signature, 'hex'));
  if (!genuine || (claimed !== undefined && claimed !== actual) || !date.startsWith(day)) {
    throw invalid('The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.');
  }
}
