import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import { parseIo, parseLimits, parseStat, parseState, parseStatus, parseSwap } from '../../../../src/metrics/samplers/process-texts.ts';

const natural = fc.nat({ max: 4_000_000_000 });
const process = fc.record({
  pid: natural, name: fc.oneof(fc.string({ maxLength: 15 }), fc.array(fc.constantFrom(') ', ' (', 'S', ' '), { maxLength: 5 }).map((parts) => parts.join(''))), state: fc.constantFrom(...'RSDZTtWXxKWPI'), user: natural, system: natural, nice: fc.integer({ min: -20, max: 19 }), threads: natural,
  started: fc.maxSafeNat(), realtime: fc.nat({ max: 99 }), iowait: natural, guest: natural,
});

describe('the files of a process', () => {
  it('a stat that was written is read back, whatever the name holds', () => {
    fc.assert(fc.property(process, ({ pid, name, state, user, system, nice, threads, started, realtime, iowait, guest }) => {
      const text = `${pid} (${name}) ${state} 1 1 1 0 -1 4194304 9 0 0 0 ${user} ${system} 0 0 ${-1 - realtime} ${nice} ${threads} 0 ${started} 1 2 18446744073709551615 1 1 0 0 0 0 0 0 0 0 0 0 17 1 ${realtime} 0 ${iowait} ${guest} 0 0\n`;
      assert.deepEqual(parseStat(text), { pid, name, state, user: user / 100, system: system / 100, nice, threads, started, realtimePriority: realtime, iowait: iowait / 100, guest: guest / 100 });
      assert.deepEqual(parseState(text), { state, threads });
    }));
  });

  it('limits that were written are read back', () => {
    const limit = fc.option(fc.nat(), { nil: 'unlimited' as const });
    fc.assert(fc.property(limit, limit, (soft, hard) => {
      const value = (of: number | 'unlimited'): number => (of === 'unlimited' ? 2 ** 64 : of);
      assert.deepEqual(parseLimits(`Limit   Soft Limit Hard Limit Units\nMax open files            ${String(soft).padEnd(20)} ${String(hard).padEnd(20)} files     \nMax nice priority         ${String(hard).padEnd(20)} ${String(soft).padEnd(20)} \n`), {
        rlimit_num_fds_soft: value(soft), rlimit_num_fds_hard: value(hard), rlimit_nice_priority_soft: value(hard), rlimit_nice_priority_hard: value(soft),
      });
    }));
  });

  it('a process of the kernel has no memory, and a mask of signals is the number of its bits', () => {
    assert.deepEqual(parseStatus('Name:\tkthreadd\nSigPnd:\t00000000ffffffff\nShdPnd:\t8000000000000000\n'), { memory_rss: 0, memory_vms: 0, memory_data: 0, memory_stack: 0, memory_locked: 0, signals_pending: 33 });
    assert.equal(parseSwap('Name:\tkthreadd\n'), null);
  });

  it('any text is read without an error', () => {
    fc.assert(fc.property(fc.string(), (text) => { for (const parse of [parseStat, parseState, parseStatus, parseSwap, parseIo, parseLimits]) parse(text); }));
    const piece = fc.constantFrom('(', ') ', ' ', '\n', 'S', '-1', 'Max ', 'VmRSS:', 'kB', 'unlimited', 'syscr: ', '18446744073709551615');
    fc.assert(fc.property(fc.array(piece), (pieces) => { for (const parse of [parseStat, parseState, parseStatus, parseSwap, parseIo, parseLimits]) parse(pieces.join('')); }));
  });
});
