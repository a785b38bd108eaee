import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addressText } from '../../../src/metrics-plan.ts';
import { compiled, lines } from './compiled.ts';
import type { Compiled } from './compiled.ts';

const withEmf = (emf: unknown, logs: object = {}): Compiled => compiled({ agent: { region: 'eu-central-1' }, logs: { log_stream_name: 's', ...logs, metrics_collected: { emf } } });
const addresses = (address: string): readonly string[] | undefined => withEmf({ service_address: address }).plan?.emf?.addresses.map(addressText);

test('a config with an EMF listener alone has a plan: TCP and UDP where the CloudWatch agent listens, and its default group', () => {
  const { plan, problems } = withEmf({});
  assert.deepEqual(plan?.entries, []);
  assert.deepEqual(plan.emf?.addresses.map(addressText), ['tcp://0.0.0.0:25888', 'udp://0.0.0.0:25888']);
  assert.equal(plan.emf.group, 'emf/logs/default');
  assert.deepEqual(plan.emf.stream, [{ kind: 'text', text: 's' }]);
  assert.equal(plan.spool.maxBytes, 268_435_456);
  assert.match(lines({ problems }).join('\n'), /^note \/logs\/metrics_collected\/emf: listens on all IPv4 addresses/);
});

test('service_address: the forms of the CloudWatch agent, IPv6 and unix sockets', () => {
  const forms: Readonly<Record<string, string>> = {
    'udp://127.0.0.1:25888': 'udp://127.0.0.1:25888', 'tcp://:25888': 'tcp://0.0.0.0:25888', 'tcp:0.0.0.0:1': 'tcp://0.0.0.0:1', 'udp:localhost:65535': 'udp://localhost:65535',
    'tcp://[::1]:25888': 'tcp://[::1]:25888', 'udp://[fe80::1]:5': 'udp://[fe80::1]:5', 'unix:///run/emf.sock': 'unix:///run/emf.sock', 'unix:/run/emf.sock': 'unix:///run/emf.sock',
  };
  for (const [written, expected] of Object.entries(forms)) assert.deepEqual(addresses(written), [expected], written);
});

test('another protocol counts as TCP, as in the CloudWatch agent, and is said', () => {
  const { plan, problems } = withEmf({ service_address: 'http://127.0.0.1:80' });
  assert.deepEqual(plan?.emf?.addresses.map(addressText), ['tcp://127.0.0.1:80']);
  assert.match(lines({ problems }).join('\n'), /^warning .*"http" is no protocol here; tcp is used/);
});

test('what is no address is an error that shows what one looks like', () => {
  for (const address of ['', '25888', '127.0.0.1:25888', 'tcp://1.2.3.4', 'tcp://::1:25888', 'tcp://[::1]', 'udp://:0', 'udp://:65536', 'unix://run/emf.sock', 'unix:///run/', 'tcp://a b:1']) {
    const { plan, problems } = withEmf({ service_address: address });
    assert.equal(plan, null, address);
    assert.match(problems.find(({ severity }) => severity === 'error')?.message ?? '', /is no address to listen at/, address);
  }
});

test('a wrong address leaves the files of the config as they are', () => {
  const { plan } = withEmf({ service_address: 'nowhere' }, { logs_collected: { files: { collect_list: [{ file_path: '/var/log/a.log' }] } } });
  assert.equal(plan?.emf, null);
  assert.equal(plan.entries.length, 1);
});

test('streams that are named by files cannot be those of EMF events', () => {
  const { plan, problems } = withEmf({}, { log_stream_name: '{file_name}' });
  assert.equal(plan, null);
  assert.match(lines({ problems }).join('\n'), /error \/logs\/log_stream_name: it names streams by files/);
});

test('groups that are created for EMF events have the key and tags of logs', () => {
  const { plan } = withEmf({}, { tags: { team: 'shop' }, max_spool_bytes: 10_000_000 });
  assert.deepEqual(plan?.spool, { maxBytes: 10_000_000, redact: [], kmsKeyId: null, tags: { team: 'shop' } });
});

test('groups and streams of other events of the agent that the service would refuse are errors', () => {
  const metrics = { metrics_collected: { mem: { measurement: ['used'] } }, metrics_destinations: { emf: { log_group_name: 'my group', log_stream_name: 'a:b' } } };
  const said = lines(compiled({ agent: { region: 'eu-central-1' }, metrics })).join('\n');
  assert.match(said, /error \/metrics\/metrics_destinations\/emf\/log_group_name: the character " " is not allowed/);
  assert.match(said, /error \/metrics\/metrics_destinations\/emf\/log_stream_name: the character ":" is not allowed/);
  const prometheus = lines(compiled({ agent: { region: 'eu-central-1' }, logs: { metrics_collected: { prometheus: { log_group_name: 'aws/mine' } } } })).join('\n');
  assert.match(prometheus, /error \/logs\/metrics_collected\/prometheus\/log_group_name: names that start with "aws\/" are reserved/);
});
