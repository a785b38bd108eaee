// node test/packaging/image.ts --deb FILE [--runtime runc] [--folder DIR] [--mirror URL]
// Builds the container image out of the package, on a Debian made from the mirror, and runs it with podman under a limit of memory and of
// processors: a backlog, a stop and a start, a kill. Nothing may be lost or come twice but what was in flight at the kill, the limits must be
// known, and the kernel must not have ended it. Needs root, podman and debootstrap; everything it makes is gone afterwards. Exit 1 otherwise.
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { startEndpoint } from '../../src/local-endpoint/server.ts';
import { until } from '../support/rig.ts';
import { arrivedIn } from './arrived.ts';
import { debianRoot } from './debian-root.ts';

const BASE = 'localhost/debian';
const IMAGE = 'localhost/unified-agent';
const NAME = 'agent';
const RECIPE = join(import.meta.dirname, '../../packaging/container');
/** What a small container is given. The backlog is more than that. */
const MEMORY = '144m';
const PROCESSORS = '0.5';
const BACKLOG_LINES = 1_500_000;
const MORE_LINES = 1_000;
const WAIT_MS = 300_000;

const { values } = parseArgs({ options: {
  deb: { type: 'string' }, runtime: { type: 'string', default: 'runc' },
  folder: { type: 'string', default: join(tmpdir(), 'unified-agent-debian') }, mirror: { type: 'string', default: 'http://deb.debian.org/debian' },
} });
if (values.deb === undefined) throw new Error('--deb FILE: the package that the image is made of');
if (process.getuid!() !== 0) throw new Error('a Debian is made, and run, by root alone: run this with sudo');

const scratch = mkdtempSync(join(tmpdir(), 'unified-agent-image-'));
const options = ['--root', join(scratch, 'store'), '--runroot', join(scratch, 'run'), '--storage-driver', 'overlay', '--cgroup-manager', 'cgroupfs', '--runtime', values.runtime];

async function podman(...args: readonly string[]): Promise<string> {
  const { stdout } = await promisify(execFile)('podman', [...options, ...args], { maxBuffer: 16 * 1024 * 1024 });
  return stdout.trim();
}

/** The folder as an image to build on. */
async function importBase(root: string): Promise<void> {
  const tar = spawn('tar', ['-C', root, '-c', '.'], { stdio: ['ignore', 'pipe', 'inherit'] });
  const taken = spawn('podman', [...options, 'import', '-', BASE], { stdio: [tar.stdout, 'ignore', 'ignore'] });
  const [code] = await once(taken, 'exit') as [number | null];
  if (code !== 0) throw new Error(`podman import ended with ${code}`);
}

const failures: string[] = [];
function expect(what: string, holds: boolean): void {
  console.log(`${holds ? 'ok  ' : 'FAIL'}  ${what}`);
  if (!holds) failures.push(what);
}

async function live(context: string): Promise<void> {
  await using endpoint = await startEndpoint({ port: 0 });
  const arrived = arrivedIn(endpoint, ['image']).get('image')!;
  const logs = join(scratch, 'logs');
  mkdirSync(logs);
  let written = 0;
  const write = (count: number): void => {
    appendFileSync(join(logs, 'app.log'), Array.from({ length: count }, (_, i) => `${String(written + i).padStart(9, '0')} of the image, ${'x'.repeat(120)}\n`).join(''));
    written += count;
  };
  const allArrived = async (when: string): Promise<void> => {
    await until(when, () => arrived.seen >= written, WAIT_MS);
    expect(`${when}: ${written} lines, none missing, ${arrived.again} again`, arrived.missing(written).length === 0);
  };
  const config = join(scratch, 'agent.json');
  writeFileSync(config, JSON.stringify({ agent: { region: 'us-east-1' }, logs: { endpoint_override: endpoint.url, force_flush_interval: 1, logs_collected: { files: { collect_list: [{ file_path: '/var/log/app.log', log_group_name: 'image', log_stream_name: 's' }] } } } }));

  for (let i = 0; i < 10; i++) write(BACKLOG_LINES / 10);
  await podman('run', '--detach', '--name', NAME, '--network', 'host', '--memory', MEMORY, '--cpus', PROCESSORS, '--ulimit', 'nofile=4096:4096', '--ulimit', 'nproc=4096:4096',
    '--env', 'AWS_ACCESS_KEY_ID=x', '--env', 'AWS_SECRET_ACCESS_KEY=y', '--env', 'AWS_EC2_METADATA_DISABLED=true',
    '--volume', `${config}:/etc/unified-agent/agent.json:ro`, '--volume', `${logs}:/var/log:ro`, '--volume', 'state:/var/lib/unified-agent', context);
  await allArrived(`a backlog arrives, with ${MEMORY} of memory and ${PROCESSORS} processors`);
  const status = JSON.parse(await podman('exec', NAME, '/usr/bin/unified-agent', 'status', '--json')) as { readonly limits: { readonly memoryMaxBytes: number | null; readonly cpus: number | null } };
  expect('the agent knows the limits that the container was given', status.limits.memoryMaxBytes === Number.parseInt(MEMORY, 10) * 2 ** 20 && status.limits.cpus === Number(PROCESSORS));

  write(MORE_LINES);
  await podman('stop', '--time', '60', NAME);
  expect('a stop ends it with code 0', await podman('inspect', NAME, '--format', '{{.State.ExitCode}} {{.State.OOMKilled}}') === '0 false');
  write(MORE_LINES);
  await podman('start', NAME);
  await allArrived('what was written while it was stopped arrives');
  expect('until then nothing came twice', arrived.again === 0);

  write(MORE_LINES);
  await podman('kill', '--signal', 'KILL', NAME);
  write(MORE_LINES);
  await podman('start', NAME);
  await allArrived('what was written around a kill arrives');
  expect('what came twice was in flight at the kill', arrived.again <= MORE_LINES);
  await podman('stop', '--time', '60', NAME);
}

try {
  mkdirSync(values.folder, { recursive: true });
  await importBase(await debianRoot(values.folder, values.mirror));
  const context = join(scratch, 'packages');
  cpSync(RECIPE, context, { recursive: true });
  cpSync(resolve(values.deb), join(context, values.deb.split('/').at(-1)!));
  await podman('build', '--isolation', 'chroot', '--network', 'host', '--build-arg', `BASE=${BASE}`, '--tag', IMAGE, context);
  console.log(`ok    built: ${await podman('image', 'inspect', IMAGE, '--format', '{{.Size}}')} bytes`);
  await live(IMAGE);
} finally {
  await podman('rm', '--force', '--all').catch(() => '');
  rmSync(scratch, { recursive: true, force: true });
}
console.log(failures.length === 0 ? 'image: ok' : `image: FAIL\n${failures.map((failure) => `  ${failure}`).join('\n')}`);
process.exitCode = failures.length === 0 ? 0 : 1;
