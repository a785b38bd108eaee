import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { EnvironmentWatch } from '../../../src/cli/environment-watch.ts';

function host(t: TestContext): { readonly root: string; readonly service: string; readonly sideFiles: { readonly commonConfig: string; readonly envConfig: string } } {
  const root = mkdtempSync(join(tmpdir(), 'environment-'));
  t.after(() => { rmSync(root, { recursive: true }); });
  mkdirSync(join(root, 'etc/default'), { recursive: true });
  return { root, service: join(root, 'etc/default/unified-agent'), sideFiles: { commonConfig: join(root, 'common-config.toml'), envConfig: join(root, 'env-config.json') } };
}

const said: string[] = [];
const report = { trouble: (_: string, text: string) => { said.push(text); }, recovered: () => {} };

test('what is written into the files of the environment after the start is said by name and file, with the restart that it takes, and never with its value', async (t) => {
  const { root, service, sideFiles } = host(t);
  const watch = await EnvironmentWatch.open({ sideFiles, isService: true, report, root });
  assert.equal(await watch.look(), null);
  writeFileSync(service, 'AWS_ACCESS_KEY_ID=AKIDHUSH\nAWS_SECRET_ACCESS_KEY=hush\n');
  writeFileSync(sideFiles.commonConfig, '[credentials]\nshared_credential_profile = "hush"\n');
  const text = await watch.look();
  assert.ok(text?.includes(`AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY of ${service}`) && text.includes(`AWS_PROFILE of ${sideFiles.commonConfig}`) && text.endsWith('Next step: systemctl restart unified-agent'), text ?? '');
  assert.doesNotMatch(text ?? '', /hush/i);
  assert.equal(said.at(-1), text);
  writeFileSync(service, '# nothing again\n');
  rmSync(sideFiles.commonConfig);
  assert.equal(await watch.look(), null);
});

test('what is changed or taken out counts too, and of many the first are named', async (t) => {
  const { root, service, sideFiles } = host(t);
  writeFileSync(service, Array.from({ length: 7 }, (_, index) => `V${index}=1\n`).join(''));
  const watch = await EnvironmentWatch.open({ sideFiles, isService: true, report, root });
  writeFileSync(service, 'V0=2\n');
  assert.match(await watch.look() ?? '', /^V0, V1, V2, V3, V4 and 2 more of /);
});

test('an agent that systemd does not run has nothing of the files of its unit; the level of the log is followed without a restart', async (t) => {
  const { root, service, sideFiles } = host(t);
  const watch = await EnvironmentWatch.open({ sideFiles, isService: false, report, root });
  writeFileSync(service, 'A=1\n');
  writeFileSync(sideFiles.envConfig, '{"CWAGENT_LOG_LEVEL":"DEBUG"}');
  assert.equal(await watch.look(), null);
  writeFileSync(sideFiles.envConfig, '{"AWS_PROFILE":"x"}');
  assert.match(await watch.look() ?? '', /^AWS_PROFILE of .*: stop the agent and start it again$/);
});
