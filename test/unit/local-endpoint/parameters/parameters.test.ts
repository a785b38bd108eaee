import assert from 'node:assert/strict';
import { beforeEach, suite, test } from 'node:test';
import { readOperations } from '../../../../src/local-endpoint/parameters/read.ts';
import { ParameterStore } from '../../../../src/local-endpoint/parameters/store.ts';
import { writeOperations } from '../../../../src/local-endpoint/parameters/write.ts';
import type { Operations } from '../../../../src/local-endpoint/call.ts';
import type { JsonObject } from '../../../../src/local-endpoint/wire/json.ts';
import { answer, verdict } from '../support.ts';

suite('Parameter Store', () => {
  let operations: Operations = {};
  const put = (Name: string, Value: string, more: JsonObject = {}): string => verdict(operations, 'PutParameter', { Name, Value, Type: 'String', ...more });
  const get = (Name: string, more: JsonObject = {}): Record<string, unknown> => answer(operations, 'GetParameter', { Name, ...more })['Parameter'] as unknown as Record<string, unknown>;

  beforeEach(() => {
    const store = new ParameterStore();
    operations = { ...readOperations(store), ...writeOperations(store) };
  });

  test('a value of 4,096 bytes fits the standard tier, 8,192 the advanced one; intelligent tiering chooses', () => {
    assert.equal(put('/a', 'x'.repeat(4096)), 'accepted');
    assert.match(put('/b', 'x'.repeat(4097)), /^ValidationException: Standard tier parameters support a maximum parameter value of 4096 characters/);
    assert.match(put('/b', 'é'.repeat(2049)), /^ValidationException/);
    assert.equal(put('/b', 'x'.repeat(8192), { Tier: 'Advanced' }), 'accepted');
    assert.match(put('/c', 'x'.repeat(8193), { Tier: 'Advanced' }), /8192/);
    assert.deepEqual(answer(operations, 'PutParameter', { Name: '/c', Value: 'x'.repeat(5000), Type: 'String', Tier: 'Intelligent-Tiering' }), { Version: 1, Tier: 'Advanced' });
    assert.match(put('/c', 'x', { Tier: 'Standard', Overwrite: true }), /can't downgrade/);
  });

  test('a version, a label and an ARN each find their value', () => {
    put('/a/b', 'one');
    put('/a/b', 'two', { Overwrite: true });
    answer(operations, 'LabelParameterVersion', { Name: '/a/b', ParameterVersion: 1, Labels: ['prod'] });
    assert.deepEqual([get('/a/b'), get('/a/b:1'), get('/a/b:prod'), get('arn:aws:ssm:us-east-1:000000000000:parameter/a/b')].map(({ Value }) => Value), ['two', 'one', 'one', 'two']);
    assert.equal(get('/a/b:1')['Selector'], ':1');
    answer(operations, 'LabelParameterVersion', { Name: '/a/b', ParameterVersion: 2, Labels: ['prod'] });
    assert.equal(get('/a/b:prod')['Value'], 'two');
    assert.equal(verdict(operations, 'GetParameter', { Name: '/a/b:9' }), 'ParameterVersionNotFound: Systems Manager could not find version 9 of /a/b. Verify the version and try again.');
    assert.match(verdict(operations, 'GetParameter', { Name: '/none' }), /^ParameterNotFound/);
  });

  test('an existing parameter is overwritten only on request, and not together with tags', () => {
    put('/a', '1');
    assert.match(put('/a', '2'), /^ParameterAlreadyExists: The parameter already exists/);
    assert.match(put('/a', '2', { Overwrite: true, Tags: [{ Key: 'k', Value: 'v' }] }), /tags and overwrite can't be used together/);
    assert.deepEqual(answer(operations, 'PutParameter', { Name: '/a', Value: '2', Overwrite: true }), { Version: 2, Tier: 'Standard' });
    assert.match(verdict(operations, 'PutParameter', { Name: '/b', Value: '1' }), /type is required/);
  });

  test('a SecureString is readable only with decryption', () => {
    put('/s', 'secret', { Type: 'SecureString' });
    assert.equal(get('/s', { WithDecryption: true })['Value'], 'secret');
    assert.doesNotMatch(String(get('/s')['Value']), /secret/);
  });

  test('names that the service reserves or cannot hold are refused', () => {
    assert.match(put('/aws/x', '1'), /^AccessDeniedException/);
    for (const name of ['awsx', 'ssm-x', 'a b', 'a/b', '/a//b', `/${'x'.repeat(1000)}`]) assert.match(put(name, '1'), /^ValidationException/, name);
    assert.match(put(`/${Array.from({ length: 16 }, () => 'a').join('/')}`, '1'), /^HierarchyLevelLimitExceededException/);
    assert.equal(put(`/${Array.from({ length: 15 }, () => 'a').join('/')}`, '1'), 'accepted');
    assert.match(put('/a', ''), /^ValidationException/);
    assert.match(put('/a', '{{ssm:/b}}'), /^ValidationException/);
    assert.match(put('/a', 'x', { AllowedPattern: '\\d+' }), /^ParameterPatternMismatchException/);
    assert.match(put('/a', `${'a'.repeat(40)}!`, { AllowedPattern: '(a+)+' }), /^InvalidAllowedPatternException/);
  });

  test('100 versions are kept, and a labelled one is never dropped', () => {
    for (let i = 0; i < 101; i++) put('/a', String(i), { Overwrite: true });
    assert.match(verdict(operations, 'GetParameter', { Name: '/a:1' }), /^ParameterVersionNotFound/);
    answer(operations, 'LabelParameterVersion', { Name: '/a', ParameterVersion: 2, Labels: ['keep'] });
    assert.match(put('/a', 'x', { Overwrite: true }), /^ParameterMaxVersionLimitExceeded/);
  });

  test('GetParametersByPath pages through a level or the whole tree', () => {
    for (let i = 0; i < 12; i++) put(`/p/${String(i).padStart(2, '0')}`, String(i));
    put('/p/deep/er', 'd');
    put('/pq', 'no');
    const first = answer(operations, 'GetParametersByPath', { Path: '/p' });
    const second = answer(operations, 'GetParametersByPath', { Path: '/p', NextToken: first['NextToken']! });
    const names = [...(first['Parameters'] as unknown as { Name: string }[]), ...(second['Parameters'] as unknown as { Name: string }[])].map(({ Name }) => Name);
    assert.deepEqual(names, Array.from({ length: 12 }, (_, i) => `/p/${String(i).padStart(2, '0')}`));
    assert.equal(second['NextToken'], undefined);
    assert.match(verdict(operations, 'GetParametersByPath', { Path: '/p', MaxResults: 11 }), /less than or equal to 10/);
    const rest = answer(operations, 'GetParametersByPath', { Path: '/p/', Recursive: true, ParameterFilters: [{ Key: 'Type', Values: ['SecureString'] }] });
    assert.deepEqual(rest['Parameters'], []);
  });

  test('GetParameters lists what is missing instead of failing', () => {
    put('/a', '1');
    const result = answer(operations, 'GetParameters', { Names: ['/a', '/b'] });
    assert.deepEqual(result['InvalidParameters'], ['/b']);
    answer(operations, 'DeleteParameter', { Name: '/a' });
    assert.match(verdict(operations, 'DeleteParameter', { Name: '/a' }), /^ParameterNotFound/);
  });
});
