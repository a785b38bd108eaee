import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KNOWN_LOGS } from '../../../../src/cli/wizard/known-logs.ts';
import { groupFor, proposalsFor, type FoundLog } from '../../../../src/cli/wizard/log-proposals.ts';

const ISO = { format: '%Y-%m-%dT%H:%M:%S', field: null, timezone: null, ambiguousWith: null, start: 'line without leading white space', times: [] } as const;
const file = (path: string, more: Partial<FoundLog> = {}): FoundLog => ({ path, size: 10, mtimeMs: 1000, writer: null, known: null, form: ISO, ...more });
const patterns = (found: readonly FoundLog[]): readonly string[] => proposalsFor(found).map(({ pattern, perFile }) => `${pattern}${perFile ? ' each' : ''}`);

test('a log stands for itself, and what is known comes first', () => {
  const syslog = KNOWN_LOGS.find(({ pattern }) => pattern === '/var/log/syslog')!;
  const found = [file('/srv/app/app.log', { mtimeMs: 9000 }), file('/var/log/syslog', { known: syslog }), file('/srv/b/b.log')];
  assert.deepEqual(patterns(found), ['/var/log/syslog', '/srv/app/app.log', '/srv/b/b.log']);
  assert.deepEqual(proposalsFor(found).map(({ group, recommended }) => [group, recommended]), [['syslog', true], ['app.log', false], ['b.log', false]]);
});

test('files of one name but for a number get one glob, each its own stream', () => {
  assert.deepEqual(patterns([file('/srv/w/worker-1.log'), file('/srv/w/worker-2.log')]), ['/srv/w/worker-*.log each']);
  assert.deepEqual(patterns([file('/srv/w/worker-1.log')]), ['/srv/w/worker-1.log']);
});

test('of files with a date in their names only the newest is followed', () => {
  assert.deepEqual(patterns([file('/srv/d/app-2026-11-21.log')]), ['/srv/d/app-*.log']);
  assert.deepEqual(patterns([file('/srv/d/app1.20261121.log'), file('/srv/d/app1.20261120.log'), file('/srv/d/app2.20261121.log')]), ['/srv/d/app1.*.log', '/srv/d/app2.*.log']);
});

test('files of one folder whose lines are alike get one glob, unless it would match others', () => {
  const many = ['a', 'b', 'c'].map((name) => file(`/srv/m/${name}.log`));
  assert.deepEqual(patterns(many), ['/srv/m/*.log each']);
  assert.equal(proposalsFor(many)[0]?.group, 'srv/m');
  assert.deepEqual(patterns([...many, file('/srv/m/d.log', { form: { ...ISO, format: null } })]).length, 4);
  assert.equal(patterns(['a', 'b', 'c'].map((name) => file(`/var/log/${name}.log`))).length, 3);
});

test('a known glob is taken where several files match it, else the file itself', () => {
  const known = KNOWN_LOGS.find(({ pattern }) => pattern.includes('nginx/*access'))!;
  assert.deepEqual(patterns([file('/var/log/nginx/access.log', { known })]), ['/var/log/nginx/access.log']);
  assert.deepEqual(patterns([file('/var/log/nginx/access.log', { known }), file('/var/log/nginx/shop.access.log', { known })]), ['/var/log/nginx/*access*.log each']);
});

test('a group is named after the file, or the folder of a glob, with what a group may have', () => {
  assert.deepEqual(['/var/log/my app.log', '/srv/*/logs/x.log', '/*.log', '/srv/a b/*.log'].map(groupFor), ['my_app.log', 'srv', 'logs', 'srv/a_b']);
});
