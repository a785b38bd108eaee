import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { readPacket } from '../../../../src/metrics/collectd/packet.ts';
import type { PacketRead, PacketRules } from '../../../../src/metrics/collectd/packet.ts';
import { StreamParts } from '../../../../src/metrics/collectd/stream-parts.ts';
import type { ValueList } from '../../../../src/metrics/collectd/value-list.ts';
import { freshState } from '../../../../src/metrics/collectd/value-list.ts';
import { encryptedPacket, part, plainPacket, signedPacket } from '../../../support/collectd-packets.ts';
import type { SentList, SentValue } from '../../../support/collectd-packets.ts';

const LEVELS = ['none', 'sign', 'encrypt'] as const;
const rules = (security: PacketRules['security'] = 'none', passwords: Readonly<Record<string, string>> = { ann: 'secret', bob: 'other' }): PacketRules => ({
  security, password: (user) => (Object.hasOwn(passwords, user) ? passwords[user]! : null),
});
const faultOf = (read: PacketRead): string | null => read.fault;

/** Without NUL, which ends a text. */
const text = fc.string({ unit: 'binary', maxLength: 40 }).map((one) => Buffer.from(one.replaceAll('\0', '')).toString());
const name = text.filter((one) => one !== '');
const ticks = fc.record({ hr: fc.boolean(), ticks: fc.bigInt({ min: 0n, max: 2n ** 63n }) });
const value: fc.Arbitrary<SentValue> = fc.oneof(
  fc.record({ kind: fc.constantFrom('counter' as const, 'absolute' as const), value: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }) }),
  fc.record({ kind: fc.constant('derive' as const), value: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }) }),
  fc.record({ kind: fc.constant('gauge' as const), value: fc.double() }),
);
const values = fc.array(value, { minLength: 1, maxLength: 5 });
const more = { host: fc.option(text, { nil: undefined }), time: fc.option(ticks, { nil: undefined }), interval: fc.option(ticks, { nil: undefined }), pluginInstance: fc.option(text, { nil: undefined }), typeInstance: fc.option(text, { nil: undefined }), values };
const lists: fc.Arbitrary<readonly SentList[]> = fc.tuple(
  fc.record({ ...more, plugin: name, type: name }),
  fc.array(fc.record({ ...more, plugin: fc.option(name, { nil: undefined }), type: fc.option(name, { nil: undefined }) }), { maxLength: 3 }),
).map(([first, rest]) => [first, ...rest]);

const milliseconds = (sent: SentList['time']): number | null => (sent === undefined ? null : sent.hr ? Math.round((Number(sent.ticks) / 2 ** 30) * 1_000) : Number(sent.ticks) * 1_000);
/** What a packet means: what a list does not say is as the one before it said. */
function meant(sent: readonly SentList[]): readonly ValueList[] {
  const said = { host: '', plugin: '', pluginInstance: '', type: '', typeInstance: '', time: null as number | null, intervalMs: null as number | null };
  return sent.map((list) => {
    for (const key of ['host', 'plugin', 'pluginInstance', 'type', 'typeInstance'] as const) said[key] = list[key] ?? said[key];
    said.time = milliseconds(list.time) ?? said.time;
    said.intervalMs = milliseconds(list.interval) ?? said.intervalMs;
    return { ...said, values: list.values.map((one) => ({ kind: one.kind, value: Number(one.value) })) };
  });
}

test('any packet, plain, signed or encrypted, reads as what was sent', () => {
  fc.assert(fc.property(lists, fc.constantFrom(...LEVELS), (sent, security) => {
    const plain = plainPacket(sent);
    const packet = { none: () => plain, sign: () => signedPacket(plain, 'ann', 'secret'), encrypt: () => encryptedPacket(plain, 'ann', 'secret') }[security]();
    const read = readPacket(packet, rules(security));
    assert.ok(read.fault === null);
    assert.deepEqual(read.lists, meant(sent));
  }), { numRuns: 300 });
});

test('a packet written down by hand from the description of the protocol reads as the numbers in it', () => {
  // "h", 2^-30 s, "cpu", "0", "cpu", "idle", a derive of -2 and a gauge of 1.5.
  const hex = '0000000668 00 0008000c 15b7a3a000000000 0002000863707500 000300063000 0004000863707500 0005000969646c6500 00060018 0002 0201 fffffffffffffffe 000000000000f83f'.replaceAll(' ', '');
  const read = readPacket(Buffer.from(hex, 'hex'), rules());
  assert.ok(read.fault === null);
  assert.deepEqual(read.lists, [{
    host: 'h', plugin: 'cpu', pluginInstance: '0', type: 'cpu', typeInstance: 'idle', time: 0x15b7a3a0 * 4_000, intervalMs: null,
    values: [{ kind: 'derive', value: -2 }, { kind: 'gauge', value: 1.5 }],
  }]);
});

test('any bytes are read or refused, never thrown at, whatever protection is asked for', () => {
  const bytes = fc.uint8Array({ maxLength: 200 }).map((one) => Buffer.from(one));
  // Parts whose lengths are right and whose contents are anything.
  const parts = fc.array(fc.tuple(fc.constantFrom(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0x100, 0x101, 0x200, 0x210, 0x7777), fc.uint8Array({ maxLength: 60 })), { maxLength: 6 })
    .map((many) => Buffer.concat(many.map(([type, payload]) => part(type, Buffer.from(payload)))));
  fc.assert(fc.property(fc.oneof(bytes, parts), fc.constantFrom(...LEVELS), fc.boolean(), (packet, security, stream) => {
    const read = readPacket(packet, stream ? { ...rules(security), stream: freshState() } : rules(security));
    assert.ok(read.fault !== null || security === 'none' || read.lists.length === 0);
  }), { numRuns: 1_000 });
});

test('a signed or an encrypted packet in which any one bit is another one is refused', () => {
  const plain = plainPacket([{ host: 'web-1', time: { hr: true, ticks: 1n << 60n }, plugin: 'load', type: 'load', values: [{ kind: 'gauge', value: 0.5 }, { kind: 'derive', value: 3n }] }]);
  for (const [security, packet] of [['sign', signedPacket(plain, 'ann', 'secret')], ['encrypt', encryptedPacket(plain, 'ann', 'secret')], ['sign', encryptedPacket(plain, 'ann', 'secret')]] as const) {
    assert.equal(readPacket(packet, rules(security)).fault, null);
    for (let bit = 0; bit < packet.length * 8; bit++) {
      const other = Buffer.from(packet);
      other[bit >> 3]! ^= 1 << (bit & 7);
      const read = readPacket(other, rules(security));
      assert.ok(read.fault !== null || read.lists.length === 0, `bit ${bit} of a packet for ${security}`);
    }
  }
});

test('a packet that ends anywhere but between its parts is refused, and nothing of it is taken', () => {
  const plain = plainPacket([{ host: 'h', plugin: 'load', type: 'load', values: [{ kind: 'gauge', value: 1 }] }]);
  const ends = new Set([0]);
  for (let at = 0; at < plain.length; at += plain.readUInt16BE(at + 2)) ends.add(at);
  for (let end = 0; end < plain.length; end++) assert.equal(readPacket(plain.subarray(0, end), rules()).fault, ends.has(end) ? null : 'malformed', `${end}`);
});

test('parts whose contents are not what their type says refuse the packet', () => {
  const values = (hex: string): Buffer => Buffer.concat([plainPacket([{ host: 'h', plugin: 'load', type: 'load', values: [{ kind: 'gauge', value: 1 }] }]), part(6, Buffer.from(hex, 'hex'))]);
  for (const [what, packet] of [
    ['a text without an end', part(0, Buffer.from('h'))], ['an empty text', part(0, Buffer.alloc(0))], ['a text with two ends', part(2, Buffer.from('a\0b\0'))],
    ['a short number', part(1, Buffer.alloc(7))], ['a long number', part(9, Buffer.alloc(9))], ['no values', values('0000')], ['fewer values than are said', values('0002 01 01 0000000000000000'.replaceAll(' ', ''))],
    ['values of a fifth kind', values('0001040000000000000000')], ['values of no plugin', plainPacket([{ host: 'h', type: 'load', values: [{ kind: 'gauge', value: 1 }] }])], ['values of no type', plainPacket([{ host: 'h', plugin: 'load', values: [{ kind: 'gauge', value: 1 }] }])],
    ['a signature of nobody', part(0x200, Buffer.alloc(32))], ['half a signature', part(0x200, Buffer.alloc(9))], ['encrypted bytes of nobody', part(0x210, Buffer.alloc(60))], ['no encrypted bytes', part(0x210, Buffer.from('0003616e6e', 'hex'))],
  ] as const) assert.equal(readPacket(packet, rules()).fault, 'malformed', what);
});

test('each level takes what proves as much or more, and names what is missing', () => {
  const plain = plainPacket([{ host: 'h', plugin: 'load', type: 'load', values: [{ kind: 'gauge', value: 1 }] }]);
  const packets = [plain, signedPacket(plain, 'ann', 'secret'), encryptedPacket(plain, 'ann', 'secret')];
  const faults = (security: PacketRules['security'], from: readonly Buffer[] = packets): readonly (string | null)[] => from.map((packet) => faultOf(readPacket(packet, rules(security))));
  assert.deepEqual(faults('none'), [null, null, null]);
  assert.deepEqual(faults('sign'), ['not-signed', null, null]);
  assert.deepEqual(faults('encrypt'), ['not-encrypted', 'not-encrypted', null]);
  const strange = [signedPacket(plain, 'eve', 'x'), encryptedPacket(plain, 'eve', 'x'), signedPacket(plain, 'bob', 'secret'), encryptedPacket(plain, 'bob', 'secret')];
  // Without proof asked for, a signature nobody here can check is no proof; a wrong one is refused all the same.
  assert.deepEqual(faults('none', strange), [null, 'unknown-user', 'wrong-signature', 'wrong-password']);
  assert.deepEqual(faults('sign', strange), ['unknown-user', 'unknown-user', 'wrong-signature', 'wrong-password']);
  const read = readPacket(strange[0]!, rules('sign'));
  assert.ok(read.fault !== null);
  assert.equal(read.user, 'eve');
});

test('plain values behind an encrypted part do not pass for encrypted ones', () => {
  const plain = plainPacket([{ host: 'h', plugin: 'load', type: 'load', values: [{ kind: 'gauge', value: 1 }] }]);
  assert.equal(readPacket(Buffer.concat([encryptedPacket(plain, 'ann', 'secret'), plain]), rules('encrypt')).fault, 'not-encrypted');
  assert.equal(readPacket(encryptedPacket(encryptedPacket(plain, 'ann', 'secret'), 'ann', 'secret'), rules('none')).fault, 'malformed');
  assert.equal(readPacket(signedPacket(signedPacket(plain, 'ann', 'secret'), 'ann', 'secret'), rules('none')).fault, 'malformed');
});

test('parts that nobody knows yet are passed over, messages for people are counted', () => {
  const list = { host: 'h', plugin: 'load', type: 'load', values: [{ kind: 'gauge', value: 1 }] } as const;
  const read = readPacket(Buffer.concat([part(0x0999, Buffer.from('new')), plainPacket([list]), part(0x0101, Buffer.alloc(8)), part(0x0100, Buffer.from('down\0'))]), rules());
  assert.ok(read.fault === null);
  assert.deepEqual([read.lists.length, read.notifications], [1, 1]);
});

test('a stream reads as its packets do, however it is cut, and one part at most is held back', () => {
  // On a stream a packet begins with its host.
  const packets = fc.array(fc.tuple(lists.map(([first, ...rest]) => [{ ...first!, host: first!.host ?? 'h' }, ...rest.map((list) => ({ ...list, host: undefined }))]), fc.boolean()), { minLength: 1, maxLength: 4 });
  fc.assert(fc.property(packets, fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 10 }), (sent, sizes) => {
    const bytes = Buffer.concat(sent.map(([one, sealed]) => (sealed ? encryptedPacket(plainPacket(one), 'ann', 'secret') : plainPacket(one))));
    const [parts, state, got] = [new StreamParts(), freshState(), [] as ValueList[]];
    for (let at = 0, turn = 0; at < bytes.length; turn++) {
      const size = sizes[turn % sizes.length]!;
      for (const piece of parts.push(bytes.subarray(at, at + size))) {
        const read = readPacket(piece, { ...rules(), stream: state });
        assert.ok(read.fault === null);
        got.push(...read.lists);
      }
      at += size;
    }
    assert.deepEqual(got, sent.flatMap(([one]) => meant(one)));
    assert.deepEqual([parts.held, parts.broken], [0, false]);
  }), { numRuns: 100 });
});

test('a stream that is none of parts is given up at once, and a signature on it is said to be uncheckable', () => {
  const parts = new StreamParts();
  assert.deepEqual(parts.push(Buffer.from('00000002', 'hex')), []);
  assert.equal(parts.broken, true);
  const plain = plainPacket([{ host: 'h', plugin: 'load', type: 'load', values: [{ kind: 'gauge', value: 1 }] }]);
  const [piece, ...others] = new StreamParts().push(signedPacket(plain, 'ann', 'secret'));
  assert.equal(others.length, 0);
  assert.equal(readPacket(piece!, { ...rules('sign'), stream: freshState() }).fault, 'signed-on-stream');
  assert.equal(readPacket(piece!, { ...rules('none'), stream: freshState() }).fault, null);
});
