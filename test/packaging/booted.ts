// node test/packaging/booted.ts --deb FILE --later FILE [--only life|drop-in] [--folder DIR] [--mirror URL]
// Installs the package in a booted Debian and lives its whole life there: configured through Parameter Store, shipping files, journal
// and metrics while logrotate turns, upgraded, stopped, killed, held still, removed and purged. Nothing may be lost, nothing left behind.
// Then, in another one, in the place of a CloudWatch agent: taken over from it, given back, and asked by its own control command.
// Needs root, systemd-nspawn and debootstrap; makes the Debian from the mirror the first time. Exit 1 when something does not hold.
import { spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { bootContainer, Container } from './container.ts';
import { debianRoot } from './debian-root.ts';
import { standIn } from './drop-in.ts';
import { live } from './lifecycle.ts';

const NAME = 'unified-agent-test';

const { values } = parseArgs({ options: {
  deb: { type: 'string' }, later: { type: 'string' },
  folder: { type: 'string', default: join(tmpdir(), 'unified-agent-debian') }, mirror: { type: 'string', default: 'http://deb.debian.org/debian' },
  only: { type: 'string' }, leader: { type: 'string' },
} });

/** This script once more, in the container's network, where the endpoint is to listen. */
function inNetworkOf({ leader }: Container, args: readonly string[]): Promise<number> {
  const child = spawn('nsenter', [`--net=/proc/${leader}/ns/net`, process.execPath, import.meta.filename, ...args, '--leader', String(leader)], { stdio: 'inherit' });
  return new Promise((settle) => { child.once('exit', (code) => { settle(code ?? 1); }); });
}

if (values.deb === undefined || values.later === undefined) throw new Error('--deb FILE and --later FILE: the package, and a later version of it');
const [first, later] = [resolve(values.deb), resolve(values.later)];
const SCENARIOS = {
  life: (container: Container) => live(container, { first, later }),
  'drop-in': (container: Container) => standIn(container, first),
} as const;
type Scenario = keyof typeof SCENARIOS;
const all = Object.keys(SCENARIOS) as readonly Scenario[];
const chosen = all.filter((name) => values.only === undefined || values.only === name);
if (chosen.length === 0) throw new Error(`--only ${values.only}: one of ${all.join(', ')} is expected`);

/** Runs one scenario in the container whose network this process is in. */
async function play(scenario: Scenario, leader: number): Promise<void> {
  const failures = await SCENARIOS[scenario](new Container(leader));
  console.log(failures.length === 0 ? `${scenario}: ok` : `${scenario}: FAIL\n${failures.map((failure) => `  ${failure}`).join('\n')}`);
  process.exitCode = failures.length === 0 ? 0 : 1;
}

if (values.leader !== undefined) await play(chosen[0]!, Number(values.leader));
else {
  if (process.getuid!() !== 0) throw new Error('a container is booted by root alone: run this with sudo');
  mkdirSync(values.folder, { recursive: true });
  const root = await debianRoot(values.folder, values.mirror);
  for (const scenario of chosen) {
    await using booted = await bootContainer(root, NAME, [...new Set([dirname(first), dirname(later)])]);
    const code = await inNetworkOf(booted.container, ['--deb', first, '--later', later, '--only', scenario]);
    if (code !== 0) process.exitCode = 1;
  }
}
