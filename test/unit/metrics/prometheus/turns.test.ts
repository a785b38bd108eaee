import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { Turns } from '../../../../src/metrics/prometheus/turns.ts';

test('answers of many targets are read one at a time, in the order in which they came, also when one fails', async () => {
  const turns = new Turns();
  const order: string[] = [];
  let reading = 0;
  const read = async (name: string): Promise<void> => {
    using _mine = await turns.next();
    assert.equal(++reading, 1);
    order.push(name);
    await turn();
    reading--;
    if (name === 'b') throw new Error('wrong');
  };
  const ended = await Promise.allSettled(['a', 'b', 'c'].map(read));
  assert.deepEqual([order, ended.map(({ status }) => status)], [['a', 'b', 'c'], ['fulfilled', 'rejected', 'fulfilled']]);
});
