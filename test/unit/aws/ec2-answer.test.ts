import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { attachmentsIn, errorIn, tagIn } from '../../../src/aws/ec2-answer.ts';
import { INSTANCE_ID, errorXml, tagsXml, volumesXml } from '../../support/ec2.ts';

test('the value of a tag is read as it was written, whatever characters it has', () => {
  fc.assert(fc.property(fc.string({ minLength: 1, unit: fc.constantFrom('a', ' ', '&', '<', '>', '"', ';', '#', 'amp', 'ü', '😀') }), (value) => {
    assert.equal(tagIn(tagsXml({ Name: 'x', 'aws:autoscaling:groupName': value, other: 'y' }), 'aws:autoscaling:groupName'), value);
  }));
  assert.equal(tagIn('<item><key>k</key><value>&#38;&#x41;&quot;&unheard;</value></item>', 'k'), '&A"&unheard;');
});

test('a tag that is not there, or empty, is none; nothing that is no answer makes it fail', () => {
  assert.equal(tagIn(tagsXml({ Name: 'x' }), 'aws:autoscaling:groupName'), null);
  assert.equal(tagIn(tagsXml({ k: '' }), 'k'), null);
  fc.assert(fc.property(fc.oneof(fc.string(), fc.array(fc.constantFrom('<item>', '</item>', '<key>', '</key>', '<value>', 'k', '&#', '&#x110000;', '<Code>')).map((parts) => parts.join(''))), (text) => {
    tagIn(text, 'k');
    attachmentsIn(text, 'i');
    errorIn(text);
  }));
});

test('attachments are those to this instance, by the device that was asked for', () => {
  const xml = volumesXml([['vol-1', '/dev/xvda', INSTANCE_ID], ['vol-2', '/dev/sdf', INSTANCE_ID], ['vol-3', '/dev/sdf', 'i-other']]);
  assert.deepEqual(attachmentsIn(xml, INSTANCE_ID), [{ volumeId: 'vol-1', device: '/dev/xvda' }, { volumeId: 'vol-2', device: '/dev/sdf' }]);
  assert.deepEqual(attachmentsIn(volumesXml([]), INSTANCE_ID), []);
});

test('an error has its code and words', () => {
  assert.deepEqual(errorIn(errorXml('UnauthorizedOperation', 'You may not.')), { code: 'UnauthorizedOperation', message: 'You may not.' });
  assert.equal(errorIn('<html>'), null);
});
