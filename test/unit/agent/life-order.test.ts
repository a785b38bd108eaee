import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import { LifeOrder } from '../../../src/agent/life-order.ts';

interface Life { readonly name: string }
const life = (name: string): Life => ({ name });

/** An order with lives entered one behind the other. */
function chain(...names: readonly string[]): { readonly order: LifeOrder<Life>; readonly lives: readonly Life[] } {
  const order = new LifeOrder<Life>();
  const lives = names.map(life);
  for (const [i, one] of lives.entries()) order.enter(one, lives[i - 1] ?? null);
  return { order, lives };
}

describe('the order of lives', () => {
  it('a life behind nothing begins at once, one behind a life that is read waits for it', () => {
    const order = new LifeOrder<Life>();
    const [a, b] = [life('a'), life('b')];
    assert.equal(order.enter(a, null), null);
    assert.equal(order.anyWaits, false);
    assert.equal(order.enter(b, a), a);
    assert.equal(order.anyWaits, true);
    assert.deepEqual(order.waitingFor(a), [b]);
  });

  it('what waits begins once, when the life before was read to its end', () => {
    const { order, lives: [a, b] } = chain('a', 'b');
    assert.deepEqual(order.drain(a!), [b]);
    assert.equal(order.anyWaits, false);
    assert.deepEqual(order.drain(a!), []);
    assert.deepEqual(order.end(a!), []);
  });

  it('a life behind one that is read no more begins at once', () => {
    const { order, lives: [a] } = chain('a');
    order.end(a!);
    assert.equal(order.enter(life('b'), a!), null);
  });

  it('a life is read once more after something was put behind it, and only once', () => {
    const { order, lives: [a] } = chain('a', 'b');
    assert.equal(order.takeUnread(a!), true);
    assert.equal(order.takeUnread(a!), false);
    assert.equal(order.drain(a!).length, 1);
  });

  it('what comes behind a life goes behind all that was put there before', () => {
    const { order, lives: [a, b, c] } = chain('a', 'b', 'c');
    const d = life('d');
    assert.equal(order.enter(d, a!), c);
    assert.deepEqual(order.drain(a!), [b]);
    assert.deepEqual(order.drain(c!), [d]);
  });

  it('while the rest of a life is looked for, what waits for it does not begin; then it waits for the rest', () => {
    const { order, lives: [a, b] } = chain('a', 'b');
    const rest = life('rest');
    order.search(a!);
    assert.deepEqual(order.end(a!), []);
    order.enter(rest, null);
    assert.deepEqual(order.found(a!, rest), []);
    assert.deepEqual(order.waitingFor(rest), [b]);
    assert.equal(order.anyWaits, true);
    assert.equal(order.enter(life('c'), rest), b);
    assert.deepEqual(order.end(rest), [b]);
  });

  it('without a rest, what waited for it begins', () => {
    const { order, lives: [a, b] } = chain('a', 'b');
    order.search(a!);
    order.end(a!);
    assert.deepEqual(order.found(a!, null), [b]);
    assert.equal(order.anyWaits, false);
  });

  it('a life that was read to its end and is read again holds back what comes from then on', () => {
    const { order, lives: [a] } = chain('a');
    order.end(a!);
    assert.equal(order.isDrained(a!), true);
    order.reopen(a!);
    assert.equal(order.isDrained(a!), false);
    assert.equal(order.enter(life('b'), a!), a);
  });

  it('the rest that begins with the acknowledgement of a life is given once', () => {
    const { order, lives: [a, b] } = chain('a', 'b');
    order.continueWith(a!, b!);
    assert.equal(order.takeRest(a!), b);
    assert.equal(order.takeRest(a!), null);
  });

  it('a life is the tail of its name until it is forgotten', () => {
    const { order, lives: [a, b] } = chain('a', 'b');
    order.setTail('app.log', a!);
    order.forget(b!);
    assert.equal(order.tail('app.log'), a);
    order.forget(a!);
    assert.equal(order.tail('app.log'), null);
  });

  it('whatever happens, each life begins once, after the end of what it waited for, and all of them in the end', () => {
    const step = fc.record({ verb: fc.constantFrom('enter', 'drain', 'end', 'search', 'found', 'lose'), of: fc.nat(20) });
    fc.assert(fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const order = new LifeOrder<Life>();
      const lives: Life[] = [];
      const begun = new Set<Life>();
      const searched = new Set<Life>();
      const waits = new Map<Life, Life>();
      const begin = (some: readonly Life[]): void => {
        for (const one of some) {
          const before = waits.get(one);
          assert.ok(before === undefined || order.isDrained(before), `${one.name} began before the end of ${before?.name}`);
          assert.ok(!begun.has(one), `${one.name} began twice`);
          begun.add(one);
        }
      };
      const enter = (after: Life | null): Life => {
        const one = life(`${lives.length}`);
        lives.push(one);
        const before = order.enter(one, after);
        if (before === null) begin([one]);
        else { assert.ok(order.isRead(before)); waits.set(one, before); }
        return one;
      };
      const end = (one: Life, rest: Life | null): void => {
        searched.delete(one);
        begin(order.found(one, rest));
        if (rest !== null) for (const next of order.waitingFor(rest)) waits.set(next, rest);
      };
      for (const { verb, of } of steps) {
        const one = lives[of % Math.max(1, lives.length)];
        // Only what has begun is read, and can come to its end.
        if (verb === 'enter' || one === undefined || !begun.has(one)) { enter(one ?? null); continue; }
        switch (verb) {
          case 'drain': begin(order.drain(one)); break;
          case 'end': begin(order.end(one)); break;
          case 'search': if (order.isRead(one)) { order.search(one); searched.add(one); begin(order.end(one)); } break;
          case 'found': if (searched.has(one)) end(one, enter(null)); break;
          case 'lose': if (searched.has(one)) end(one, null); break;
          default: throw new Error(verb);
        }
      }
      for (const one of [...searched]) end(one, null);
      // A life that begins now may let others begin.
      for (let before = -1; before !== begun.size;) {
        before = begun.size;
        for (const one of [...begun]) begin(order.end(one));
      }
      assert.equal(begun.size, lives.length);
      assert.equal(order.anyWaits, false);
    }), { numRuns: 300 });
  });
});
