import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseIni } from '../../../src/config/ini.ts';
import { migrateAwslogs } from '../../../src/config/migrate-awslogs.ts';
import type { MigratedConfig } from '../../../src/config/migrate-awslogs.ts';
import { labelOfPython } from '../../../src/config/python-encodings.ts';

interface Shape { readonly agent?: { readonly region: string }; readonly logs: { readonly [key: string]: unknown; readonly logs_collected: { readonly files: { readonly collect_list: readonly Record<string, unknown>[] } } } }

function migrated(text: string, region: string | null = null): MigratedConfig & { readonly shape: Shape; readonly entries: readonly Record<string, unknown>[] } {
  const config = migrateAwslogs(parseIni('awslogs.conf', text).sections, region);
  const shape = config.document as Shape;
  return { ...config, shape, entries: shape.logs.logs_collected.files.collect_list };
}

const section = (lines: string): Record<string, unknown> => migrated(`[a]\nfile = /a.log\n${lines}`).entries[0]!;
const said = (lines: string): readonly string[] => migrated(`[a]\nfile = /a.log\n${lines}`).problems.map(({ severity, line, pointer, message }) => `${severity} ${line} ${pointer}: ${message}`);

test('each key of a section becomes the key that means the same', () => {
  assert.deepEqual(section([
    'log_group_name = /g', 'log_stream_name = {instance_id}', 'log_group_class = INFREQUENT_ACCESS', 'datetime_format = %d/%b/%Y %H:%M:%S.%f', 'time_zone = UTC',
    'multi_line_start_pattern = {datetime_format}', 'encoding = latin_1', 'initial_position = end_of_file', 'retention_in_days = 30',
  ].join('\n')), {
    file_path: '/a.log', log_group_name: '/g', log_stream_name: '{instance_id}', log_group_class: 'INFREQUENT_ACCESS', retention_in_days: 30, timestamp_format: '%d/%b/%Y %H:%M:%S.%f', timezone: 'UTC',
    multi_line_start_pattern: '{timestamp_format}', encoding: 'latin1', initial_position: 'end',
  });
});

test('what the old agent does by default is left out', () => {
  assert.deepEqual(section('time_zone = LOCAL\ninitial_position = start_of_file\nencoding = utf_8\nmulti_line_start_pattern = ^[^\\s]\nbuffer_duration = 5000\nbatch_size = 1048576'), { file_path: '/a.log' });
  assert.deepEqual(Object.keys(migrated('[general]\nuse_gzip_http_content_encoding = true\n[a]\nfile = /a.log').shape.logs), ['logs_collected']);
});

test('values the old agent does not know fall back as they do there, with a warning that names the line', () => {
  assert.deepEqual(section('initial_position = middle\nencoding = klingon\nmulti_line_start_pattern = {datetime_format}\nbuffer_duration = soon'), { file_path: '/a.log' });
  assert.deepEqual(said('initial_position = middle\nencoding = klingon\nmulti_line_start_pattern = {datetime_format}\nbuffer_duration = soon\ntime_zone = CET').map((line) => line.split(':')[0]), [
    'warning 7 time_zone', 'warning 5 multi_line_start_pattern', 'warning 4 encoding', 'warning 3 initial_position', 'warning 6 buffer_duration',
  ]);
});

test('keys without a counterpart are noted with the reason, unknown ones warned of with a suggestion', () => {
  assert.deepEqual(said('file_fingerprint_lines = 1-2\nbatch_count = 10').map((line) => line.split(' ')[0]), ['note', 'note']);
  const [problem] = migrated('[a]\nfile = /a.log\nlog_group_nam = x').problems;
  assert.deepEqual([problem!.severity, problem!.didYouMean, problem!.line], ['warning', 'log_group_name', 3]);
  assert.match(said('state_file = /x')[0]!, /^warning 3 state_file: has no effect in \[a\]/);
});

test('what is per section there and one setting here is the most careful of them', () => {
  const { shape, problems } = migrated('[general]\nstate_file = /s\nuse_gzip_http_content_encoding = False\n[a]\nfile = /a\nbuffer_duration = 20000\nbatch_size = 100000\n[b]\nfile = /b\nbuffer_duration = 10000\nbatch_size = 200000\n');
  assert.deepEqual([shape.logs['force_flush_interval'], shape.logs['max_batch_size'], shape.logs['gzip']], [10, 200_000, 'off']);
  assert.deepEqual(problems.map(({ severity, pointer, line }) => [severity, pointer, line]), [['note', 'buffer_duration', 6], ['note', 'batch_size', 7]]);
});

test('[general] gives no entry, a section without a file is an error, [DEFAULT] reaches every section', () => {
  const { entries, problems, stateFile, shape } = migrated('[general]\nstate_file = /var/state\n[DEFAULT]\ntime_zone = UTC\ndatetime_format = %s\n[a]\nlog_group_name = g\n', 'eu-west-1');
  assert.deepEqual([entries.length, stateFile, shape.agent], [1, '/var/state', { region: 'eu-west-1' }]);
  assert.deepEqual(problems.map(({ severity, message }) => [severity, message]), [['error', '[a] names no file']]);
  assert.deepEqual([entries[0]!['timestamp_format'], entries[0]!['timezone']], ['%s', 'UTC']);
});

test('braces of a file name, which Python takes as they are, are no alternatives', () => {
  assert.equal(migrated('[a]\nfile = /log/{x}*.log').entries[0]!['file_path'], String.raw`/log/\{x\}*.log`);
});

test('Python\'s names of encodings become labels that are read the same way', () => {
  const labels = Object.fromEntries(['utf_8', 'UTF-8', 'ascii', 'latin_1', 'iso8859_15', 'iso_8859_2', 'cp1252', 'cp437', 'windows-1251', 'euc_jp', 'shift_jis', 'gbk', 'cp936', 'gb2312', 'big5', 'utf_16', 'utf_16_le', 'utf_16_be', 'koi8_r', 'mac_roman', 'iso2022_jp', 'utf_7', 'nonsense'].map((name) => [name, labelOfPython(name)]));
  assert.deepEqual(labels, {
    utf_8: 'utf-8', 'UTF-8': 'utf-8', ascii: 'ascii', latin_1: 'latin1', iso8859_15: 'iso-8859-15', iso_8859_2: 'iso-8859-2', cp1252: 'windows-1252', cp437: 'cp437', 'windows-1251': 'windows-1251', euc_jp: 'euc-jp',
    shift_jis: 'shift_jis', gbk: 'gbk', cp936: 'windows-936', gb2312: 'gb2312', big5: 'big5', utf_16: 'utf-16', utf_16_le: 'utf-16le', utf_16_be: 'utf-16be', koi8_r: 'koi8-r', mac_roman: 'macintosh', iso2022_jp: 'iso-2022-jp', utf_7: null, nonsense: null,
  });
});
