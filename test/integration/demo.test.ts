import assert from 'node:assert/strict';
import { appendFileSync, existsSync, renameSync, rmSync, truncateSync, unlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { demo } from '../../src/cli/demo.ts';
import { machineLogs, proveMachineLog } from '../../src/cli/demo/machine-logs.ts';
import { scratch } from '../support/state.ts';

const MAIN = join(import.meta.dirname, '../../src/main.ts');

test('the demo proves every line of two rotating writers and of the machine\'s logs, whatever is in them, and leaves nothing behind', async (t) => {
  const logs = await scratch(t);
  writeFileSync(join(logs, 'plain.log'), 'one\ntwo\n\n  three\n');
  writeFileSync(join(logs, 'odd.log'), Buffer.concat([Buffer.from(`\u{feff}crlf\r\n${'text\n'.repeat(10_000)}`), Buffer.alloc(5000), Buffer.from('after the hole\nbad \xff\xfe bytes\nlone\rreturn\n', 'latin1'), Buffer.from('unfinished')]));
  writeFileSync(join(logs, 'long.log'), `${'x'.repeat(600_000)}\nshort\n`);
  writeFileSync(join(logs, 'wtmp'), 'not text');
  let said = '';
  const busy = setInterval(() => appendFileSync(join(logs, 'plain.log'), 'more\n'), 50);
  const started = performance.now();
  try {
    const code = await demo({ seconds: 2.5, rotateEveryMs: [600, 800], program: [process.execPath, MAIN], logFolder: logs, linesPerSecond: 1000, terminal: true, say: (text) => { said += text; }, stop: new AbortController().signal });
    assert.equal(code, 0, said);
  } finally {
    clearInterval(busy);
  }
  assert.ok(performance.now() - started < 20_000);
  assert.match(said, /The agent follows 3 logs below /);
  assert.match(said, / 2 s .* events .* files {3}\d rotations?/);
  const [, lines, delivered] = /demo: ([\d,]+) lines written, ([\d,]+) delivered, 0 lost, 0 twice\n$/.exec(said)!;
  assert.equal(lines, delivered);
  assert.ok(Number(lines!.replaceAll(',', '')) > 4_000);
  assert.equal(existsSync(/\/\S*agent-demo-\w+/.exec(said)![0]), false, 'the temporary directory is removed');
});

test('the demo says what the agent said when it does not start, keeps its files, and exits 1', async (t) => {
  const logs = await scratch(t);
  let said = '';
  const code = await demo({ seconds: 1, program: [process.execPath, '-e', 'console.error("no such luck"); process.exit(3)'], logFolder: logs, linesPerSecond: 1, rotateEveryMs: [1000, 1000], terminal: true, say: (text) => { said += text; }, stop: new AbortController().signal });
  t.after(() => { rmSync(/kept in (\S+)/.exec(said)![1]!, { recursive: true }); });
  assert.equal(code, 1);
  assert.match(said, /demo: the agent has ended \(exit code 3\)\nno such luck\ndemo: config, logs and state are kept in /);
});

test('of the machine\'s logs the newest twenty readable text files are taken, each file once', async (t) => {
  const logs = await scratch(t);
  for (let n = 0; n < 25; n++) {
    writeFileSync(join(logs, `${n}.log`), `${n}\n`);
    utimesSync(join(logs, `${n}.log`), 1_000 + n, 1_000 + n);
  }
  for (const [name, content] of [['binary.log', '\0\u0001\u0002\u0003'], ['old.log.gz', 'x'], ['empty.log', ''], ['wild[1].log', 'x\n']] as const) writeFileSync(join(logs, name), content);
  const chosen = await machineLogs(logs);
  assert.deepEqual(chosen.map(({ path }) => path), Array.from({ length: 20 }, (_, i) => join(logs, `${24 - i}.log`)));
});

test('a log of the machine is proven by what is stored of it, also when it was rotated meanwhile', async (t) => {
  const logs = await scratch(t);
  const path = join(logs, 'a.log');
  writeFileSync(path, 'one\ntwo\n');
  const [log] = await machineLogs(logs);
  const lost = (acknowledged: number, messages: readonly string[]): number | string => {
    const outcome = proveMachineLog(log!, acknowledged, messages);
    return outcome.kind === 'compared' ? outcome.verdict.lost : outcome.reason;
  };
  assert.equal(lost(8, ['one', 'two']), 0);
  assert.equal(lost(8, ['one']), 1);
  assert.equal(lost(4, ['one']), 0, 'what is not acknowledged is not due');
  renameSync(path, `${path}.1`);
  writeFileSync(path, 'three\nfour\n');
  assert.equal(lost(6, ['one', 'two', 'three']), 0);
  assert.equal(lost(11, ['one', 'three', 'four']), 1);
  unlinkSync(`${path}.1`);
  assert.equal(lost(11, ['one', 'two', 'three']), 'was deleted or compressed during the demo');
  renameSync(path, `${path}.2`);
  writeFileSync(path, 'one\n');
  const [young] = (await machineLogs(logs)).filter((found) => found.path === path);
  truncateSync(path, 1);
  assert.deepEqual(proveMachineLog(young!, 1, []), { kind: 'left out', reason: 'was truncated during the demo' });
});
