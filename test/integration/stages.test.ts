// A stage that stands still, as only a defect can make it, is begun anew without the others; nothing is lost or comes twice.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Finder } from '../../src/files/finder.ts';
import { Collection } from '../../src/metrics/collection.ts';
import { Wake } from '../../src/files/wake.ts';
import { AgentReport } from '../../src/report/agent-report.ts';
import { append } from '../support/log-files.ts';
import { rigFor, until } from '../support/rig.ts';
import type { Rig } from '../support/rig.ts';

const NEVER = new Promise<never>(() => undefined);
/** Short for a test; above what a busy machine makes a healthy stage wait. */
const standsMs = 1_500;

/** What a defect would look like: from now on the follower's wait for room has no end, though there is room. */
function hangFollower(rig: Rig): () => void {
  const { outlet } = rig.generations[0]!;
  const [tryRoom, roomChange] = [outlet.tryRoom.bind(outlet), outlet.roomChange.bind(outlet)];
  let asked = 0;
  // The first question is the follower's, and denied; the watch is told the truth.
  outlet.tryRoom = () => (asked++ === 0 ? null : tryRoom());
  outlet.roomChange = () => NEVER;
  return () => { Object.assign(outlet, { tryRoom, roomChange }); };
}

test('a follower whose wait never ends is begun anew where it was; the file is delivered once, and the stop waits for nobody', async (t) => {
  const rig = await rigFor(t, { standsMs, entries: [{ path: 'app.log' }, { path: 'other.log', stream: 'o' }] });
  append(rig.path('app.log'), ['one']);
  await rig.start();
  await rig.arrived(['one']);
  const mend = hangFollower(rig);
  append(rig.path('app.log'), ['two']);
  append(rig.path('other.log'), ['beside']);
  await rig.delivered('g', 'o', ['beside']);
  await rig.says(/^warn the follower of \S+app\.log has stood still for \d+ s .*\(1 of 3\)/);
  mend();
  append(rig.path('app.log'), ['three']);
  await rig.arrived(['one', 'two', 'three']);
  assert.equal(rig.agent.isAlive, true);
  await rig.stop();
});

test('a follower that beginning anew does not help is a reason for a start of the whole agent', async (t) => {
  const rig = await rigFor(t, { standsMs: 200 });
  append(rig.path('app.log'), ['one']);
  await rig.start();
  await rig.arrived(['one']);
  const { beat } = rig.generations[0]!;
  // Whatever is begun makes no turn.
  beat.turn = () => false;
  append(rig.path('app.log'), ['two']);
  const g = rig.generations[0]!;
  Object.defineProperty(beat, 'isRunning', { value: true });
  g.file.size += 4;
  await until('the agent to ask for a start', () => !rig.agent.isAlive);
  assert.match(rig.agent.stalls.join('\n'), /^the follower of \S+app\.log stands still, and beginning it anew did not help$/);
  await rig.crash();
});

test('a search for files that stands still is begun anew: files that come later are found', async (t) => {
  const rig = await rigFor(t, { standsMs, entries: [{ path: '*.log', follow: 'all' }] });
  const scan = t.mock.method(Finder.prototype, 'run', async ({ stop }: Parameters<Finder['run']>[0]) => {
    await new Promise<void>((resolve) => { stop.addEventListener('abort', () => { resolve(); }); });
  }, { times: 1 });
  await rig.start();
  await until('the search to have begun', () => scan.mock.callCount() === 1);
  append(rig.path('late.log'), ['one']);
  await rig.says(/^warn the search for files has stood still/);
  await rig.arrived(['one']);
  await rig.stop();
});

test('a sampler whose sample never ends is begun anew, the others go on, and the stop waits for nobody', async (t) => {
  const each = (measurement: string): unknown => ({ measurement: [measurement], metrics_collection_interval: 1 });
  const rig = await rigFor(t, { standsMs, config: ({ url }) => ({ agent: { region: 'us-east-1' }, metrics: { endpoint_override: url, metrics_collected: { mem: each('used_percent'), swap: each('used_percent') } } }) });
  const { collect: real } = Collection.prototype as { readonly collect: (this: Collection, at: number) => Promise<void> };
  let samples = 0;
  const collect = t.mock.method(Collection.prototype, 'collect', function (this: Collection, at: number) { return samples++ === 0 ? NEVER : real.call(this, at); });
  await rig.start();
  const said = await rig.says(/^warn the sampler (?:mem|swap) has stood still for \d+ s .*\(1 of 3\)/);
  const calls = collect.mock.callCount();
  await until('both to sample again', () => new Set(collect.mock.calls.slice(calls).map((call) => call.this)).size === 2);
  assert.equal(rig.said.filter((line) => / has stood still /.test(line)).length, 1, said);
  assert.equal(rig.agent.isAlive, true);
  await rig.stop();
});

test('a sampler whose sample never ends holds up no agent that lets go of everything', { timeout: 20_000 }, async (t) => {
  const rig = await rigFor(t, { config: ({ url }) => ({ agent: { region: 'us-east-1' }, metrics: { endpoint_override: url, metrics_collected: { mem: { measurement: ['used_percent'], metrics_collection_interval: 1 } } } }) });
  const collect = t.mock.method(Collection.prototype, 'collect', () => NEVER);
  await rig.start();
  await until('a sample to have begun', () => collect.mock.callCount() > 0);
  await rig.crash();
});

test('the watch over files, with its timers lost, is set anew', async () => {
  const stop = new AbortController();
  const wake = new Wake(new AgentReport(() => undefined, Date.now), () => performance.now(), stop.signal);
  const waited = wake.wait({ path: null, isOutOfReach: false, grew: () => true, changed: () => true }, null);
  wake.close();
  assert.equal(wake.isNeeded, true);
  wake.beginAnew();
  await waited;
  await until('a slice of its scan', () => wake.slices > 0);
  stop.abort();
  assert.equal(wake.isNeeded, false);
  wake.close();
});
