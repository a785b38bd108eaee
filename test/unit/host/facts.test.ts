import assert from 'node:assert/strict';
import { test } from 'node:test';
import { containerName } from '../../../src/host/container.ts';
import { ipv4Of } from '../../../src/host/ip.ts';
import { localDate } from '../../../src/host/local-date.ts';

test('the address of the host is its first IPv4 address that is not loopback', () => {
  assert.equal(ipv4Of({
    lo: [{ address: '127.0.0.1', family: 'IPv4', internal: true }],
    eth0: [{ address: 'fe80::1', family: 'IPv6', internal: false }, { address: '192.0.2.7', family: 'IPv4', internal: false }],
    eth1: [{ address: '192.0.2.8', family: 'IPv4', internal: false }],
  }), '192.0.2.7');
  assert.equal(ipv4Of({ lo: [{ address: '127.0.0.1', family: 'IPv4', internal: true }] }), null);
});

test('a container is named by its pod, then its host, and only inside of a container', () => {
  assert.equal(containerName({ RUN_IN_CONTAINER: 'True', POD_NAME: 'pod-1', HOST_NAME: 'node-1' }), 'pod-1');
  assert.equal(containerName({ RUN_IN_CONTAINER: 'True', POD_NAME: '', HOST_NAME: 'node-1' }), 'node-1');
  assert.equal(containerName({ RUN_IN_CONTAINER: 'True' }), null);
  assert.equal(containerName({ POD_NAME: 'pod-1' }), null);
});

test('the date is that of the zone, not of UTC', () => {
  const at = Date.UTC(2026, 0, 31, 23, 30);
  assert.equal(localDate(at, 'UTC'), '2026-01-31');
  assert.equal(localDate(at, 'Europe/Berlin'), '2026-02-01');
});
