import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LogPlan } from '../../../src/plan.ts';
import { AgentReport } from '../../../src/report/agent-report.ts';
import { OwnLog } from '../../../src/report/own-log.ts';
import type { LogLevel } from '../../../src/report/own-log.ts';

const TIME = '2023-11-14T22:13:20.000Z';
const LEVELS: readonly LogLevel[] = ['debug', 'info', 'warn', 'error'];

function logging(plan: LogPlan, least?: LogLevel): { readonly log: OwnLog; readonly lines: string[] } {
  const lines: string[] = [];
  return { log: new OwnLog(plan, (line) => lines.push(line), () => Date.parse(TIME), least === undefined ? {} : { least }), lines };
}

test('what is less grave than the level, or than what the command line asks for, is not said', () => {
  const said = (level: LogPlan['level'], least?: LogLevel): readonly LogLevel[] => {
    const { log } = logging({ level, format: 'text' }, least);
    return LEVELS.filter((one) => log.says(one));
  };
  assert.deepEqual(said('debug'), LEVELS);
  assert.deepEqual(said('info'), ['info', 'warn', 'error']);
  assert.deepEqual(said('error'), ['error']);
  assert.deepEqual(said('off'), []);
  assert.deepEqual(said('debug', 'warn'), ['warn', 'error']);
  assert.deepEqual(said('error', 'warn'), ['error']);
});

test('what a person asks for counts whatever plan, environment and command line say, until it is taken back', () => {
  const { log } = logging({ level: 'warn', format: 'text' }, 'warn');
  log.ask('debug');
  assert.deepEqual([log.level, log.configured, log.says('debug')], ['debug', 'warn', true]);
  log.outside('error');
  assert.deepEqual([log.level, log.configured], ['debug', 'error']);
  log.ask('off');
  assert.equal(log.says('error'), false);
  log.ask(null);
  log.outside('debug');
  assert.deepEqual([log.level, log.says('info'), log.says('warn')], ['warn', false, true], 'no less grave than the command line asks for');
  log.follow({ level: 'error', format: 'text' });
  log.outside(null);
  assert.equal(log.level, 'error');
});

test('a line is text, or one JSON object whatever the message holds', () => {
  const text = logging({ level: 'info', format: 'text' });
  text.log.line('warn', 'disk "full"');
  assert.deepEqual(text.lines, [`${TIME} warn  disk "full"\n`]);
  const json = logging({ level: 'info', format: 'json' });
  json.log.line('warn', 'disk "full"\n\u0007é');
  assert.equal(json.lines.length, 1);
  assert.equal(json.lines[0]!.indexOf('\n'), json.lines[0]!.length - 1);
  assert.deepEqual(JSON.parse(json.lines[0]!), { time: TIME, level: 'warn', message: 'disk "full"\n\u0007é' });
});

test('level and format may change while it runs, also for those who hold its line function', () => {
  const { log, lines } = logging({ level: 'error', format: 'text' });
  const report = new AgentReport(log.line, () => 0, () => log.says('debug'));
  let asked = 0;
  const step = (): string => `step ${++asked}`;
  report.debug(step);
  report.note('a note');
  assert.deepEqual([lines.length, asked], [0, 0]);
  log.follow({ level: 'debug', format: 'json' });
  report.debug(step);
  assert.deepEqual(lines.map((line) => (JSON.parse(line) as { message: string }).message), ['step 1']);
});

test('why it cannot run is said at any level, in the format', () => {
  const text = logging({ level: 'off', format: 'text' });
  text.log.fatal('no state');
  const json = logging({ level: 'off', format: 'json' });
  json.log.fatal('no state');
  assert.deepEqual([...text.lines, ...json.lines], ['agent: no state\n', `{"time":"${TIME}","level":"error","message":"no state"}\n`]);
});
