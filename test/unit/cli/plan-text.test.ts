import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describeEntry, describeService } from '../../../src/cli/plan-text.ts';
import { compiled, entryOf, withEntries } from '../config/compiled.ts';
import { ON_PREMISES } from '../config/facts.ts';

const rowOf = (entry: object, name: string, logs: object = {}): string | undefined => describeEntry(entryOf(entry, ON_PREMISES, logs), null).split('\n').find((line) => line.startsWith(`  ${name} `))?.slice(11);

test('check tells where times are looked for, and in which form', () => {
  assert.equal(rowOf({ timestamp_format: 'epoch_ms', timezone: 'UTC', trim_timestamp: true }, 'time'), 'in the text as epoch_ms, UTC where it names no zone; cut out of the message');
  assert.equal(rowOf({ timestamp_field: 'log.ts' }, 'time'), 'in the JSON field log.ts as RFC 3339 or a number since 1970, local time where it names no zone');
  assert.equal(rowOf({}, 'time'), 'when it is read');
});

test('check tells what is redacted, and how', () => {
  assert.equal(rowOf({ redact: ['card_numbers', { pattern: 'sid=\\d+' }] }, 'redacts'), 'card numbers, /sid=\\d+/ to "***"');
  assert.equal(rowOf({ redact: [] }, 'redacts'), undefined);
});

test('check tells how a new version spreads over a fleet, where not every host takes it at once', () => {
  const rowWith = (rollout: object): string | undefined => {
    const { plan } = compiled(withEntries([{ file_path: '/var/log/app.log', log_group_name: 'g' }], {}, { region: 'eu-central-1', rollout }));
    return describeService(plan!).split('\n').find((line) => line.startsWith('  versions '))?.slice(11);
  };
  assert.equal(rowWith({ percent: 10 }), 'of a config in Parameter Store: looked for each 60 s, taken at once by 10 % of the hosts, by the others 60 min after it was published; taken back where delivery gets worse within 5 min');
  assert.equal(rowWith({ percent: 100 }), undefined);
});

test('an entry with a region of its own says that an endpoint for all still holds for it', () => {
  assert.equal(rowOf({ region: 'us-east-2' }, 'service', { endpoint_override: 'http://127.0.0.1:4580' }), 'us-east-2, still at http://127.0.0.1:4580');
  assert.equal(rowOf({ endpoint_override: 'http://127.0.0.1:9' }, 'service', { endpoint_override: 'http://127.0.0.1:4580' }), 'http://127.0.0.1:9');
  assert.equal(rowOf({ region: 'us-east-2' }, 'service'), 'us-east-2');
});
