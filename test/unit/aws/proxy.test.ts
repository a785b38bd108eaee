import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { noProxy, proxiesOf } from '../../../src/aws/proxy.ts';

// As Go's httpproxy decides, which the CloudWatch agent asks: rules, host, port, whether it is reached without the proxy.
const TABLE: readonly (readonly [rules: string, host: string, port: number, direct: boolean])[] = [
  ['', 'logs.us-east-1.amazonaws.com', 443, false],
  ['*', 'logs.us-east-1.amazonaws.com', 443, true],
  ['amazonaws.com', 'amazonaws.com', 443, true],
  ['amazonaws.com', 'logs.us-east-1.amazonaws.com', 443, true],
  ['amazonaws.com', 'notamazonaws.com', 443, false],
  ['.amazonaws.com', 'logs.us-east-1.amazonaws.com', 443, true],
  ['.amazonaws.com', 'amazonaws.com', 443, false],
  ['*.amazonaws.com', 'logs.us-east-1.amazonaws.com', 443, true],
  ['*.amazonaws.com', 'amazonaws.com', 443, false],
  ['x.test, AMAZONAWS.COM ,y.test', 'Logs.us-east-1.amazonaws.com.', 443, true],
  ['logs.example.com:8443', 'logs.example.com', 8443, true],
  ['logs.example.com:8443', 'logs.example.com', 443, false],
  ['10.0.0.0/8', '10.1.2.3', 443, true],
  ['10.0.0.0/8', '11.1.2.3', 443, false],
  ['10.0.0.0/8', '10.example.com', 443, false],
  ['10.1.2.3', '10.1.2.3', 443, true],
  ['10.1.2.3:80', '10.1.2.3', 80, true],
  ['10.1.2.3:80', '10.1.2.3', 443, false],
  ['fd12::/16', 'fd12:0:0::7', 443, true],
  ['fd12::/16', '[fd12::7]', 443, true],
  ['[fd13::1]:443', 'fd13::1', 443, true],
  ['[fd13::1]:443', 'fd13::1', 80, false],
  ['10.0.0.0/99,a..b,:::,/8', '10.0.0.1', 443, false],
  ['', 'localhost', 4580, true],
  ['', '127.0.0.1', 4580, true],
  ['', '127.9.9.9', 80, true],
  ['', '[::1]', 4580, true],
  ['', '169.254.169.254', 80, true],
  ['', '169.254.170.23', 80, true],
  ['', 'fd00:ec2::254', 80, true],
];

for (const [rules, host, port, direct] of TABLE) {
  test(`NO_PROXY=${JSON.stringify(rules)}: ${host}:${port} is reached ${direct ? 'without' : 'through'} the proxy`, () => {
    assert.equal(noProxy(rules)(host, port), direct);
  });
}

test('whatever NO_PROXY holds is read, and a host named in it is reached without the proxy', () => {
  fc.assert(fc.property(fc.string(), fc.string(), fc.domain(), fc.integer({ min: 1, max: 65_535 }), (before, after, host, port) => {
    assert.equal(noProxy(`${before},${host},${after}`)(host, port), true);
  }));
});

test('capitals win over small letters, http:// is implied, and plain http has its own proxy', () => {
  const { https, http } = proxiesOf({ HTTPS_PROXY: 'one.test:3128', https_proxy: 'http://two.test', http_proxy: 'https://user:p%40ss@three.test:8443' });
  assert.deepEqual([https, http], ['http://one.test:3128/', 'https://user:p%40ss@three.test:8443/']);
  assert.deepEqual(proxiesOf({ HTTPS_PROXY: '', HTTP_PROXY: ' ' }).https, null);
  assert.equal(proxiesOf({ NO_PROXY: 'a.test', no_proxy: 'b.test' }).isDirect('a.test', 443), true);
  assert.equal(proxiesOf({ no_proxy: 'b.test' }).isDirect('b.test', 443), true);
});

test('what is no proxy that can be used is refused by the name of its variable, never with its value', () => {
  for (const wrong of ['socks5://user:s3cret@proxy.test:1080', 'http://user:s3cret@:::', 'user:s3cret@proxy test', 'http://']) {
    assert.throws(() => proxiesOf({ HTTPS_PROXY: wrong }), (error: Error) => error.name === 'NetworkError' && error.message.startsWith('HTTPS_PROXY ') && !error.message.includes('s3cret'), wrong);
  }
});
