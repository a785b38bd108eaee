import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkFile } from '../../../scripts/import-rules.ts';
import { codeOnly, importsOf } from '../../../scripts/source-scan.ts';

const rulesOf = (file: string, source: string): readonly string[] => checkFile(file, source).map(({ line, rule }) => `${line} ${rule}`);

test('a stage that imports another stage is named with its line and what it may import', () => {
  const [violation, ...rest] = rulesOf('files/tailer.ts', "import { join } from 'node:path';\nimport { Lane } from '../delivery/lane.ts';\n");
  assert.match(violation!, /^2 files may not import delivery\/lane\.ts: plan\.ts, metrics-plan\.ts, flow\.ts/);
  assert.deepEqual(rest, []);
});

test('own files, the leaves and the port of delivery are allowed', () => {
  assert.deepEqual(rulesOf('aws/logs-endpoint.ts', "import type { Endpoint } from '../delivery/endpoint.ts';\nimport { x } from './clients.ts';\nimport type { Outcome } from '../flow.ts';\nimport { X } from '@aws-sdk/client-cloudwatch-logs';"), []);
  assert.deepEqual(rulesOf('delivery/lane.ts', "import { LIMIT } from '../batching/limits.ts';\nimport type { Service } from '../lifecycle/lifetime.ts';"), []);
  assert.deepEqual(rulesOf('cli/version.ts', "import manifest from '../../package.json' with { type: 'json' };"), []);
});

test('local-endpoint imports nothing of src, and only cli imports it, also lazily and as types', () => {
  assert.equal(rulesOf('local-endpoint/logs.ts', "import { MAX } from '../batching/limits.ts';").length, 1);
  assert.equal(rulesOf('agent/agent.ts', "const m = await import('../local-endpoint/server.ts');").length, 1);
  assert.equal(rulesOf('agent/agent.ts', "export type { Fault } from '../local-endpoint/faults.ts';").length, 1);
  assert.deepEqual(rulesOf('cli/endpoint.ts', "const m = await import('../local-endpoint/server.ts');"), []);
});

test('what runs in the browser knows the form of what it is told, and the endpoint knows no page', () => {
  assert.deepEqual(rulesOf('page/agent/main.ts', "import type { StatusDocument } from '../../control/status-document.ts';"), []);
  for (const target of ['agent/agent.ts', 'control/client.ts', 'local-endpoint/server.ts', 'ui/gate.ts']) assert.equal(rulesOf('page/agent/main.ts', `import { x } from '../../${target}';`).length, 1, target);
  assert.equal(rulesOf('local-endpoint/server.ts', "import { Gate } from '../ui/gate.ts';").length, 1);
});

test('the SDK stays in aws/, the agent is known to cli alone, and a folder without a rule is refused', () => {
  assert.match(rulesOf('delivery/lane.ts', "import { X } from '@aws-sdk/client-ssm';")[0]!, /only aws\/ knows the SDK/);
  assert.equal(rulesOf('control/socket.ts', "import { Agent } from '../agent/agent.ts';").length, 1);
  assert.match(rulesOf('helpers/x.ts', '')[0]!, /no part of the architecture/);
});

test('pure code may not reach files, clocks, timers, chance or the process, whatever the spelling', () => {
  const source = ["import { readFileSync } from 'node:fs';", "import { crc32, createGzip } from 'node:zlib';", 'const a = Date.now();', 'const b = Math.random();', 'setTimeout(f, 1);', 'const c = process.pid;', 'const d = new Date();', 'const e = `${Date . now()}`;'].join('\n');
  assert.deepEqual(rulesOf('records/stamp.ts', source).map((rule) => Number(rule.split(' ')[0])), [1, 2, 3, 4, 5, 6, 7, 8]);
  assert.deepEqual(rulesOf('files/tailer.ts', source), []);
});

test('pure code may compute: checksums, dates from numbers, and members that only share a name', () => {
  const source = "import { crc32 } from 'node:zlib';\nconst a = new Date(0).getTime();\nconst b = options.process;\nconst o = { process: 1 };\n// Date.now()\nconst c = 'Math.random()';\nconst d = /process/.test(x);";
  assert.deepEqual(rulesOf('checkpoint/codec.ts', source), []);
  assert.equal(rulesOf('checkpoint/store.ts', 'setTimeout(f, 1)').length, 0);
});

test('argv and the environment are read at the edge alone', () => {
  assert.equal(rulesOf('delivery/lane.ts', 'const a = process.argv[2] ?? process.env["HOME"];').length, 2);
  assert.deepEqual(rulesOf('host/hostname.ts', 'const a = process.env["HOSTNAME"];'), []);
});

test('text is not code: strings, templates, comments and regular expressions are blanked, code in templates stays', () => {
  const source = "const a = \"x // y\"; /* b */ const t = `p ${ { k: `q${1}` }.k } r`; const r = /[/'\"]/g; const n = 4 / 2 / 1; // c";
  const code = codeOnly(source);
  assert.equal(code.length, source.length);
  assert.doesNotMatch(code, /[xybcpr] \/\/|\bp\b|\bq\b| b |'/);
  assert.match(code, /\{ k: ` \$\{1\}` \}\.k/);
  assert.match(code, /const n = 4 \/ 2 \/ 1;/);
});

test('each form of import is found with its names, and text that looks like one is not', () => {
  const source = "import a, { b as c, type D } from './one.ts';\nexport * from \"./two.ts\";\nimport './three.ts';\nimport type { E } from './four.ts';\n// import './no.ts'\nconst s = \"import './no.ts'\";\nawait import('./five.ts');";
  assert.deepEqual(importsOf(source).map((found) => [found.specifier, found.line, found.typeOnly, found.names.join()]), [
    ['./one.ts', 1, false, 'b,D'], ['./two.ts', 2, false, ''], ['./three.ts', 3, false, ''], ['./four.ts', 4, true, 'E'], ['./five.ts', 7, false, ''],
  ]);
});
