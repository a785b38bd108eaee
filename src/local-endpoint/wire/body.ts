import type { IncomingMessage } from 'node:http';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { ServiceError, serialization } from '../service-error.ts';

const inflate = promisify(gunzip);

/**
 * Largest body, on the wire and inflated: a full batch whose every byte is escaped as \u00XX (6 × 1,048,576) and the
 * JSON around 10,000 events (10,000 × 64) fit in 8 MiB. The service's own bound is not documented.
 */
export const MAX_BODY_BYTES = 8 * 1024 * 1024;

function tooLarge(): ServiceError {
  return new ServiceError('RequestEntityTooLargeException', `Request body larger than ${MAX_BODY_BYTES} bytes`, 413, { connection: 'close' });
}

/** The bytes of the body as they came. Throws a 413 ServiceError as soon as they exceed MAX_BODY_BYTES. */
export async function readWireBody(request: IncomingMessage): Promise<Buffer> {
  if (Number(request.headers['content-length'] ?? 0) > MAX_BODY_BYTES) throw tooLarge();
  const parts: Buffer[] = [];
  let length = 0;
  // Not destroyed when we stop early: the connection must still carry the refusal.
  for await (const part of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    length += part.length;
    if (length > MAX_BODY_BYTES) throw tooLarge();
    parts.push(part);
  }
  return parts.length === 1 ? (parts[0] ?? Buffer.alloc(0)) : Buffer.concat(parts, length);
}

/** Undoes `content-encoding`: gzip or nothing. The inflated size is bounded by MAX_BODY_BYTES. */
export async function decodeBody(wire: Buffer, encoding: string | undefined): Promise<Buffer> {
  if (encoding === undefined || encoding === '' || encoding === 'identity') return wire;
  if (encoding !== 'gzip') throw serialization(`Unsupported content-encoding '${encoding}': send gzip or none`);
  try {
    return await inflate(wire, { maxOutputLength: MAX_BODY_BYTES });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') throw tooLarge();
    throw serialization('The request body is not valid gzip');
  }
}
