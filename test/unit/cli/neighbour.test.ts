import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { placesBelow } from '../../../src/cli/ctl/places.ts';
import { lookBeside } from '../../../src/cli/neighbour.ts';
import { recordFile } from '../../../src/cli/takeover/host.ts';

test('a CloudWatch agent that runs beside this one by the same config is said with the next step, and its end too; by another config it is nobody\'s business', (t) => {
  const root = mkdtempSync(join(tmpdir(), 'neighbour-'));
  t.after(() => { rmSync(root, { recursive: true }); });
  const places = placesBelow(root);
  const groups = [join(root, 'none'), join(root, 'system.slice')];
  const said: string[] = [];
  const report = { trouble: (_: string, text: string) => { said.push(text); }, recovered: () => { said.push('over'); } };
  const look = (source: string): string | null => lookBeside({ places, sources: [source], report, groups, proc: join(root, 'proc') });
  assert.equal(look(places.config), null);
  const process = (name: string): void => {
    for (const folder of ['system.slice/amazon-cloudwatch-agent.service', 'proc/77']) mkdirSync(join(root, folder), { recursive: true });
    writeFileSync(join(root, 'system.slice/amazon-cloudwatch-agent.service/cgroup.procs'), '76\n77\n');
    writeFileSync(join(root, 'proc/77/comm'), `${name}\n`);
  };
  process('sleep');
  assert.equal(look(places.config), null, 'what a stop of its service left behind is not the agent');
  process('amazon-cloudwat');
  assert.match(look(places.config) ?? '', /^amazon-cloudwatch-agent\.service runs beside this agent, by the same config: .* sent twice\. Next step: stop one of them, or `agent takeover --dry-run`/);
  assert.equal(said.at(-1), look(places.config));
  assert.equal(look('/etc/unified-agent/agent.json'), null);
  mkdirSync(dirname(recordFile(places)), { recursive: true });
  writeFileSync(recordFile(places), '{}');
  assert.match(look('/etc/unified-agent/agent.json') ?? '', /Next step: systemctl disable --now amazon-cloudwatch-agent\.service; `agent doctor` says what let it start$/);
  rmSync(join(root, 'system.slice/amazon-cloudwatch-agent.service'), { recursive: true });
  assert.deepEqual([look(places.config), said.at(-1)], [null, 'over']);
});
