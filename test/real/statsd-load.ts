// node test/real/statsd-load.ts [--rate 200000] [--seconds 10] [--lines 10] [--series 500] [--pending 10000]
// One program sends so many lines a second over UDP on the loopback interface, several lines a packet: counters, gauges, timings. What the
// listener counts must be what was sent, exactly; what the kernel dropped must be counted by the packet. Exit 1 otherwise, and
// when the kernel dropped any. Says the listener's share of a core and the longest time that its loop was busy.
import { fork } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { LifetimeControl } from '../../src/lifecycle/lifetime.ts';
import type { Datum } from '../../src/metrics/datum.ts';
import { createStatsd } from '../../src/metrics/statsd/statsd.ts';
import { freeUdpPort } from '../support/free-port.ts';
import { endWithUs } from './children.ts';

const BURST_MS = 5;
/** Of ten lines so many are counters; one is a gauge, the others are timings. */
const COUNTERS_OF_TEN = 6;

interface Load { readonly port: number; readonly rate: number; readonly seconds: number; readonly lines: number; readonly series: number; readonly pending: number }
interface Sent { readonly ms: number; readonly packets: number; readonly lines: number; readonly counted: number; readonly timings: number; readonly timed: number }

interface Packet { readonly bytes: Buffer; readonly counted: number; readonly timings: number; readonly timed: number }

/** As many packets as it takes to name each series once. */
function packetsOf({ lines, series }: Load): readonly Packet[] {
  return Array.from({ length: Math.ceil(series / lines) }, (_, packet) => {
    let [text, counted, timings, timed] = ['', 0, 0, 0];
    for (let line = 0; line < lines; line++) {
      const number = (packet * lines + line) % series;
      const tags = `#service:checkout,endpoint:/orders/${number},region:eu-west-1`;
      if (line % 10 < COUNTERS_OF_TEN) {
        text += `shop.requests.count:${number % 7}|c|${tags}\n`;
        counted += number % 7;
      } else if (line % 10 === COUNTERS_OF_TEN) text += `shop.queue.length:${number}|g|${tags}\n`;
      else {
        text += `shop.requests.duration:${number % 400}|ms|${tags}\n`;
        timings++;
        timed += number % 400;
      }
    }
    return { bytes: Buffer.from(text), counted, timings, timed };
  });
}

/** The sending program. */
async function send(load: Load): Promise<Sent> {
  const packets = packetsOf(load);
  const socket = createSocket('udp4');
  await new Promise<void>((resolve) => { socket.connect(load.port, '127.0.0.1', resolve); });
  let [sent, counted, timings, timed] = [0, 0, 0, 0];
  const all = Math.ceil((load.rate * load.seconds) / load.lines);
  const began = performance.now();
  while (sent < all) {
    for (const due = Math.min(all, ((performance.now() - began) / 1_000) * (load.rate / load.lines)); sent < due; sent++) {
      const packet = packets[sent % packets.length]!;
      socket.send(packet.bytes);
      counted += packet.counted;
      timings += packet.timings;
      timed += packet.timed;
    }
    await delay(BURST_MS);
  }
  const ms = performance.now() - began;
  await new Promise<void>((resolve) => { socket.close(resolve); });
  return { ms, packets: sent, lines: sent * load.lines, counted, timings, timed };
}

/** Sums of what the listener gave. */
function received(datums: readonly Datum[]): Pick<Sent, 'counted' | 'timings' | 'timed'> {
  let [counted, timings, timed] = [0, 0, 0];
  for (const { name, value } of datums) {
    if (typeof value !== 'number') {
      timings += value.count;
      timed += value.sum;
    } else if (name === 'shop_requests_count') counted += value;
  }
  return { counted, timings, timed };
}

async function listen(load: Load): Promise<boolean> {
  const datums: Datum[] = [];
  const listening = Promise.withResolvers<void>();
  const say = (message: string): void => console.log(`  ${message}`);
  const statsd = createStatsd({
    pointer: '', addresses: [{ protocol: 'udp', host: '', port: load.port }], intervalMs: 1_000, aggregationMs: 0, resolution: 1, dropOriginal: [], append: [],
    separator: '_', maxPending: load.pending, keepGauges: true, typeDimension: true,
  }, {
    sink: (some) => { datums.push(...some); },
    report: { note: (message) => { say(message); if (/listens at/.test(message)) listening.resolve(); }, trouble: (_, message) => say(message), recovered: (_, message) => say(message) },
    now: () => performance.now(), wallNow: () => Date.now(),
  });
  const life = new LifetimeControl();
  const ended = statsd.run(life);
  await listening.promise;
  const [cpu, began, busy] = [process.cpuUsage(), performance.now(), monitorEventLoopDelay({ resolution: 1 })];
  busy.enable();
  const child = fork(import.meta.filename, ['--send', JSON.stringify(load)]);
  endWithUs(child);
  const sent = await new Promise<Sent>((resolve) => { child.once('message', (message) => resolve(message as Sent)); });
  const [used, took] = [process.cpuUsage(cpu), performance.now() - began];
  busy.disable();
  life.requestStop();
  await ended;
  const { lines, malformed, kernelDropped, beyond } = statsd.counters;
  const got = received(datums);
  console.log(`${sent.lines} lines in ${sent.packets} packets of ${packetsOf(load)[0]!.bytes.length} bytes in ${(sent.ms / 1_000).toFixed(1)} s: ${Math.round(sent.lines / (sent.ms / 1_000))} a second`);
  console.log(`taken ${lines}, malformed ${malformed}, beyond the bounds ${beyond}, dropped by the kernel ${kernelDropped} packets`);
  console.log(`sums sent     ${JSON.stringify([sent.counted, sent.timings, sent.timed])}\nsums received ${JSON.stringify([got.counted, got.timings, got.timed])}`);
  console.log(`listener: ${((used.user + used.system) / 10 / took).toFixed(1)} % of a core, loop held up for ${(busy.max / 1e6).toFixed(0)} ms at most, ${Math.round(process.memoryUsage().rss / 2 ** 20)} MiB`);
  const accounted = lines + kernelDropped * load.lines === sent.lines;
  if (!accounted) console.log('NOT ACCOUNTED FOR: lines taken and lines of dropped packets are not the lines that were sent');
  return accounted && kernelDropped === 0 && got.counted === sent.counted && got.timings === sent.timings && got.timed === sent.timed;
}

const { values } = parseArgs({ options: { rate: { type: 'string', default: '200000' }, seconds: { type: 'string', default: '10' }, lines: { type: 'string', default: '10' }, series: { type: 'string', default: '500' }, pending: { type: 'string', default: '10000' }, send: { type: 'string' } } });
if (values.send !== undefined) {
  const sent = await send(JSON.parse(values.send) as Load);
  process.send!(sent);
} else {
  const load = { port: await freeUdpPort(), rate: Number(values.rate), seconds: Number(values.seconds), lines: Number(values.lines), series: Number(values.series), pending: Number(values.pending) };
  process.exitCode = await listen(load) ? 0 : 1;
}
