import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parameterWord, parseSource } from '../../../src/config/source.ts';

test('each form of a source is told from the others', () => {
  const forms: Readonly<Record<string, unknown>> = {
    'agent.json': { kind: 'place', path: 'agent.json' },
    '/etc/conf.d/': { kind: 'place', path: '/etc/conf.d/' },
    'file:/etc/agent.json': { kind: 'place', path: '/etc/agent.json' },
    './default': { kind: 'place', path: './default' },
    '-': { kind: 'stdin' },
    default: { kind: 'default' },
    'ssm:AmazonCloudWatch-linux': { kind: 'parameter', reference: 'AmazonCloudWatch-linux' },
    'ssm:/a/b:3': { kind: 'parameter', reference: '/a/b:3' },
    'ssm:/a/b:prod': { kind: 'parameter', reference: '/a/b:prod' },
    'ssm:arn:aws:ssm:eu-central-1:123456789012:parameter/a/b:prod': { kind: 'parameter', reference: 'arn:aws:ssm:eu-central-1:123456789012:parameter/a/b:prod' },
    'ssm:/a/b/': { kind: 'parameters', path: '/a/b' },
    'ssm:/': { kind: 'parameters', path: '/' },
  };
  for (const [word, source] of Object.entries(forms)) assert.deepEqual(parseSource(word), source, word);
});

test('what is no source is refused with the reason and the forms there are', () => {
  const faults: Readonly<Record<string, RegExp>> = {
    '': /is empty/, 'file:': /no path stands after/, 'default:otel': /no built-in config "otel"/, 's3://bucket/agent.json': /S3 are not read/,
    'ssm:': /no name of a parameter/, 'ssm:a/b/': /no path of parameters/, 'ssm:a b': /no name of a parameter/, 'ssm:/a:': /no name of a parameter/, 'ssm:/a:-1:x': /no name of a parameter/,
  };
  for (const [word, fault] of Object.entries(faults)) {
    const source = parseSource(word);
    assert.ok('fault' in source, word);
    assert.match(source.fault, fault, word);
    assert.notEqual(source.expected, '', word);
  }
});

test('a source in Parameter Store is named in messages as it was given', () => {
  for (const word of ['ssm:/a/b:prod', 'ssm:/a/b/', 'ssm:/']) {
    const source = parseSource(word);
    assert.ok('kind' in source && (source.kind === 'parameter' || source.kind === 'parameters'));
    assert.equal(parameterWord(source), word);
  }
});
