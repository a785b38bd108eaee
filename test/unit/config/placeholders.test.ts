import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { asksForInstance, tagsNamed, type HostFacts } from '../../../src/config/placeholders.ts';
import { groupFault, streamFault } from '../../../src/naming/legal-name.ts';
import { nameOf, ofFile, shown } from '../../../src/naming/template.ts';
import type { Plan } from '../../../src/plan.ts';
import { compiled, entryOf, lines, withEntries } from './compiled.ts';
import { ON_EC2, ON_PREMISES, UNKNOWN } from './facts.ts';

const ENTRY = '/logs/logs_collected/files/collect_list/0';
const SEVEN = '{instance_id} {hostname} {local_hostname} {ip_address} {aws_region} {account_id} {date}';

const streamOf = (stream: string, facts: HostFacts = ON_EC2): string => shown(entryOf({ log_stream_name: stream }, facts, {}, { region: 'eu-west-1' }).naming.stream);

/** The problems of one entry, without their pointer's beginning. */
function problemsOf(entry: object, facts: HostFacts = ON_EC2, env: Readonly<Record<string, string>> = {}): readonly string[] {
  return lines(compiled(withEntries([{ file_path: '/var/log/app.log', ...entry }]), facts, env)).map((line) => line.replace(`${ENTRY}/`, ''));
}

test('the CloudWatch agent\'s placeholders have the values of the instance on EC2, and the date is that of each event', () => {
  assert.equal(streamOf(SEVEN), 'i-0123456789abcdef0 ip-10-0-0-7.ec2.internal web-1 10.0.0.7 eu-west-1 123456789012 {date of the event}');
});

test('the CloudWatch agent\'s placeholders fall back to the system, then to its own words', () => {
  assert.equal(streamOf(SEVEN, ON_PREMISES), 'i-UNKNOWN web-1 web-1 192.0.2.7 eu-west-1 UNKNOWN-ACCOUNT {date of the event}');
  assert.equal(streamOf(SEVEN, UNKNOWN), 'i-UNKNOWN UNKNOWN-HOST UNKNOWN-HOST UNKNOWN-IP eu-west-1 UNKNOWN-ACCOUNT {date of the event}');
  assert.deepEqual(problemsOf({ log_stream_name: SEVEN }, UNKNOWN).map((line) => line.split(' ')[0]), ['note', ...Array<string>(5).fill('warning')]);
});

test('tags, the zone and the environment are filled in, and a fallback stands in for what is not known, without a word', () => {
  const env = { TEAM: 'a:b' };
  const name = '{tag:Name}/{tag:aws:autoscaling:groupName}/{availability_zone}/{env:TEAM}/{env:NONE|none}/{instance_id|me}';
  const of = (facts: HostFacts, text: string): string => shown(compiled(withEntries([{ file_path: '/a.log', log_group_name: 'g', log_stream_name: text }]), facts, env).plan!.entries[0]!.naming.stream);
  assert.equal(of(ON_EC2, name), 'shop/web/eu-west-1b/a_b/none/i-0123456789abcdef0');
  assert.equal(of(ON_PREMISES, '{tag:Name|no tag}/{availability_zone|here}/{instance_id|me}'), 'no tag/here/me');
  assert.deepEqual(problemsOf({ log_stream_name: '{tag:Name|x}{instance_id|me}' }, ON_PREMISES), []);
});

test('what is not known, and has no fallback, disables its entry and says what to do', () => {
  const hidden: HostFacts = { ...ON_EC2, instance: { ...ON_EC2.instance!, tags: {}, tagsShown: false } };
  const { plan, problems } = compiled(withEntries([{ file_path: '/a.log', log_group_name: 'g', log_stream_name: '{tag:Role}' }, { file_path: '/b.log', log_group_name: 'g' }]), ON_EC2);
  assert.deepEqual(plan!.disabled, [{ pointer: ENTRY, pattern: '/a.log', reason: 'log_stream_name: {tag:Role}: the instance has no tag Role' }]);
  assert.match(problems[0]!.expected!, /a tag Role on the instance, or a text to use instead: \{tag:Role\|TEXT\}/);
  assert.deepEqual(problemsOf({ log_stream_name: '{tag:Role}' }, ON_PREMISES), ['error log_stream_name: {tag:Role}: the tag Role is not known: this is no EC2 instance, or its metadata service does not answer']);
  assert.match(compiled(withEntries([{ file_path: '/a.log', log_stream_name: '{tag:Role}' }]), hidden).problems[0]!.expected!, /modify-instance-metadata-options --instance-id i-0123456789abcdef0 --instance-metadata-tags enabled/);
  assert.deepEqual(problemsOf({ log_stream_name: '{env:TEAM}' }), ['error log_stream_name: {env:TEAM}: the environment variable TEAM is not set']);
  assert.deepEqual(problemsOf({ log_stream_name: '{availability_zone}' }, ON_PREMISES), ['error log_stream_name: {availability_zone}: the availability zone is not known: only the EC2 instance metadata gives it']);
});

test('a word in braces that is no placeholder is an error with what was meant, and so is a stray brace', () => {
  const meant = (name: string): readonly (string | null)[] => compiled(withEntries([{ file_path: '/a.log', log_stream_name: name }]), ON_EC2).problems.flatMap(({ severity, didYouMean }) => severity === 'error' ? [didYouMean] : []);
  assert.deepEqual(meant('{instanceid}'), ['{instance_id}']);
  assert.deepEqual(meant('{env}'), ['{env:NAME}']);
  assert.deepEqual(meant('${aws:InstanceId}'), ['{instance_id}']);
  assert.deepEqual(meant('{toString}'), [null]);
  assert.deepEqual(meant('{hostname:x}'), ['{hostname}']);
  assert.deepEqual(problemsOf({ log_stream_name: 'a{hostname' }), ['error log_stream_name: the brace at character 2 belongs to no placeholder']);
  assert.deepEqual(problemsOf({ log_stream_name: '{env:X|}' }), ['error log_stream_name: {env:X|} has an empty fallback']);
});

test('a group has one name a file: the date of loading, and no other part of a date', () => {
  assert.equal(shown(entryOf({ log_group_name: 'g-{date}' }, ON_EC2).naming.group), 'g-2026-01-31');
  assert.deepEqual(problemsOf({ log_group_name: 'g-{hour}' }), ['error log_group_name: {hour} is known of each event, and the events of a file have one group']);
  assert.match(problemsOf({ log_group_name: 'g-{date}' })[0]!, /^note log_group_name: in the name of a group \{date\} is the day on which the config is loaded/);
});

test('the timezone is not idle where it says whose dates name the stream', () => {
  assert.deepEqual(problemsOf({ log_stream_name: '{date}', timezone: 'UTC' }), [`note ${ENTRY}: the date in the name of its stream is that on which an event is read: the entry has no timestamp_format or timestamp_field`]);
  assert.deepEqual(problemsOf({ log_stream_name: '{date}', timestamp_format: '%Y-%m-%d' }), []);
  assert.equal(entryOf({ log_stream_name: '{date}', timezone: 'UTC' }).naming.dateZone, 'UTC');
  assert.deepEqual(problemsOf({ log_stream_name: 's', timezone: 'UTC' }), ['warning timezone: has no effect without timestamp_format or timestamp_field']);
});

test('captures of path_pattern are held against its groups', () => {
  const entry = { file_path: '/srv/*/app.log', log_group_name: 'g', follow: 'all', path_pattern: '/srv/(?P<app>[^/]+)/(x)?' };
  assert.deepEqual(problemsOf({ ...entry, log_stream_name: '{path:app}-{path:1}-{path:2|no}' }), []);
  assert.deepEqual(problemsOf({ ...entry, log_stream_name: '{path:apq}' }), ['error log_stream_name: path_pattern /srv/(?P<app>[^/]+)/(x)? has no group apq']);
  assert.deepEqual(problemsOf({ ...entry, log_stream_name: '{path:3|x}' }), ['warning path_pattern: has no effect without {path:NAME} in log_group_name or log_stream_name', 'warning log_stream_name: path_pattern has no group 3, so {path:3} is always "x"']);
  assert.deepEqual(problemsOf({ log_stream_name: '{path:app}' }), ['error log_stream_name: {path:app} is what path_pattern finds in the path, and the entry has none']);
  assert.deepEqual(problemsOf({ ...entry, file_path: '/var/app.log', log_stream_name: '{path:app}' }), ['error path_pattern: finds nothing to name /var/app.log by']);
  assert.equal(problemsOf({ ...entry, path_pattern: '(', log_stream_name: '{path:app}' })[0]!.split(':')[0], 'error path_pattern');
});

test('a default stream with a capture is held against the pattern of each entry that uses it', () => {
  const { plan, problems } = compiled(withEntries([
    { file_path: '/srv/a/x.log', log_group_name: 'g', path_pattern: '^/srv/(?P<app>\\w+)' },
    { file_path: '/srv/b/x.log', log_group_name: 'g' },
  ], { log_stream_name: '{path:app}' }), ON_EC2);
  assert.deepEqual(plan!.disabled.map(({ reason }) => reason), ['{path:app} is what path_pattern finds in the path, and the entry has none']);
  assert.deepEqual(problems.map(({ pointer }) => pointer), [ENTRY.replace('0', '1')]);
});

test('only what names ask for is asked of the instance', () => {
  assert.deepEqual(['{env:X}/{file_name}/{date}', '{tag:A|x}', '{availability_zone}', 'instance_id'].map(asksForInstance), [false, true, true, false]);
  assert.deepEqual(tagsNamed('{tag:A}/{tag:aws:x|y}/{tag:}/{env:B}'), ['A', 'aws:x']);
});

test('whatever is written, a name that compiles is legal, has no brace of a placeholder in it, and is the same for the same file and hour', () => {
  const word = fc.constantFrom('instance_id', 'hostname', 'local_hostname', 'ip_address', 'aws_region', 'account_id', 'date', 'year', 'month', 'day', 'hour', 'availability_zone', 'env:TEAM', 'env:NONE', 'tag:Name', 'tag:No', 'file_name', 'directory', 'path:app', 'path:1', 'path:9', 'nonsense');
  const piece = fc.oneof(
    { weight: 3, arbitrary: fc.tuple(word, fc.option(fc.stringMatching(/^[a-z]{0,5}$/))).map(([name, fallback]) => `{${name}${fallback === null ? '' : `|${fallback}`}}`) },
    { weight: 2, arbitrary: fc.stringMatching(/^[a-zA-Z0-9/ -]{1,8}$/) },
    { weight: 1, arbitrary: fc.constantFrom('{', '}', '|', ':') },
  );
  const path = fc.stringMatching(/^\/[a-z:* ]{1,9}\/[a-zA-Z:* é.]{1,300}$/);
  let plans = 0;
  fc.assert(fc.property(fc.array(piece, { minLength: 1, maxLength: 6 }), path, (pieces, file) => {
    const entry = { file_path: '/srv/*/*.log', follow: 'all', log_stream_name: pieces.join(''), log_group_name: `g-${pieces.join('')}`, path_pattern: '^/([a-z]*)/(?P<app>[a-z]*)' };
    const plan: Plan | null = compiled(withEntries([entry]), ON_EC2, { TEAM: 'a*b' }).plan;
    if (plan === null) return;
    plans++;
    const { group, stream, pathPattern } = plan.entries[0]!.naming;
    const found = new RegExp(pathPattern!.js, pathPattern!.flags).exec(file);
    for (const [template, kind, fault] of [[group, 'group', groupFault], [stream, 'stream', streamFault]] as const) {
      const ofThis = ofFile(template, kind, file, found);
      if (ofThis === null) continue;
      const name = nameOf(ofThis, { year: 2026, month: 1, day: 31, hour: 7 });
      assert.equal(fault(name), null);
      assert.doesNotMatch(name, /[{}]/);
      assert.equal(name, nameOf(ofFile(template, kind, file, found)!, { year: 2026, month: 1, day: 31, hour: 7 }));
    }
  }), { numRuns: 500 });
  assert.ok(plans > 20, `${plans} of 500 compiled`);
});
