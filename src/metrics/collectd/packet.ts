// collectd's binary network protocol: https://collectd.org/wiki/index.php/Binary_protocol. A packet is a row of parts: type (2 bytes),
// length with this head (2 bytes), payload. Numbers are big endian, but for gauges.
import type { CollectdPlan } from '../../metrics-plan.ts';
import { decrypted, signatureHolds } from './proof.ts';
import { freshState } from './value-list.ts';
import type { CollectedValue, ListState, ValueKind, ValueList } from './value-list.ts';

export const PART_HEAD_BYTES = 4;
export const PART = {
  host: 0x0000, time: 0x0001, plugin: 0x0002, pluginInstance: 0x0003, type: 0x0004, typeInstance: 0x0005, values: 0x0006, interval: 0x0007,
  timeHr: 0x0008, intervalHr: 0x0009, message: 0x0100, severity: 0x0101, signature: 0x0200, encryption: 0x0210,
} as const;

const NUMBER_BYTES = 8;
/** A value: its kind (1 byte), and 8 bytes. */
const VALUE_BYTES = 1 + NUMBER_BYTES;
/** By the code of the kind. */
const KINDS: readonly ValueKind[] = ['counter', 'gauge', 'derive', 'absolute'];
/** A high-resolution number counts in 2^-30 seconds. */
const HR_PER_SECOND = 2 ** 30;

type Security = CollectdPlan['security'];
const RANK: Readonly<Record<Security, number>> = { none: 0, sign: 1, encrypt: 2 };

/** Why nothing of a packet is taken. */
export type PacketFault = 'malformed' | 'unknown-user' | 'wrong-signature' | 'wrong-password' | 'not-signed' | 'not-encrypted' | 'signed-on-stream';

/** @property notifications messages for people, which are no metrics */
export type PacketRead =
  | { readonly fault: null; readonly lists: readonly ValueList[]; readonly notifications: number }
  /** @property user who the packet says it is from; null: it does not say */
  | { readonly fault: PacketFault; readonly user: string | null };

export interface PacketRules {
  readonly security: Security;
  /** The password of a user; null: unknown. */
  readonly password: (user: string) => string | null;
  /**
   * On a stream: what was said before these bytes. There packets have no end of their own: one begins with its host, and a
   * signature, which is over the rest of its packet, cannot be checked.
   */
  readonly stream?: ListState;
}

class Refused extends Error {
  readonly fault: PacketFault;
  readonly user: string | null;
  constructor(fault: PacketFault, user: string | null = null) {
    super(fault);
    this.fault = fault;
    this.user = user;
  }
}

/** Reads a packet, or whole parts of a stream. Never throws: a packet is taken as a whole or refused as a whole. */
export function readPacket(bytes: Buffer, rules: PacketRules): PacketRead {
  const reader = new PacketReader(rules);
  try {
    reader.read(bytes, 'none', rules.stream ?? freshState());
    return { fault: null, lists: reader.lists, notifications: reader.notifications };
  } catch (error) {
    if (error instanceof Refused) return { fault: error.fault, user: error.user };
    throw error;
  }
}

class PacketReader {
  readonly #rules: PacketRules;
  readonly lists: ValueList[] = [];
  notifications = 0;

  constructor(rules: PacketRules) { this.#rules = rules; }

  /** @param proof what is known of these bytes */
  read(bytes: Buffer, proof: Security, state: ListState): void {
    for (let at = 0; at < bytes.length;) {
      const end = at + partLength(bytes, at);
      const payload = bytes.subarray(at + PART_HEAD_BYTES, end);
      switch (bytes.readUInt16BE(at)) {
        case PART.host:
          if (this.#rules.stream !== undefined && proof === 'none') Object.assign(state, freshState());
          state.host = text(payload);
          break;
        case PART.plugin: state.plugin = text(payload); break;
        case PART.pluginInstance: state.pluginInstance = text(payload); break;
        case PART.type: state.type = text(payload); break;
        case PART.typeInstance: state.typeInstance = text(payload); break;
        case PART.time: state.time = number(payload) * 1_000; break;
        case PART.timeHr: state.time = Math.round((number(payload) / HR_PER_SECOND) * 1_000); break;
        case PART.interval: state.intervalMs = number(payload) * 1_000; break;
        case PART.intervalHr: state.intervalMs = Math.round((number(payload) / HR_PER_SECOND) * 1_000); break;
        case PART.values: this.#values(payload, proof, state); break;
        case PART.message: this.notifications++; break;
        case PART.signature:
          if (proof !== 'none') throw new Refused('malformed');
          if (this.#signed(payload, bytes.subarray(end))) { this.read(bytes.subarray(end), 'sign', state); return; }
          break;
        case PART.encryption:
          if (proof === 'encrypt') throw new Refused('malformed');
          this.read(this.#decrypted(payload), 'encrypt', freshState());
          break;
        default: // Parts that are not known are passed over: so the protocol grows.
      }
      at = end;
    }
  }

  #values(payload: Buffer, proof: Security, state: ListState): void {
    const { security } = this.#rules;
    if (RANK[proof] < RANK[security]) throw new Refused(security === 'encrypt' ? 'not-encrypted' : 'not-signed');
    const values = valuesOf(payload);
    if (state.plugin === '' || state.type === '') throw new Refused('malformed');
    this.lists.push({ ...state, values });
  }

  /** Whether the signature proves the rest. Where no proof is asked for, one that cannot be checked proves nothing; a wrong one is refused. */
  #signed(payload: Buffer, rest: Buffer): boolean {
    const { security, stream } = this.#rules;
    const signature = payload.subarray(0, SIGNATURE_BYTES);
    const user = payload.subarray(SIGNATURE_BYTES);
    if (user.length === 0) throw new Refused('malformed');
    if (stream !== undefined) {
      if (security === 'none') return false;
      throw new Refused('signed-on-stream', user.toString());
    }
    const password = this.#rules.password(user.toString());
    if (password === null) {
      if (security === 'none') return false;
      throw new Refused('unknown-user', user.toString());
    }
    if (!signatureHolds(signature, password, user, rest)) throw new Refused('wrong-signature', user.toString());
    return true;
  }

  #decrypted(payload: Buffer): Buffer {
    const userLength = payload.length < 2 ? 0 : payload.readUInt16BE(0);
    const user = payload.subarray(2, 2 + userLength);
    const sealed = payload.subarray(2 + userLength);
    if (userLength === 0 || sealed.length < SEALED_HEAD_BYTES) throw new Refused('malformed');
    const password = this.#rules.password(user.toString());
    if (password === null) throw new Refused('unknown-user', user.toString());
    const open = decrypted(sealed, password);
    if (open === null) throw new Refused('wrong-password', user.toString());
    return open;
  }
}

/** HMAC-SHA-256. */
const SIGNATURE_BYTES = 32;
/** The initial vector of AES (16), and the SHA-1 of what follows (20). */
const SEALED_HEAD_BYTES = 36;

/** Length of the part that begins at `at`, its head included. */
function partLength(bytes: Buffer, at: number): number {
  const left = bytes.length - at;
  if (left < PART_HEAD_BYTES) throw new Refused('malformed');
  const length = bytes.readUInt16BE(at + 2);
  if (length < PART_HEAD_BYTES || length > left) throw new Refused('malformed');
  return length;
}

/** Without the NUL at its end. */
function text(payload: Buffer): string {
  const end = payload.indexOf(0);
  if (end === -1 || end !== payload.length - 1) throw new Refused('malformed');
  return payload.toString('utf8', 0, end);
}

function number(payload: Buffer): number {
  if (payload.length !== NUMBER_BYTES) throw new Refused('malformed');
  return unsigned(payload, 0);
}

/** The nearest double: the first summand is exact, so that it is rounded once. */
const unsigned = (bytes: Buffer, at: number): number => bytes.readUInt32BE(at) * 2 ** 32 + bytes.readUInt32BE(at + 4);

function valuesOf(payload: Buffer): readonly CollectedValue[] {
  const count = payload.length < 2 ? 0 : payload.readUInt16BE(0);
  if (count === 0 || payload.length !== 2 + count * VALUE_BYTES) throw new Refused('malformed');
  return Array.from({ length: count }, (_, index) => {
    const kind = KINDS[payload[2 + index]!];
    if (kind === undefined) throw new Refused('malformed');
    return { kind, value: valueOf(kind, payload, 2 + count + index * NUMBER_BYTES) };
  });
}

function valueOf(kind: ValueKind, bytes: Buffer, at: number): number {
  switch (kind) {
    case 'gauge': return bytes.readDoubleLE(at);
    case 'derive': return bytes.readInt32BE(at) * 2 ** 32 + bytes.readUInt32BE(at + 4);
    case 'counter': case 'absolute': return unsigned(bytes, at);
    default: kind satisfies never; return kind;
  }
}
