import assert from 'node:assert/strict';
import { copyFileSync, truncateSync } from 'node:fs';
import { test } from 'node:test';
import { append, numbered } from '../support/log-files.ts';
import { startRig, until } from '../support/rig.ts';

for (const acknowledged of [true, false]) {
  test(`L12 a copy that ends before what was read of the file (written between copy and truncation), ${acknowledged ? 'all acknowledged' : 'still held'}: the copy is not sent again, nor after a restart`, async (t) => {
    const [first, late, next] = [numbered('first', 3_000, 0, 60), numbered('late', 20, 0, 60), numbered('next', 500, 0, 60)];
    const rig = await startRig(t, { entries: [{ path: 'app.log*', follow: 'all' }], files: { 'app.log': first } });
    const app = rig.path('app.log');
    await rig.arrived(first);
    copyFileSync(app, `${app}.1`);
    const served = acknowledged ? (): void => undefined : rig.outage();
    append(app, late);
    if (acknowledged) await rig.arrived([...first, ...late]);
    else await until('the late lines to be read', () => rig.report.readBytes === 3_020 * 61);
    truncateSync(app, 0);
    append(app, next);
    await until('the copy to be known', () => [...rig.agent.store!.all()].some(({ path }) => path === `${app}.1`));
    served();
    await rig.arrived([...first, ...late, ...next]);
    await until('the copy to be known to its end', () => [...rig.agent.store!.all()].some(({ path, offset }) => path === `${app}.1` && offset === 3_000 * 61));
    await rig.restart();
    append(app, ['after the restart']);
    await rig.arrived([...first, ...late, ...next, 'after the restart']);
    assert.deepEqual([...rig.report.drops], []);
    await rig.stop();
  });
}
