import assert from 'node:assert/strict';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { configDownloader, configTranslator } from '../../src/cli/compat/helpers.ts';
import { startDropIn } from '../support/drop-in.ts';
import { startParameters } from '../support/parameters.ts';

const config = (interval: number): object => ({ agent: { metrics_collection_interval: interval }, metrics: { metrics_collected: { mem: { measurement: ['used_percent'] } } } });

test('config-downloader fetches a source into a .tmp, unjudged, drops those of before, and takes away what it once fetched', async (t) => {
  const { env, put } = await startParameters(t);
  const rig = startDropIn(t, env);
  const folder = join(rig.places.root, 'out');
  await put('/a/b', 'no JSON at all');
  rig.write(join(folder, 'old.tmp'), 'x');
  await configDownloader(['-mode', 'ec2', '--download-source=ssm:/a/b', '--output-dir', folder, '--config', rig.places.commonConfig, '-multi-config', 'default'], rig.host);
  assert.deepEqual([readdirSync(folder), readFileSync(join(folder, 'ssm__a_b.tmp'), 'utf8')], [['ssm__a_b.tmp'], 'no JSON at all']);
  assert.equal(rig.said.out, `Successfully fetched the config and saved in ${join(folder, 'ssm__a_b.tmp')}\n`);
  rig.write(join(folder, 'file_x.json'), '{}');
  await configDownloader(['--download-source', 'file:/any/x.json', '--output-dir', folder, '--multi-config', 'remove'], rig.host);
  assert.equal(existsSync(join(folder, 'file_x.json')), false);
  for (const [words, message] of [
    [['--download-source', 'file:/any/x.json', '--output-dir', folder, '--multi-config', 'remove'], /failed to remove the json file .*file_x\.json/],
    [['--download-source', 's3:x', '--output-dir', folder], /location type s3 is not supported/],
    [['--download-source', 'default'], /--output-dir names no folder/],
    [['--nonsense', 'x'], /it takes --mode VALUE/],
    [['--mode', 'azure', '--output-dir', folder], /--mode azure: it is one of ec2/],
  ] as const) await assert.rejects(configDownloader(words, rig.host), message);
});

test('config-translator judges what is new, what is there, or both, as it is told', async (t) => {
  const rig = startDropIn(t);
  const folder = join(rig.places.root, 'in');
  const judged = (multi: string): Promise<void> => configTranslator(['--input', rig.places.config, '--input-dir', folder, '--output', '/nowhere/x.toml', '--mode', 'auto', '--multi-config', multi], rig.host);
  rig.write('amazon-cloudwatch-agent.json', config(10));
  rig.write(join(folder, 'file_a'), config(20));
  rig.write(join(folder, 'file_a.tmp'), config(10));
  await judged('default');
  await judged('append');
  await assert.rejects(judged('remove'), /Configuration validation first phase failed/);
  assert.match(rig.said.err, /metrics_collection_interval: a different value is given/);
  rig.write(join(folder, 'file_b.tmp'), config(30));
  await assert.rejects(judged('append'), /first phase failed/);
});
