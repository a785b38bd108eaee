// What proves who a packet is from: a signature over it, or that it is encrypted. Neither keeps a recorded packet from being sent again.
import { createDecipheriv, createHash, createHmac, timingSafeEqual } from 'node:crypto';

const IV_BYTES = 16;
/** SHA-1. */
const CHECKSUM_BYTES = 20;

/** Whether the HMAC-SHA-256 over user name and rest of the packet was made with the password. */
export function signatureHolds(signature: Buffer, password: string, user: Buffer, rest: Buffer): boolean {
  return timingSafeEqual(signature, createHmac('sha256', password).update(user).update(rest).digest());
}

/**
 * What an encryption part holds: AES-256 in OFB mode, the key is the SHA-256 of the password, the first 20 bytes are the SHA-1
 * of the rest. Null: another password, or other bytes than were sent.
 * @param sealed initial vector and encrypted bytes, 36 bytes at least
 */
export function decrypted(sealed: Buffer, password: string): Buffer | null {
  const key = createHash('sha256').update(password).digest();
  const open = createDecipheriv('aes-256-ofb', key, sealed.subarray(0, IV_BYTES)).update(sealed.subarray(IV_BYTES));
  const rest = open.subarray(CHECKSUM_BYTES);
  return timingSafeEqual(open.subarray(0, CHECKSUM_BYTES), createHash('sha1').update(rest).digest()) ? rest : null;
}
