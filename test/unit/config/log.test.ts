import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LogPlan } from '../../../src/plan.ts';
import { compiled, lines, withEntries } from './compiled.ts';
import { ON_PREMISES } from './facts.ts';

const logOf = (agent: object, env: Readonly<Record<string, string>> = {}): LogPlan => compiled(withEntries([{ file_path: '/var/log/a.log' }], {}, { region: 'eu-central-1', ...agent }), ON_PREMISES, env).plan!.log;

test('without settings the log is text from info on; quiet wins over debug, log_level over both, the environment over all', () => {
  assert.deepEqual(logOf({}), { level: 'info', format: 'text' });
  assert.deepEqual(logOf({ log_format: 'json', debug: false, quiet: false }), { level: 'info', format: 'json' });
  assert.equal(logOf({ debug: true }).level, 'debug');
  assert.equal(logOf({ debug: true, quiet: true }).level, 'error');
  assert.equal(logOf({ debug: true, quiet: true, log_level: 'warn' }).level, 'warn');
  assert.equal(logOf({ log_level: 'warn' }, { CWAGENT_LOG_LEVEL: 'DEBUG' }).level, 'debug');
  assert.equal(logOf({ log_level: 'warn' }, { CWAGENT_LOG_LEVEL: 'OFF' }).level, 'off');
  assert.equal(logOf({ log_level: 'warn' }, { CWAGENT_LOG_LEVEL: '' }).level, 'warn');
});

test('a level of the environment that is none is said and ignored', () => {
  const result = compiled(withEntries([{ file_path: '/var/log/a.log' }]), ON_PREMISES, { CWAGENT_LOG_LEVEL: 'verbose' });
  assert.equal(result.plan!.log.level, 'info');
  assert.deepEqual(lines(result), ['warning : the environment variable CWAGENT_LOG_LEVEL names no level ("verbose"), ignored']);
});
