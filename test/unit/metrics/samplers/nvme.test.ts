import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MEASUREMENTS } from '../../../../src/config/metric-names.ts';
import { Collection } from '../../../../src/metrics/collection.ts';
import type { Publish } from '../../../../src/metrics/collection.ts';
import { Deltas } from '../../../../src/metrics/deltas.ts';
import type { IoctlAnswer } from '../../../../src/metrics/nvme/ioctl-thread.ts';
import type { NoAnswer } from '../../../../src/metrics/path-thread.ts';
import { PathThreads } from '../../../../src/metrics/path-threads.ts';
import type { Sampler } from '../../../../src/metrics/sampler.ts';
import { createNvmeSampler } from '../../../../src/metrics/samplers/nvme.ts';
import { dropInCommand } from '../../../../src/report/unit-drop-in.ts';
import { Shaping } from '../../../../src/metrics/shaping.ts';
import { EBS_MODEL, STORE_MODEL, nvmeHost, pageOf } from '../../../support/nvme-host.ts';
import type { NvmeHost } from '../../../support/nvme-host.ts';
import { EACH_MINUTE, SaidBySampler, measurementsOf, unitsOf } from '../../../support/sampling.ts';

const BOTH = measurementsOf('diskio', 'ebs_total_read_ops', 'instance_store_total_read_ops');
const FIRST = [1n, 2n, 4096n, 8192n, 10n, 20n, 30n, 40n, 50n, 60n, 7n];
const LATER = [11n, 22n, 40960n, 81920n, 110n, 220n, 330n, 440n, 550n, 660n, 9n];

/** Devices that answer as the test says, by their paths. */
class Stage {
  readonly asked: string[] = [];
  readonly answers = new Map<string, { readonly page: Uint8Array; readonly returned?: number } | NoAnswer>();
  readonly report = new SaidBySampler();
  readonly #host: NvmeHost;

  constructor(host: NvmeHost) { this.#host = host; }

  sampler(devices: readonly string[] | null = null, measurements = BOTH): Sampler {
    const threads = new PathThreads<IoctlAnswer>(() => ({
      ended: false,
      ask: (path, answered) => {
        this.asked.push(path.slice(this.#host.dev.length + 1));
        const answer = this.answers.get(this.asked.at(-1)!);
        if (answer !== undefined) queueMicrotask(() => { answered('code' in answer ? answer : { returned: answer.returned ?? 0, argument: new Uint8Array(72), page: answer.page }); });
      },
      end: () => {},
    }));
    return createNvmeSampler({ devices, measurements, intervalMs: 200 }, this.#host, this.#host, { report: this.report, threads });
  }
}

test('the statistics of an EBS volume are growth by its VolumeId, its queue is what it is now', async (t) => {
  const host = nvmeHost(t);
  const stage = new Stage(host);
  host.attach('nvme1', EBS_MODEL, 'vol0123456789abcdef0');
  using sampler = stage.sampler();
  const deltas = new Deltas(sampler.fields);
  stage.answers.set('nvme1', { page: pageOf('ebs', FIRST) });
  assert.deepEqual(deltas.apply(await sampler.sample(0)).map(({ values }) => values), [{ ebs_volume_queue_length: 7 }]);
  stage.answers.set('nvme1', { page: pageOf('ebs', LATER) });
  assert.deepEqual(deltas.apply(await sampler.sample(0)), [{ dimensions: [['VolumeId', 'vol-0123456789abcdef0']], values: {
    ebs_total_read_ops: 10, ebs_total_write_ops: 20, ebs_total_read_bytes: 36864, ebs_total_write_bytes: 73728, ebs_total_read_time: 100, ebs_total_write_time: 200,
    ebs_volume_performance_exceeded_iops: 300, ebs_volume_performance_exceeded_tp: 400, ebs_ec2_instance_performance_exceeded_iops: 500, ebs_ec2_instance_performance_exceeded_tp: 600, ebs_volume_queue_length: 9,
  } }]);
});

test('the statistics of an instance store are growth by its SerialId; the limits it meets are the instance\'s', async (t) => {
  const host = nvmeHost(t);
  const stage = new Stage(host);
  host.attach('nvme1', STORE_MODEL, 'AWS22A1B2C3D4E5F6A7B');
  using sampler = stage.sampler();
  const deltas = new Deltas(sampler.fields);
  stage.answers.set('nvme1', { page: pageOf('instance_store', FIRST) });
  assert.deepEqual(deltas.apply(await sampler.sample(0)).map(({ values }) => values), [{ instance_store_volume_queue_length: 7 }]);
  stage.answers.set('nvme1', { page: pageOf('instance_store', LATER) });
  assert.deepEqual(deltas.apply(await sampler.sample(0)), [{ dimensions: [['SerialId', 'AWS22A1B2C3D4E5F6A7B']], values: {
    instance_store_total_read_ops: 10, instance_store_total_write_ops: 20, instance_store_total_read_bytes: 36864, instance_store_total_write_bytes: 73728, instance_store_total_read_time: 100, instance_store_total_write_time: 200,
    instance_store_performance_exceeded_iops: 500, instance_store_performance_exceeded_tp: 600, instance_store_volume_queue_length: 9,
  } }]);
});

test('bytes of a volume are Bytes, all else it counts has no unit', (t) => {
  using sampler = new Stage(nvmeHost(t)).sampler();
  const units = unitsOf(sampler);
  assert.deepEqual(Object.entries(units).filter(([, unit]) => unit === 'Bytes').map(([name]) => name), ['ebs', 'instance_store'].flatMap((kind) => [`${kind}_total_read_bytes`, `${kind}_total_write_bytes`]));
  assert.deepEqual([...new Set(Object.values(units))].toSorted(), ['Bytes', 'None']);
  assert.deepEqual(Object.entries(sampler.fields).filter(([, { delta }]) => delta !== true).map(([name]) => name), ['ebs_volume_queue_length', 'instance_store_volume_queue_length']);
  assert.equal(Object.keys(units).length, 20);
});

test('what is published of volumes has the CloudWatch agent\'s names, units and dimensions: the volume and those of the instance, never the host', async (t) => {
  const host = nvmeHost(t);
  const stage = new Stage(host);
  host.attach('nvme0', EBS_MODEL, 'vol0a');
  host.attach('nvme1', STORE_MODEL, 'AWS1');
  const fields = MEASUREMENTS['diskio']!.filter((name) => /^(?:ebs|instance_store)_/.test(name));
  const measurements = measurementsOf('diskio', ...fields);
  using sampler = stage.sampler(null, measurements);
  const shaping = new Shaping({ dimensions: { host: 'web-1', withoutHost: false, append: [['InstanceId', 'i-1']], autoScalingGroup: false }, rollups: [] });
  const published: string[] = [];
  const publish: Publish = (...given) => { published.push(...shaping.shape(...given).map(({ name, unit, dimensions, value }) => `${name} ${Number(value)} ${unit} ${dimensions.map(([key, text]) => `${key}=${text}`).join(' ')}`)); };
  const collection = new Collection({ plan: { ...EACH_MINUTE, kind: 'nvme', devices: null, measurements }, sampler, now: () => 0, report: stage.report, publish });
  stage.answers.set('nvme0', { page: pageOf('ebs', FIRST) }).set('nvme1', { page: pageOf('instance_store', FIRST) });
  await collection.begin();
  stage.answers.set('nvme0', { page: pageOf('ebs', LATER) }).set('nvme1', { page: pageOf('instance_store', LATER) });
  await collection.collect(60_000);
  assert.deepEqual(published.toSorted(), [
    'diskio_ebs_ec2_instance_performance_exceeded_iops 500 None InstanceId=i-1 VolumeId=vol-0a', 'diskio_ebs_ec2_instance_performance_exceeded_tp 600 None InstanceId=i-1 VolumeId=vol-0a',
    'diskio_ebs_total_read_bytes 36864 Bytes InstanceId=i-1 VolumeId=vol-0a', 'diskio_ebs_total_read_ops 10 None InstanceId=i-1 VolumeId=vol-0a',
    'diskio_ebs_total_read_time 100 None InstanceId=i-1 VolumeId=vol-0a', 'diskio_ebs_total_write_bytes 73728 Bytes InstanceId=i-1 VolumeId=vol-0a',
    'diskio_ebs_total_write_ops 20 None InstanceId=i-1 VolumeId=vol-0a', 'diskio_ebs_total_write_time 200 None InstanceId=i-1 VolumeId=vol-0a',
    'diskio_ebs_volume_performance_exceeded_iops 300 None InstanceId=i-1 VolumeId=vol-0a', 'diskio_ebs_volume_performance_exceeded_tp 400 None InstanceId=i-1 VolumeId=vol-0a',
    'diskio_ebs_volume_queue_length 9 None InstanceId=i-1 VolumeId=vol-0a',
    'diskio_instance_store_performance_exceeded_iops 500 None InstanceId=i-1 SerialId=AWS1', 'diskio_instance_store_performance_exceeded_tp 600 None InstanceId=i-1 SerialId=AWS1',
    'diskio_instance_store_total_read_bytes 36864 Bytes InstanceId=i-1 SerialId=AWS1', 'diskio_instance_store_total_read_ops 10 None InstanceId=i-1 SerialId=AWS1',
    'diskio_instance_store_total_read_time 100 None InstanceId=i-1 SerialId=AWS1', 'diskio_instance_store_total_write_bytes 73728 Bytes InstanceId=i-1 SerialId=AWS1',
    'diskio_instance_store_total_write_ops 20 None InstanceId=i-1 SerialId=AWS1', 'diskio_instance_store_total_write_time 200 None InstanceId=i-1 SerialId=AWS1',
    'diskio_instance_store_volume_queue_length 9 None InstanceId=i-1 SerialId=AWS1',
  ]);
});

test('volumes are chosen by the names of their controller, disk or partition, by paths, links and globs; kinds that nobody measures are not asked', async (t) => {
  const host = nvmeHost(t);
  const stage = new Stage(host);
  host.attach('nvme0', EBS_MODEL, 'vol0a', 1);
  host.attach('nvme1', EBS_MODEL, 'vol0b');
  host.attach('nvme2', STORE_MODEL, 'AWS1');
  for (const name of ['nvme0', 'nvme1']) stage.answers.set(name, { page: pageOf('ebs', FIRST) });
  stage.answers.set('nvme2', { page: pageOf('instance_store', FIRST) });
  const ids = async (devices: readonly string[] | null, measurements = BOTH): Promise<readonly string[]> => {
    using sampler = stage.sampler(devices, measurements);
    return (await sampler.sample(0)).flatMap(({ dimensions }) => dimensions.map(([, id]) => id));
  };
  assert.deepEqual(await ids(null), ['vol-0a', 'vol-0b', 'AWS1']);
  assert.deepEqual(await ids(['nvme0n1p1']), ['vol-0a']);
  assert.deepEqual(await ids(['/dev/nvme1n1', 'nvme2']), ['vol-0b', 'AWS1']);
  assert.deepEqual(await ids(['nvme[01]n1']), ['vol-0a', 'vol-0b']);
  stage.asked.length = 0;
  assert.deepEqual(await ids(null, measurementsOf('diskio', 'instance_store_volume_queue_length')), ['AWS1']);
  assert.deepEqual(stage.asked, ['nvme2']);
  await assert.rejects(ids(['xvda']), /^Error: this host has no EBS volume and no instance store that is attached by NVMe and that "resources" names$/);
});

test('a volume that may not be asked is said once with the remedy, and the others go on', async (t) => {
  const host = nvmeHost(t);
  const stage = new Stage(host);
  host.attach('nvme0', EBS_MODEL, 'vol0a');
  host.attach('nvme1', EBS_MODEL, 'vol0b');
  stage.answers.set('nvme0', { code: 'EACCES' }).set('nvme1', { page: pageOf('ebs', FIRST) });
  using sampler = stage.sampler();
  for (let i = 0; i < 2; i++) assert.equal((await sampler.sample(0)).length, 1);
  assert.deepEqual(stage.report.said, [`- the statistics of the EBS volume vol-0a (${host.dev}/nvme0) cannot be read (EACCES): it has no ebs_ metrics until they can be. The command needs CAP_SYS_ADMIN, which the service does not have by itself. Next step: ${dropInCommand('nvme.conf')} (in a container: --cap-add SYS_ADMIN and the device)`]);
  stage.answers.set('nvme0', { page: pageOf('ebs', FIRST) });
  assert.equal((await sampler.sample(0)).length, 2);
  assert.deepEqual(stage.report.said.slice(1), [`+ the statistics of the EBS volume vol-0a (${host.dev}/nvme0) can be read again`]);
});

test('a device without the page, and one that has another there, are said', async (t) => {
  const host = nvmeHost(t);
  const stage = new Stage(host);
  host.attach('nvme0', EBS_MODEL, 'vol0a');
  host.attach('nvme1', EBS_MODEL, 'vol0b');
  // Invalid Log Page, with the bit that forbids another try.
  stage.answers.set('nvme0', { page: new Uint8Array(4096), returned: 0x4109 }).set('nvme1', { page: new Uint8Array(4096) });
  using sampler = stage.sampler();
  for (let i = 0; i < 2; i++) assert.deepEqual(await sampler.sample(0), []);
  assert.equal(stage.report.said.length, 2);
  assert.match(stage.report.said[0]!, /vol-0a .* cannot be read \(NVMe status 0x4109\): it has no ebs_ metrics until they can be\. "nvme amzn stats" shows/);
  assert.match(stage.report.said[1]!, /vol-0b .* cannot be read \(its page is none of this kind\)/);
});

test('a device that does not answer holds up the sample for half its interval, and none of the others', async (t) => {
  const host = nvmeHost(t);
  const stage = new Stage(host);
  for (const [index, id] of ['vol0a', 'vol0b'].entries()) host.attach(`nvme${index}`, EBS_MODEL, id);
  stage.answers.set('nvme0', { page: pageOf('ebs', FIRST) });
  using sampler = stage.sampler();
  const begun = performance.now();
  assert.deepEqual((await sampler.sample(0)).map(({ dimensions }) => dimensions), [[['VolumeId', 'vol-0a']]]);
  assert.ok(performance.now() - begun < 190, 'half of 200 ms');
  await sampler.sample(0);
  assert.deepEqual(stage.asked.filter((name) => name === 'nvme1'), ['nvme1'], 'one question a device at a time');
});
