// node test/real/collectd.ts [--seconds 8] [--install]
// Debian's collectd sends its own readings, plain, signed and encrypted, by UDP over IPv4 and IPv6, and writes the same readings to CSV files.
// Each value in those files must have come as a metric with the same host, names, time and number, and no other; what proves less
// than is asked for must all be refused and counted. Exit 1 otherwise.
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { LifetimeControl } from '../../src/lifecycle/lifetime.ts';
import type { CollectdPlan } from '../../src/metrics-plan.ts';
import { createCollectd } from '../../src/metrics/collectd/collectd.ts';
import type { CollectdCounters } from '../../src/metrics/collectd/collectd.ts';
import type { Datum } from '../../src/metrics/datum.ts';
import { freeUdpPort } from '../support/free-port.ts';
import { until } from '../support/state.ts';
import { Daemon, install, programPath } from './daemon.ts';

const TYPES = '/usr/share/collectd/types.db';
const HOST = 'real-host';
const USER = 'ann';
/** A gauge is written with seven digits, whole numbers are exact. */
const PRECISION = 5e-7;

interface Round { readonly name: string; readonly sends: 'None' | 'Sign' | 'Encrypt'; readonly asked: CollectdPlan['security']; readonly host: string; readonly password: string; readonly accepted: boolean }
const ROUNDS: readonly Round[] = [
  { name: 'plain to none', sends: 'None', asked: 'none', host: '127.0.0.1', password: 'secret', accepted: true },
  { name: 'signed to sign', sends: 'Sign', asked: 'sign', host: '127.0.0.1', password: 'secret', accepted: true },
  { name: 'encrypted to encrypt, IPv6', sends: 'Encrypt', asked: 'encrypt', host: '::1', password: 'secret', accepted: true },
  { name: 'encrypted to sign', sends: 'Encrypt', asked: 'sign', host: '127.0.0.1', password: 'secret', accepted: true },
  { name: 'plain to sign', sends: 'None', asked: 'sign', host: '127.0.0.1', password: 'secret', accepted: false },
  { name: 'signed to encrypt', sends: 'Sign', asked: 'encrypt', host: '127.0.0.1', password: 'secret', accepted: false },
  { name: 'signed, wrong password', sends: 'Sign', asked: 'sign', host: '127.0.0.1', password: 'wrong', accepted: false },
  { name: 'encrypted, wrong password', sends: 'Encrypt', asked: 'encrypt', host: '127.0.0.1', password: 'wrong', accepted: false },
];

const config = (folder: string, port: number, { sends, host, password }: Round): string => `
Hostname "${HOST}"
FQDNLookup false
BaseDir "${folder}"
PIDFile "${folder}/pid"
TypesDB "${TYPES}"
Interval 1
LoadPlugin cpu
LoadPlugin df
LoadPlugin interface
LoadPlugin load
LoadPlugin memory
LoadPlugin processes
LoadPlugin uptime
LoadPlugin csv
LoadPlugin network
<Plugin csv>
  DataDir "${folder}/csv"
  StoreRates false
</Plugin>
<Plugin network>
  <Server "${host}" "${port}">
    SecurityLevel ${sends}
    Username "${USER}"
    Password "${password}"
  </Server>
</Plugin>
`;

/** What the CSV files say, by series and time: `host/plugin-instance/type-instance dsname @seconds`. NaN is in no file's key. */
function written(folder: string): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const file of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    // host/plugin-instance/type-instance-YYYY-MM-DD
    const series = /^(.+)-\d{4}-\d\d-\d\d$/.exec(file)?.[1];
    if (series === undefined) continue;
    const [head, ...rows] = readFileSync(join(folder, file), 'utf8').trim().split('\n');
    const names = head!.split(',').slice(1);
    for (const row of rows) {
      const [time, ...values] = row.split(',');
      for (const [index, value] of values.entries()) if (!Number.isNaN(Number(value))) found.set(`${series} ${names[index]!} @${Math.round(Number(time))}`, value);
    }
  }
  return found;
}

function keyOf({ name, dimensions, time }: Datum): string {
  const get = (wanted: string): string => dimensions.find(([known]) => known === wanted)?.[1] ?? '';
  const [plugin, source] = /^collectd_([^_]+)_(.*)$/.exec(name)!.slice(1);
  const dashed = (text: string): string => (text === '' ? '' : `-${text}`);
  return `${get('host')}/${plugin}${dashed(get('instance'))}/${get('type')}${dashed(get('type_instance'))} ${source} @${Math.round(time / 1_000)}`;
}

interface Played { readonly datums: readonly Datum[]; readonly counters: CollectdCounters; readonly troubles: ReadonlySet<string>; readonly cpuMs: number; readonly written: ReadonlyMap<string, string> }

async function play(program: string, round: Round, seconds: number): Promise<Played> {
  const folder = mkdtempSync(join(tmpdir(), 'agent-collectd-'));
  try {
    const port = await freeUdpPort();
    mkdirSync(join(folder, 'csv'));
    writeFileSync(join(folder, 'auth_file'), `${USER}: secret\n`);
    writeFileSync(join(folder, 'collectd.conf'), config(folder, port, round));
    const datums: Datum[] = [];
    const troubles = new Set<string>();
    const collectd = createCollectd({
      pointer: '/metrics/metrics_collected/collectd', addresses: [{ protocol: 'udp', host: round.host, port }], aggregationMs: 0, resolution: 60, dropOriginal: [], append: [],
      prefix: 'collectd_', authFile: join(folder, 'auth_file'), security: round.asked, typesDb: [TYPES],
    }, { sink: (given) => datums.push(...given), wallNow: Date.now, report: { note: () => undefined, trouble: (_, message) => troubles.add(message), recovered: () => undefined } });
    const life = new LifetimeControl();
    const ended = collectd.run(life);
    const hex = `:${port.toString(16).toUpperCase().padStart(4, '0')} `;
    await until('the port to be open', () => ['udp', 'udp6'].some((table) => readFileSync(`/proc/net/${table}`, 'utf8').includes(hex)));
    const before = process.cpuUsage();
    const daemon = new Daemon('collectd', [program, '-f', '-C', join(folder, 'collectd.conf')]);
    const over = performance.now() + seconds * 1_000;
    try {
      await until('collectd to send', () => { daemon.assertRunning(); return collectd.counters.packets > 0; });
      await new Promise((resolve) => { setTimeout(resolve, over - performance.now()); });
    } finally {
      // It sends what it still holds.
      await daemon.stop();
    }
    const { user, system } = process.cpuUsage(before);
    // What it sent lies in the socket's buffer: read when a turn of the loop brings nothing more.
    for (let packets = -1; packets !== collectd.counters.packets;) {
      packets = collectd.counters.packets;
      await new Promise((resolve) => { setTimeout(resolve, 20); });
    }
    life.requestStop();
    await ended;
    return { datums, counters: collectd.counters, troubles, cpuMs: (user + system) / 1_000, written: written(join(folder, 'csv')) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const isSame = (value: number, text: string): boolean => (/^-?\d+$/.test(text) ? value === Number(text) : Math.abs(value - Number(text)) <= Math.abs(value) * PRECISION);

/** What is wrong with a round; empty when nothing is. */
function faultsOf(round: Round, { datums, counters, troubles, written }: Played): readonly string[] {
  const faults: string[] = [];
  const refused = Object.values(counters.refused).reduce((sum, count) => sum + count, 0);
  if (!round.accepted) {
    if (datums.length > 0) faults.push(`${datums.length} values were published`);
    if (refused !== counters.packets || troubles.size === 0) faults.push(`${refused} of ${counters.packets} packets were refused, ${troubles.size} troubles said`);
    return faults;
  }
  if (refused > 0) faults.push(`${refused} refused: ${[...troubles].join('; ')}`);
  const left = new Map(written);
  for (const datum of datums) {
    const key = keyOf(datum);
    const expected = left.get(key);
    if (expected === undefined) faults.push(`${key} is in no file`);
    else if (!isSame(Number(datum.value), expected)) faults.push(`${key} is ${JSON.stringify(datum.value)}, the file has ${expected}`);
    left.delete(key);
  }
  for (const key of left.keys()) faults.push(`${key} did not come`);
  return faults;
}

const { values: options } = parseArgs({ options: { seconds: { type: 'string', default: '8' }, install: { type: 'boolean', default: false } } });
if (options.install) install(['collectd-core']);
const program = programPath('collectd');
if (program === null) throw new Error('collectd is not installed: apt-get install --no-install-recommends collectd-core, or --install');
for (const round of ROUNDS) {
  const played = await play(program, round, Number(options.seconds));
  const faults = faultsOf(round, played);
  const { packets, values, absent, refused } = played.counters;
  const reasons = Object.entries(refused).filter(([, count]) => count > 0).map(([reason, count]) => `${count} ${reason}`).join(', ') || 'none';
  console.log(`${faults.length === 0 ? 'kept' : 'BROKEN'}  ${round.name}: ${packets} packets, ${values} values of ${played.written.size} in the files, ${absent} absent; refused: ${reasons}; ${played.cpuMs.toFixed(0)} ms of CPU`);
  for (const fault of faults.slice(0, 5)) console.log(`        ${fault}`);
  if (!round.accepted) console.log(`        said: ${[...played.troubles][0]}`);
  if (faults.length > 0) process.exitCode = 1;
}
