import { resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Command, Option } from 'commander';
import { askStatus } from '../control/client.ts';
import { DEFAULT_STATE_DIR } from '../control/state-directory.ts';
import { Gate, newToken } from '../ui/gate.ts';
import { agentPage } from '../ui/page.ts';
import { servePage } from '../ui/server.ts';
import type { PageServer } from '../ui/server.ts';
import { AskedAgent } from './asked-agent.ts';
import { EX_UNAVAILABLE, EX_USAGE, isLoopback, listenTrouble, parsePort, signalled, urlHost } from './serving.ts';

interface UiOptions {
  readonly stateDir: string;
  readonly port: number;
  readonly host: string;
  readonly allowRemote?: true;
  readonly quiet?: true;
}

/** An agent that is busy is waited for less long than `agent status` does: the page asks again. */
const ANSWER_MS = 5_000;
/** While the agent cannot be asked and nobody looks at the page. */
const AGAIN_MS = 5_000;

async function ui({ stateDir, port, host, allowRemote, quiet }: UiOptions): Promise<number> {
  const remote = !isLoopback(host);
  if (remote && allowRemote !== true) throw new Error(`--host ${host} is not a loopback address: whoever has the URL could see names and paths of this host, unencrypted on the way. Use \`ssh -L ${port}:127.0.0.1:${port} HOST\`, or add --allow-remote if that is meant`);
  const page = agentPage();
  if (page === null) throw new Error('the page is made by the build: run `npm run build`, then dist/agent.js');
  const token = newToken();
  // Before the URL is printed: whoever reads it may end us at once.
  const ended = signalled();
  let opened: PageServer;
  const stateDirectory = resolve(stateDir);
  const watching = new AbortController();
  const agent = new AskedAgent({
    ask: () => askStatus(stateDirectory, ANSWER_MS),
    say: (line) => { process.stderr.write(`agent ui: ${line}\n`); },
    pause: () => delay(AGAIN_MS, true, { signal: watching.signal }).catch(() => false),
  });
  try {
    opened = await servePage({ host, port, gate: new Gate({ token, remote, command: 'agent ui' }), page, facts: agent.facts });
  } catch (error) {
    process.stderr.write(`agent ui: ${listenTrouble(error)}\n`);
    return EX_UNAVAILABLE;
  }
  await using server = opened;
  const url = `http://${urlHost(host)}:${server.port}/?token=${token}`;
  process.stdout.write(quiet === true ? `${url}\n` : [
    `The agent on ${stateDirectory}, to look at until Ctrl-C:`, `  ${url}`, '',
    ...(remote ? ['Whoever has this URL sees what the page shows; it travels unencrypted.', '']
      : [`From another machine: ssh -L ${server.port}:127.0.0.1:${server.port} THIS-HOST, then open the same URL there.`, '']),
  ].join('\n'));
  const watch = agent.watch();
  await ended;
  watching.abort();
  await watch;
  return 0;
}

/** `agent ui`: a read-only page about the running agent, until SIGINT or SIGTERM. */
export function uiCommand(): Command {
  return new Command('ui')
    .description('Serve a read-only page about the running agent, on this machine only; the URL it prints has the token that opens it.\nExit code: 0 after a stop, 64 wrong use, 69 the port cannot be listened on')
    .option('--state-dir <dir>', 'state directory of the agent', DEFAULT_STATE_DIR)
    .addOption(new Option('--port <port>', 'port to listen on; 0 for any free one').default(4581).argParser(parsePort))
    .option('--host <address>', 'address to listen on', '127.0.0.1')
    .option('--allow-remote', 'permit an address that other machines can reach')
    .option('--quiet', 'print the URL and nothing else')
    .action(async (options: UiOptions) => {
      try {
        process.exitCode = await ui(options);
      } catch (error) {
        process.stderr.write(`agent ui: ${(error as Error).message}\n`);
        process.exitCode = EX_USAGE;
      }
    });
}
