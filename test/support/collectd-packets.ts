// Writes collectd's binary network protocol as its description has it (https://collectd.org/wiki/index.php/Binary_protocol). It shares
// nothing with what reads it.
import { createCipheriv, createHash, createHmac } from 'node:crypto';

/** Counters and derives are whole numbers of 64 bits. */
export type SentValue =
  | { readonly kind: 'counter' | 'absolute' | 'derive'; readonly value: bigint }
  | { readonly kind: 'gauge'; readonly value: number };

/** What is undefined is not sent. Times and intervals: seconds, or 2^-30 seconds where `hr`. */
export interface SentList {
  readonly host?: string | undefined;
  readonly time?: { readonly hr: boolean; readonly ticks: bigint } | undefined;
  readonly interval?: { readonly hr: boolean; readonly ticks: bigint } | undefined;
  readonly plugin?: string | undefined;
  readonly pluginInstance?: string | undefined;
  readonly type?: string | undefined;
  readonly typeInstance?: string | undefined;
  readonly values: readonly SentValue[];
}

export function part(type: number, payload: Buffer): Buffer {
  const head = Buffer.alloc(4);
  head.writeUInt16BE(type, 0);
  head.writeUInt16BE(4 + payload.length, 2);
  return Buffer.concat([head, payload]);
}

const textPart = (type: number, text: string | undefined): Buffer => (text === undefined ? Buffer.alloc(0) : part(type, Buffer.from(`${text}\0`)));

function numberPart(type: number, hrType: number, number: { readonly hr: boolean; readonly ticks: bigint } | undefined): Buffer {
  if (number === undefined) return Buffer.alloc(0);
  const payload = Buffer.alloc(8);
  payload.writeBigUInt64BE(number.ticks);
  return part(number.hr ? hrType : type, payload);
}

function valuesPart(values: readonly SentValue[]): Buffer {
  const count = Buffer.alloc(2);
  count.writeUInt16BE(values.length);
  const codes = Buffer.from(values.map(({ kind }) => ({ counter: 0, gauge: 1, derive: 2, absolute: 3 })[kind]));
  const numbers = values.map((sent) => {
    const bytes = Buffer.alloc(8);
    if (sent.kind === 'gauge') bytes.writeDoubleLE(sent.value);
    else if (sent.kind === 'derive') bytes.writeBigInt64BE(sent.value);
    else bytes.writeBigUInt64BE(sent.value);
    return bytes;
  });
  return part(0x0006, Buffer.concat([count, codes, ...numbers]));
}

/** A packet without protection: the lists one after another, each with the parts it names. */
export function plainPacket(lists: readonly SentList[]): Buffer {
  return Buffer.concat(lists.flatMap((list) => [
    textPart(0x0000, list.host), numberPart(0x0001, 0x0008, list.time), numberPart(0x0007, 0x0009, list.interval),
    textPart(0x0002, list.plugin), textPart(0x0003, list.pluginInstance), textPart(0x0004, list.type), textPart(0x0005, list.typeInstance),
    valuesPart(list.values),
  ]));
}

/** A signature, and the packet behind it. */
export function signedPacket(packet: Buffer, user: string, password: string): Buffer {
  const mac = createHmac('sha256', password).update(Buffer.concat([Buffer.from(user), packet])).digest();
  return Buffer.concat([part(0x0200, Buffer.concat([mac, Buffer.from(user)])), packet]);
}

/** One part with the packet in it. */
export function encryptedPacket(packet: Buffer, user: string, password: string, iv: Buffer = Buffer.alloc(16, 7)): Buffer {
  const key = createHash('sha256').update(password).digest();
  const cipher = createCipheriv('aes-256-ofb', key, iv);
  const sealed = Buffer.concat([cipher.update(Buffer.concat([createHash('sha1').update(packet).digest(), packet])), cipher.final()]);
  const length = Buffer.alloc(2);
  length.writeUInt16BE(Buffer.byteLength(user));
  return part(0x0210, Buffer.concat([length, Buffer.from(user), iv, sealed]));
}
