import assert from 'node:assert/strict';
import { test } from 'node:test';
import { redacted } from './redacted.ts';

const rows = (cases: readonly (readonly [string, string])[]): void => {
  for (const [text, expected] of cases) assert.equal(redacted(['secrets'], text), expected, text);
};
const same = (texts: readonly string[]): void => { rows(texts.map((text) => [text, text])); };
// Put together here, so that no scanner of repositories takes them for real ones.
const AWS_ID = ['AK', 'IAIOSFODNN7EXAMPLE'].join('');
const JWT = ['eyJhbGciOiJIUzI1NiJ9', 'eyJzdWIiOiIxMjM0NTY3ODkwIn0', 'dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U'].join('.');

test('a password beside its name is replaced in text, JSON, JSON within JSON, XML and query strings, and its name stays', () => {
  rows([
    ['user=bob password=hunter2 ok', 'user=bob password=[secret] ok'],
    ['DB_PASSWORD: hunter2', 'DB_PASSWORD: [secret]'],
    ['password=a,b;c)d next', 'password=[secret] next'],
    ['Login(name=bob, passwd=x,host=y)', 'Login(name=bob, passwd=[secret],host=y)'],
    ['User(pwd=hunter2)', 'User(pwd=[secret])'],
    ['{"user":"bob","password":"hunt er\\"2","n":1}', '{"user":"bob","password":"[secret]","n":1}'],
    ['{"msg":"{\\"password\\":\\"hunter2\\",\\"n\\":1}"}', '{"msg":"{\\"password\\":\\"[secret]\\",\\"n\\":1}"}'],
    ["{'api_key': 'a b', 'x': 1}", "{'api_key': '[secret]', 'x': 1}"],
    ['{"token":12345,"n":1}', '{"token":"[secret]","n":1}'],
    ['{"token": 12345 }', '{"token": "[secret]" }'],
    ['<password>hunter2</password>', '<password>[secret]</password>'],
    ['GET /x?user=a&access_token=abc&n=1', 'GET /x?user=a&access_token=[secret]&n=1'],
    ['GET /x?next=%2F%3Ftoken%3Dabc HTTP', 'GET /x?next=%2F%3Ftoken%3D[secret] HTTP'],
    ['mysql --db-password hunter2 -u x --token \'a b\' c', 'mysql --db-password [secret] -u x --token \'[secret]\' c'],
    [':password=>"x y", :a=>1', ':password=>"[secret]", :a=>1'],
    ['aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY', 'aws_secret_access_key = [secret]'],
    ['{"SecretAccessKey": "wJalr/x+y=", "Expiration": "z"}', '{"SecretAccessKey": "[secret]", "Expiration": "z"}'],
    ['password=пароль1 ok', 'password=[secret] ok'],
    ['password=à\u00a0b ok', 'password=[secret] ok'],
  ]);
});

test('words about passwords are no passwords', () => {
  same(['Failed password for root from host', 'password: ', '"password":"",', '"token":null,"x":1', 'max_tokens=5', 'tokens: 512', 'Unexpected token: }', 'passwordPolicy=strict', 'tests bypass: 5', 'secret_name=db', 'the token is valid', 'cmd --password --user x', '-- password rules']);
});

test('the value of an authorization header is replaced, with its scheme left', () => {
  rows([
    ['Authorization: Bearer abc.def', 'Authorization: Bearer [secret]'],
    ['"authorization":"Basic dXNlcjpwYXNz","n":1', '"authorization":"Basic [secret]","n":1'],
    ['authorization=xyz, n=1', 'authorization=[secret], n=1'],
    ['sent Bearer mF_9.B5f-4.1JqM to it', 'sent Bearer [secret] to it'],
    ['basic dXNlcjpwYXNz', 'basic [secret]'],
  ]);
  same(['Basic authentication failed', 'bearer token expired', 'a basic understanding']);
});

test('tokens are known by their form, wherever they stand', () => {
  rows([
    [`key ${AWS_ID}.`, 'key [secret].'],
    [`x=${JWT};`, 'x=[secret];'],
    [`ghp_${'a1'.repeat(18)} xoxb-${'12'.repeat(5)}-ab sk_live_${'a1'.repeat(8)}`, '[secret] [secret] [secret]'],
    [`AIza${'aB3_-'.repeat(7)}`, '[secret]'],
    [`&X-Amz-Signature=${'0a'.repeat(32)}&x=1`, '&X-Amz-Signature=[secret]&x=1'],
  ]);
  same(['eyJust a word', 'AKIA', 'risk_live_', 'ask-me']);
});

test('the password of a URL is replaced, and its user and host stay', () => {
  rows([
    ['postgres://app:s3cr:e@t@db.internal:5432/x', 'postgres://app:[secret]@db.internal:5432/x'],
    ['redis://:pw@h', 'redis://:[secret]@h'],
    ['a://u:p@h b://v:q@i', 'a://u:[secret]@h b://v:[secret]@i'],
  ]);
  same(['http://host:8080/a@b', 'https://user@host/', 'at 12:30 a@b']);
});

test('a private key is replaced from its first line to its last, and without a last line to the end of the event; so are lines of one alone', () => {
  const key = (name: string): string => `-----BEGIN ${name}-----\nMIIEow\nabc=\n-----END ${name}-----`;
  rows([
    [`a\n${key('RSA PRIVATE KEY')}\nb ${key('PRIVATE KEY')}`, 'a\n[secret]\nb [secret]'],
    [key('PGP PRIVATE KEY BLOCK'), '[secret]'],
    ['"-----BEGIN OPENSSH PRIVATE KEY-----\\nabc', '"[secret]'],
  ]);
  const line = 'MIIEowIBAAKCAQEA0Z3VS5JJcds3xfn/ygWyF8PbnGy0AHB7MhgwMzg3qRm2bnfl';
  rows([[line, '[secret]'], [`${line}\r`, '[secret]\r'], [`a\n${line}abcd+/\nb`, 'a\n[secret]\nb']]);
  same([`${line}a`, ` ${line}`, line.toLowerCase(), '0123456789abcdef'.repeat(4)]);
  same([key('CERTIFICATE'), '-----BEGIN PUBLIC KEY-----']);
});
