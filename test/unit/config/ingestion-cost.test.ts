import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ingestionCost } from '../../../src/config/ingestion-cost.ts';

test('a gigabyte costs the price of its class, with 26 bytes for each event', () => {
  const flow = { bytesPerDay: 974_000_000, eventsPerDay: 1_000_000, region: 'us-east-1' };
  assert.deepEqual(ingestionCost({ ...flow, groupClass: 'STANDARD' }), { billedBytesPerDay: 1_000_000_000, usdPerDay: 0.5, exact: true });
  assert.equal(ingestionCost({ ...flow, groupClass: 'INFREQUENT_ACCESS' }).usdPerDay, 0.25);
});

test('the price of a region that is not listed is not exact, one given by the operator is', () => {
  const flow = { bytesPerDay: 1e9, eventsPerDay: 0, groupClass: 'STANDARD', region: 'sa-east-1' } as const;
  assert.equal(ingestionCost(flow).exact, false);
  assert.deepEqual(ingestionCost({ ...flow, usdPerGigabyte: 0.9 }), { billedBytesPerDay: 1e9, usdPerDay: 0.9, exact: true });
});
