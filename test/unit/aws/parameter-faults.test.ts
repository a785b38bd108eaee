import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parameterFault, type ParameterFault } from '../../../src/aws/parameter-faults.ts';

const CALL = { action: 'ssm:GetParameter', reference: '/web/agent:prod', region: 'eu-central-1', abandoned: false };
const failed = (name: string, message = 'words of the service', httpStatusCode: number | null = 400): Error =>
  Object.assign(new Error(message), { name, $metadata: httpStatusCode === null ? {} : { httpStatusCode } });
const faultOf = (error: Error, call: Partial<typeof CALL> = {}): ParameterFault => parameterFault(error, { ...CALL, ...call });

test('a missing permission is named with its action and the parameter, in the partition of the region', () => {
  const expected = (call: Partial<typeof CALL>): string => faultOf(failed('AccessDeniedException'), call).expected;
  assert.equal(expected({}), 'ssm:GetParameter on arn:aws:ssm:eu-central-1:*:parameter/web/agent');
  assert.equal(expected({ reference: 'AmazonCloudWatch-web', action: 'ssm:PutParameter' }), 'ssm:PutParameter on arn:aws:ssm:eu-central-1:*:parameter/AmazonCloudWatch-web');
  assert.equal(expected({ region: 'cn-north-1' }), 'ssm:GetParameter on arn:aws-cn:ssm:cn-north-1:*:parameter/web/agent');
  assert.equal(expected({ reference: 'arn:aws:ssm:x:123456789012:parameter/a:3' }), 'ssm:GetParameter on arn:aws:ssm:x:123456789012:parameter/a');
});

test('a key that may not be used is told from a parameter that may not be read', () => {
  assert.equal(faultOf(failed('AccessDeniedException')).fault, 'denied');
  for (const error of [
    failed('AccessDeniedException', 'User is not authorized to perform: kms:Decrypt on this resource'),
    failed('AccessDeniedException', 'The ciphertext refers to a customer master key that does not exist'), failed('InvalidKeyId'), failed('KMSAccessDeniedException'),
  ]) assert.equal(faultOf(error).fault, 'key', error.message);
});

test('what time may heal is told from what a person must change', () => {
  const kinds: Readonly<Record<string, readonly Error[]>> = {
    missing: [failed('ParameterNotFound'), failed('ParameterVersionNotFound')],
    credentials: [failed('CredentialsProviderError', 'no providers', null), failed('ExpiredTokenException'), failed('Forbidden', 'x', 403)],
    throttled: [failed('ThrottlingException'), failed('TooManyUpdates'), failed('Unknown', 'x', 429)],
    unreachable: [failed('TimeoutError', 'x', null), Object.assign(new Error('connect'), { code: 'ECONNREFUSED' }), failed('InternalServerError', 'x', 500), failed('SyntaxError', 'Unexpected <', 200)],
    refused: [failed('ValidationException'), failed('TooManyParameters', 'x', null)],
  };
  for (const [kind, errors] of Object.entries(kinds)) for (const error of errors) assert.equal(faultOf(error).fault, kind, error.name);
  assert.equal(faultOf(failed('AbortError', 'x', null), { abandoned: true }).fault, 'abandoned');
});

test('a label or version that is not there is named', () => {
  assert.match(faultOf(failed('ParameterVersionNotFound')).message, /no version or label "prod"/);
  assert.match(faultOf(failed('ParameterNotFound')).message, /^there is no such parameter in eu-central-1, or none with the version or label "prod"$/);
  assert.match(faultOf(failed('ParameterNotFound'), { reference: '/web' }).message, /^there is no such parameter in eu-central-1$/);
});

test('long words of the service are cut', () => {
  assert.ok(faultOf(failed('ValidationException', 'x'.repeat(5000))).message.length < 400);
});
