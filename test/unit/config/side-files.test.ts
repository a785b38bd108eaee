// What the CloudWatch agent has beside its config: common-config.toml and env-config.json.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { parseCommonConfig } from '../../../src/config/common-config.ts';
import { parseEnvConfig } from '../../../src/config/env-config.ts';
import { formatProblem } from '../../../src/config/problem.ts';
import type { SideFile } from '../../../src/config/side-file.ts';

const common = (text: string): SideFile => parseCommonConfig('common-config.toml', text);
const environment = (text: string): SideFile => parseEnvConfig('env-config.json', text);
const said = ({ problems }: SideFile): readonly string[] => problems.map((problem) => formatProblem(problem, false).split('\n')[0]!);

/** As the package of the CloudWatch agent installs it: every line a comment. */
const INSTALLED = `# This common-config is used to configure items used for both ssm and cloudwatch access
## Configuration for shared credential.
# [credentials]
#    shared_credential_profile = "{profile_name}"
# [proxy]
#    http_proxy = "{http_url}"
`;

test('every key of common-config.toml has its place in the environment', () => {
  const { variables, problems } = common(`
[credentials]
shared_credential_profile = "AmazonCloudWatchAgent"
shared_credential_file = "/root/.aws/credentials"
[proxy]
http_proxy = "http://one.test"
https_proxy = "http://user:s3cret@two.test"
no_proxy = "169.254.169.254"
[ssl]
ca_bundle_path = "/etc/pki/corp.pem"
[imds]
imds_retries = 3
`);
  assert.deepEqual(problems, []);
  assert.deepEqual(variables, {
    AWS_PROFILE: 'AmazonCloudWatchAgent', AWS_SHARED_CREDENTIALS_FILE: '/root/.aws/credentials', HTTP_PROXY: 'http://one.test', HTTPS_PROXY: 'http://user:s3cret@two.test', NO_PROXY: '169.254.169.254',
    AWS_CA_BUNDLE: '/etc/pki/corp.pem', AWS_METADATA_SERVICE_NUM_ATTEMPTS: '4',
  });
});

test('the file as it is installed, an empty one, and empty texts set nothing', () => {
  for (const text of [INSTALLED, '', '\uFEFF', '[proxy]\nhttp_proxy = ""\n']) assert.deepEqual(common(text), { variables: {}, problems: [] });
  for (const text of ['', ' \n', '{}']) assert.deepEqual(environment(text), { variables: {}, problems: [] });
});

test('a credentials file that is named without a profile is asked before the environment, as the CloudWatch agent asks it', () => {
  assert.deepEqual(common('[credentials]\nshared_credential_file = "/x"').variables, { AWS_SHARED_CREDENTIALS_FILE: '/x', AWS_PROFILE: 'default' });
});

test('a wrong value is an error and an unknown word a warning, each at its line; no value is ever shown', () => {
  const wrong = common('[proxy]\n  https_prox = "http://user:s3cret@two.test"\nno_proxy = ["s3cret"]\n[tls]\nx = 1\n[imds]\nimds_retries = "many"\nimds_retry = 2\n');
  assert.deepEqual(said(wrong), [
    'common-config.toml:2:3 warning: "https_prox" is no key of this file, ignored; did you mean "https_proxy"?',
    'common-config.toml:3:1 error: no_proxy is no text',
    'common-config.toml:4:1 warning: "tls" is no section of this file, ignored',
    'common-config.toml:7:1 error: imds_retries is no number of retries',
    'common-config.toml:8:1 warning: "imds_retry" is no key of this file, ignored; did you mean "imds_retries"?',
  ]);
  const json = environment('{\n\t"A": "1",\n\t"HTTPS_PROXY": ["s3cret"],\n\t"X=Y": "s3cret",\n\t"N": 5,\n\t"Z": "a\\u0000s3cret"\n}');
  assert.deepEqual(said(json), [
    'env-config.json:3:2 error: the value of HTTPS_PROXY is no text',
    'env-config.json:4:2 error: "X=Y" cannot be the name of a variable',
    'env-config.json:5:2 error: the value of N is no text',
    'env-config.json:6:2 error: the value of Z holds a NUL character',
  ]);
  assert.deepEqual(json.variables, { A: '1' });
  assert.doesNotMatch(JSON.stringify([wrong.problems, json.problems]), /s3cret/);
});

test('what is no TOML, or no JSON object, is an error at its line, without the text of the line', () => {
  const broken = common('[proxy]\nhttps_proxy = "http://user:s3cret@two.test\n');
  assert.deepEqual(broken.variables, {});
  assert.match(said(broken)[0]!, /^common-config\.toml:2:\d+ error: this is no TOML: /);
  assert.match(said(environment('{\n "A": 1,\n}'))[0]!, /^env-config\.json:3:1 error: a comma stands before/);
  assert.match(said(environment('["A"]'))[0]!, /^env-config\.json:1:1 error: this is no object of variables/);
  assert.doesNotMatch(JSON.stringify(broken), /s3cret/);
});

test('whatever stands in either file, it is read or refused, never thrown at, and only texts come of it', () => {
  fc.assert(fc.property(fc.string(), fc.json(), fc.dictionary(fc.string(), fc.string()), (text, json, variables) => {
    for (const { variables: found } of [common(text), environment(text), environment(json)]) for (const value of Object.values(found)) assert.equal(typeof value, 'string');
    const clean = Object.fromEntries(Object.entries(variables).filter(([name, value]) => name !== '' && !/[=\0]/.test(name) && !value.includes('\0') && name !== '__proto__'));
    assert.deepEqual({ ...environment(JSON.stringify(clean)).variables }, clean);
  }));
});
