import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { redacted } from './redacted.ts';
import type { BUILT_IN } from './redacted.ts';

const checks = (kind: (typeof BUILT_IN)[number], changed: readonly (readonly [string, string])[], same: readonly string[]): void => {
  for (const [text, expected] of [...changed, ...same.map((text) => [text, text] as const)]) assert.equal(redacted([kind], text), expected, text);
};

test('card numbers are replaced in one piece or in groups, beside other numbers too', () => {
  checks('card_numbers', [
    ['pan 4111111111111111 ok', 'pan [card number] ok'],
    ['4111 1111 1111 1111', '[card number]'],
    ['200 4111-1111-1111-1111 123', '200 [card number] 123'],
    ['2024 4111 1111 1111 1111 123', '2024 [card number] 123'],
    ['3782 822463 10005,3056 930902 5904', '[card number],[card number]'],
    ['{"pan":5555555555554444}', '{"pan":"[card number]"}'],
    ['[4222222222222] 6011111111111117', '[[card number]] [card number]'],
    ['line\\n4111111111111111\\n', 'line\\n[card number]\\n'],
  ], []);
});

test('times, ids and other long numbers are no card numbers', () => {
  checks('card_numbers', [], [
    '4111111111111112', '1700000000000 1700000000000000 1700000000000000000', 'id4111111111111111', '4111111111111111a', '41111111111111111111111', '0.4111111111111111',
    '550e8400-e29b-41d4-a716-446655440000', '+49 151 23456789 00', '2026-10-10 12-34-56', '          ',
  ]);
});

test('of numbers that cards may have one in ten passes the check, of others none', () => {
  let hits = 0;
  for (let i = 0; i < 1000; i++) if (redacted(['card_numbers'], `${4_000_000_000_000_000 + i}`).startsWith('[')) hits++;
  assert.equal(hits, 100);
  fc.assert(fc.property(fc.stringMatching(/^1[0-9]{12,18}$/), (number) => redacted(['card_numbers'], number) === number));
});

test('email addresses are replaced, encoded and international ones too', () => {
  checks('email_addresses', [
    ['from <bob.b+x@mail.example.co.uk>.', 'from <[email address]>.'],
    ['?email=bob%40example.com&x=1', '?email=[email address]&x=1'],
    ['jürgen@müller.de und', '[email address] und'],
    ['a@b.com,c@d.org', '[email address],[email address]'],
    ['请联系bob@example.com谢谢', '请联系[email address]谢谢'],
    ['{"m":"x\\nbob@example.com\\n"}', '{"m":"x\\n[email address]\\n"}'],
  ], ['user@host', '@decorator', 'pkg@1.2.3', 'logo@2x.png', 'a @ b.com', 'Bar@1b2c3d', 'image@sha256:abc']);
});

test('addresses of both versions are replaced, with or without a port', () => {
  checks('ip_addresses', [
    ['from 10.0.0.1:8080.', 'from [ip address]:8080.'],
    ['10.0.0.1 - - "GET /"', '[ip address] - - "GET /"'],
    ['db/10.1.2.3, 10.0.0.0/8', 'db/[ip address], [ip address]/8'],
    ['x\\n192.168.0.1', 'x\\n[ip address]'],
    ['at 2001:db8::1, [::1]:80 fe80::1%eth0', 'at [ip address], [[ip address]]:80 [ip address]%eth0'],
    ['2001:0db8:85a3:0000:0000:8a2e:0370:7334', '[ip address]'],
    ['::ffff:10.0.0.1 and 64:ff9b::192.0.2.33.', '[ip address] and [ip address].'],
    ['from fe80::1: x addr:2001:db8::2', 'from [ip address]: x addr:[ip address]'],
  ], []);
});

test('versions, times, hardware addresses and names are no addresses', () => {
  checks('ip_addresses', [], [
    '1.2.3.4.5', 'v1.2.3.4', '256.1.1.1', '1.2.3', 'Chrome/120.0.0.0 Safari/537.36', '12:34:56', '2026-10-10T12:34:56.789', '00:1a:2b:3c:4d:5e',
    '16:27:ac:a5:76:28:2d:36:63:1b:56:4d:eb:df:a6:48', 'std::begin Face::add', '::', 'a:b',
  ]);
});
