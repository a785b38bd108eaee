import assert from 'node:assert/strict';
import { test } from 'node:test';
import { failureWords } from '../../../src/aws/failure-words.ts';

const words = (name: string, message: string, status: number | null = null): string => failureWords({ name, message, status });

test('an error of the network says who does not answer and where to look', () => {
  assert.match(words('ECONNREFUSED', 'connect ECONNREFUSED 127.0.0.1:9'), /^ECONNREFUSED: nothing listens at 127\.0\.0\.1:9; check endpoint_override/);
  assert.match(words('ENOTFOUND', 'getaddrinfo ENOTFOUND logs.eu-central-l.amazonaws.com'), /no name server knows logs\.eu-central-l\.amazonaws\.com; check the region/);
  assert.match(words('EAI_AGAIN', 'getaddrinfo EAI_AGAIN logs.example.com'), /the name logs\.example\.com cannot be looked up/);
  assert.match(words('EPROTO', 'write EPROTO 40A3:error:0A00010B:SSL routines:tls_validate_record_header:wrong version number:tlsany_meth.c:78:\n'), /does not speak TLS; an endpoint without TLS begins with http:/);
});

test('missing credentials say how to give some, and which of them take a restart', () => {
  assert.match(words('CredentialsProviderError', 'no credentials, also not in /x: Could not load credentials from any providers'), /from any providers; give this host an instance profile, or that file keys, .* as it runs; .* AWS_ACCESS_KEY_ID .* after: systemctl restart unified-agent$/);
});

test('what is not known is shown as it is, in one line and without advice to authors of the SDK', () => {
  assert.equal(words('ECONNREFUSED', ''), 'ECONNREFUSED: ');
  assert.equal(words('ECONNRESET', 'socket hang up'), 'ECONNRESET: socket hang up');
  assert.equal(words('Error', 'XML parse error: unexpected content.\n  Deserialization error: to see the raw response, inspect the hidden field {error}.$response on this object.', 400), 'Error (HTTP 400): XML parse error: unexpected content.');
  assert.equal(words('Odd', 'one\r\n  two\n'), 'Odd: one two');
});
