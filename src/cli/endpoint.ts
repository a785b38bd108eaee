import { Command, Option } from 'commander';
import { startEndpoint } from '../local-endpoint/server.ts';
import type { RunningEndpoint } from '../local-endpoint/server.ts';
import type { FaultSpec } from '../local-endpoint/fault-spec.ts';
import { Gate, newToken } from '../ui/gate.ts';
import { consolePage } from '../ui/page.ts';
import { EX_UNAVAILABLE, EX_USAGE, isLoopback, listenTrouble, parsePort, signalled } from './serving.ts';

interface Flags {
  readonly port: number;
  readonly host: string;
  readonly data?: string;
  readonly region: string;
  readonly fault?: readonly string[];
  readonly quiet?: boolean;
  readonly allowRemote?: boolean;
}

const COUNTERS_MS = 5000;

function parseFault(text: string): FaultSpec {
  try {
    return JSON.parse(text) as FaultSpec;
  } catch (error) {
    throw new Error(`--fault ${text}: not valid JSON; for example --fault '{"kind":"throttle","every":3}'`, { cause: error });
  }
}

/** `token`: what opens the endpoint's own paths beyond loopback; on loopback they need none. */
function example({ url, region, token, hasPage }: { readonly url: string; readonly region: string; readonly token: string | null; readonly hasPage: boolean }): string {
  const opened = token === null ? '' : `?token=${token}`;
  return [
    `The endpoint listens at ${url} and answers CloudWatch Logs, CloudWatch metrics and Parameter Store.`,
    '',
    'Any AWS client reaches it with',
    `  export AWS_ENDPOINT_URL=${url} AWS_REGION=${region} AWS_ACCESS_KEY_ID=local AWS_SECRET_ACCESS_KEY=local`,
    'and the agent with this in its config:',
    `  { "agent": { "region": "${region}" }, "logs": { "endpoint_override": "${url}", … }, "metrics": { "endpoint_override": "${url}", … } }`,
    'Metrics are taken in JSON, CBOR and the Query form (older clients); those in log events of the embedded metric format are read back as metrics too.',
    '',
    ...(hasPage ? [`To look at what arrives, and to switch faults on: ${url}/${opened}`] : []),
    `What was asked: curl ${url}/_requests${opened}     Faults: curl ${url}/_faults${opened} -d '{"kind":"throttle","every":3}'`,
    '',
  ].join('\n');
}

/** Says each new stream once, and the counters every few seconds if they changed. Returns what ends it. */
function watch(endpoint: RunningEndpoint, say: (line: string) => void): () => void {
  const { store, requests } = endpoint;
  store.observe({
    streamCreated: ({ group, name }) => { say(`new stream ${group} ${name}`); },
    groupChanged: () => {}, groupDeleted: (name) => { say(`group deleted ${name}`); }, streamDeleted: () => {}, stored: () => {},
  });
  let last = '';
  const timer = setInterval(() => {
    const { events, bytes } = store.evicted;
    const line = `requests ${requests.count()}, events ${requests.events}, held ${store.count()} (${(store.bytes / 1_048_576).toFixed(1)} MiB)${events > 0 ? `, evicted from memory ${events} (${(bytes / 1_048_576).toFixed(1)} MiB)` : ''}`;
    if (line !== last) say(line);
    last = line;
  }, COUNTERS_MS);
  return () => { clearInterval(timer); };
}

async function run(flags: Flags): Promise<void> {
  const faults = (flags.fault ?? []).map(parseFault);
  const remote = !isLoopback(flags.host);
  if (remote && flags.allowRemote !== true) {
    throw new Error(`--host ${flags.host} is not a loopback address: anyone who reaches it could read and write what is stored. Add --allow-remote if that is meant`);
  }
  // Before the URL is printed: whoever reads it may end us at once.
  const ended = signalled();
  const page = consolePage();
  // Whoever reaches the loopback address is on this machine, and may call the service itself.
  const token = remote ? newToken() : null;
  const gate = new Gate({ token, remote, command: 'agent endpoint' });
  let endpoint: RunningEndpoint;
  try {
    endpoint = await startEndpoint({ port: flags.port, host: flags.host, region: flags.region, console: { page: page === null ? null : (request) => gate.opened(page, request), gate: gate.refuse }, ...(flags.data !== undefined && { dataDir: flags.data }) });
  } catch (error) {
    process.stderr.write(`agent endpoint: ${listenTrouble(error)}\n`);
    process.exitCode = EX_UNAVAILABLE;
    return;
  }
  await using running = endpoint;
  for (const fault of faults) running.faults.add(fault);
  const say = (line: string): void => { if (flags.quiet !== true) process.stdout.write(`${line}\n`); };
  process.stdout.write(flags.quiet === true ? `${running.url}\n` : example({ url: running.url, region: flags.region, token, hasPage: page !== null }));
  if (flags.quiet === true && token !== null) process.stderr.write(`agent endpoint: its own paths open with the token: ${running.url}/?token=${token}\n`);
  for (const notice of running.notices) process.stderr.write(`agent endpoint: ${notice}\n`);
  const unwatch = watch(running, say);
  await ended;
  unwatch();
}

/** `agent endpoint`: a CloudWatch-compatible server on this machine, until SIGINT or SIGTERM. */
export function endpointCommand(): Command {
  return new Command('endpoint')
    .description('run a CloudWatch-compatible server on this machine: to try the agent without AWS, and to test it')
    .addOption(new Option('--port <port>', 'port to listen on; 0 for any free one').default(4580).argParser(parsePort))
    .option('--host <address>', 'address to listen on', '127.0.0.1')
    .option('--allow-remote', 'permit an address that other machines can reach')
    .option('--data <dir>', 'keep what arrives in this directory and load it at the start')
    .option('--region <region>', 'region of the ARNs', 'us-east-1')
    .option('--fault <json...>', 'faults to begin with, for example \'{"kind":"throttle","every":3}\'')
    .option('--quiet', 'print the URL and nothing else')
    .action(async (flags: Flags) => {
      try {
        await run(flags);
      } catch (error) {
        process.stderr.write(`agent endpoint: ${(error as Error).message}\n`);
        process.exitCode = EX_USAGE;
      }
    });
}
