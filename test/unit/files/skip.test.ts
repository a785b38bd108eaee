import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { judgeSample } from '../../../src/files/binary-content.ts';
import { skipByName, skipByPattern } from '../../../src/files/skip.ts';

const own = { logs: ['/var/log/agent/agent.log'], stateDirectory: '/var/lib/agent' };

describe('a match that is never followed is named with its reason', () => {
  for (const name of ['a.log.1.gz', 'a.ZST', 'a.zip', 'a.bz2', 'a.rar', 'a.tar', 'a.xz', 'a.Z', 'a.7z', 'a.lz4', 'a.tgz']) {
    it(`compressed: ${name}`, () => assert.match(skipByName(`/x/${name}`, own) ?? '', /^compressed \(\..+\)/));
  }
  for (const name of ['wtmp', 'wtmp.1', 'btmp-20261101', 'lastlog', 'faillog', 'tallylog', 'system.journal', 'user-1000@0005.journal~']) {
    it(`binary records: ${name}`, () => assert.match(skipByName(`/var/log/${name}`, own) ?? '', /binary/));
  }
  it('L68: our own logs, their rotations and the state directory', () => {
    assert.match(skipByName('/var/log/agent/agent.log', own) ?? '', /own log/);
    assert.match(skipByName('/var/log/agent/agent.log.1', own) ?? '', /own log/);
    assert.match(skipByName('/var/lib/agent/quarantine/a.log', own) ?? '', /state directory/);
  });
  it('blacklist is searched in the base name alone', () => {
    assert.match(skipByPattern('/debug/a-debug.log', /debug/, 'debug') ?? '', /blacklist "debug"/);
    assert.equal(skipByPattern('/debug/a.log', /debug/, 'debug'), null);
  });
  for (const path of ['/x/gz', '/x/a.gzip.log', '/x/wtmp.log', '/x/xwtmp', '/var/log/agent/agent.logger', '/var/lib/agent2/a.log', '/x/star.log']) {
    it(`not skipped: ${path}`, () => assert.equal(skipByName(path, own), null));
  }
});

describe('content', () => {
  const nul = (count: number): Buffer => Buffer.alloc(count);
  it('records with NULs are binary', () => {
    const record = Buffer.concat([Buffer.from([2, 0, 0, 0, 42, 0, 0]), Buffer.from('pts/0'), nul(27), Buffer.from('root'), nul(200)]);
    assert.match(judgeSample(record, 'utf-8') ?? '', /binary/);
    assert.match(judgeSample(Buffer.from('SQLite format 3\0\x10\0\x01\x01\0@  '), 'utf-8') ?? '', /binary/);
  });
  it('text is text, in any 8-bit encoding', () => {
    assert.equal(judgeSample(Buffer.from('line\r\n\tmore \x1b[31mred\x1b[0m\n'), 'utf-8'), null);
    assert.equal(judgeSample(Buffer.from([0xe9, 0xe8, 0x0a]), 'windows-1252'), null);
    assert.equal(judgeSample(Buffer.alloc(0), 'utf-8'), null);
  });
  it('L44: a hole between text is a log with a hole', () => {
    assert.equal(judgeSample(Buffer.concat([Buffer.from('one line\n'), nul(300)]), 'utf-8'), null);
    assert.equal(judgeSample(Buffer.concat([Buffer.from('one line\n'), nul(100), Buffer.from('and another\n')]), 'utf-8'), null);
  });
  it('UTF-16 is text where the entry says so or a byte order mark does, else the reason names the key', () => {
    const text = Buffer.from('a line of text\n', 'utf16le');
    assert.equal(judgeSample(text, 'utf-16le'), null);
    assert.equal(judgeSample(Buffer.concat([Buffer.from([0xff, 0xfe]), text]), 'utf-8'), null);
    assert.match(judgeSample(text, 'utf-8') ?? '', /"encoding"/);
  });
});
