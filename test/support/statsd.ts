// A StatsD listener in this process, and clients for it.
import { createSocket } from 'node:dgram';
import type { Socket } from 'node:dgram';
import { connect } from 'node:net';
import type { Socket as Connection } from 'node:net';
import type { TestContext } from 'node:test';
import { LifetimeControl } from '../../src/lifecycle/lifetime.ts';
import type { ListenAddress, StatsdPlan } from '../../src/metrics-plan.ts';
import type { Datum } from '../../src/metrics/datum.ts';
import { createStatsd } from '../../src/metrics/statsd/statsd.ts';
import type { StatsdCounters } from '../../src/metrics/statsd/statsd.ts';
import { until } from './rig.ts';

const HOUR_MS = 3_600_000;

export interface RunningStatsd {
  readonly datums: readonly Datum[];
  /** How many it gave at a time. */
  readonly pieces: readonly number[];
  readonly counters: StatsdCounters;
  /** What it said, of whatever kind. */
  readonly said: readonly string[];
  untilSaid(words: RegExp): Promise<void>;
  /** Resolves with all it gave, when it has given all. */
  stop(): Promise<readonly Datum[]>;
}

/** Runs it until the test ends; unless the plan says otherwise, it gives nothing before it is stopped. */
export function runStatsd(t: TestContext, addresses: readonly ListenAddress[], more: Partial<StatsdPlan> = {}): RunningStatsd {
  const datums: Datum[] = [];
  const pieces: number[] = [];
  const said: string[] = [];
  const plan: StatsdPlan = {
    pointer: '/metrics/metrics_collected/statsd', addresses, intervalMs: HOUR_MS, aggregationMs: 0, resolution: 60, dropOriginal: [], append: [],
    separator: '_', maxPending: 10_000, keepGauges: true, typeDimension: false, ...more,
  };
  const statsd = createStatsd(plan, {
    sink: (some) => { pieces.push(some.length); datums.push(...some); },
    report: { note: (message) => { said.push(message); }, trouble: (_, message) => { said.push(message); }, recovered: (_, message) => { said.push(message); } },
    now: () => performance.now(), wallNow: () => Date.now(),
  });
  const life = new LifetimeControl();
  const ended = statsd.run(life);
  const stop = async (): Promise<readonly Datum[]> => {
    life.requestStop();
    await ended;
    return datums;
  };
  t.after(stop);
  return {
    datums, pieces, said, stop,
    get counters() { return statsd.counters; },
    untilSaid: (words) => until(`statsd to say ${words}`, () => said.some((message) => words.test(message))),
  };
}

/** Sends packets to a port; closed when the test ends. */
export async function udpClient(t: TestContext, port: number, host = '127.0.0.1'): Promise<Socket> {
  const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4');
  await new Promise<void>((resolve) => { socket.connect(port, host, resolve); });
  t.after(() => new Promise<void>((resolve) => { socket.close(resolve); }));
  return socket;
}

/** A connection to a port or a unix socket. */
export async function connection(t: TestContext, to: { readonly port: number } | { readonly path: string }): Promise<Connection> {
  const socket = connect({ host: '127.0.0.1', ...to });
  socket.on('error', () => {});
  t.after(() => { socket.destroy(); });
  await new Promise<void>((resolve, reject) => { socket.once('connect', resolve).once('error', reject); });
  return socket;
}
