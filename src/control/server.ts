// The daemon's side of `agent status`, `agent reload` and their like: HTTP over a unix socket that only the agent's user may open. It has no part in
// delivery: where it cannot be opened the agent runs on without it and says so.
import { rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { Report } from '../report/report.ts';
import { answering } from './answering.ts';
import type { Route } from './route.ts';
import { MAX_CONNECTIONS, socketAddress, socketName } from './socket-path.ts';

export interface ControlOptions {
  /** Must be locked by this process: a socket that lies there belongs to an agent that is gone. */
  readonly stateDirectory: string;
  readonly routes: readonly Route[];
  readonly report: Report;
}

export interface Control extends AsyncDisposable {
  /** False when the socket could not be opened; that was reported. */
  readonly open: boolean;
}

/** Owner only, whatever the process's umask and the directory's mode are. */
const SOCKET_UMASK = 0o177;
/** Whoever waits for something when the agent ends is told so before the socket is closed. */
const LAST_ANSWERS_MS = 500;
const SUBJECT = 'control socket';

/** Opens the control socket of a state directory. Never rejects. */
export async function openControl({ stateDirectory, routes, report }: ControlOptions): Promise<Control> {
  const server = createServer(answering(routes, (problem) => report.trouble(SUBJECT, `${socketName(stateDirectory)}: ${problem}`)));
  server.maxConnections = MAX_CONNECTIONS;
  try {
    const address = socketAddress(stateDirectory);
    try {
      rmSync(address.path, { force: true });
      await listen(server, address.path);
    } catch (error) {
      address[Symbol.dispose]();
      throw error;
    }
    server.on('error', (error) => report.trouble(SUBJECT, `${socketName(stateDirectory)}: ${error.message}`));
    return { open: true, [Symbol.asyncDispose]: async () => { await close(server); address[Symbol.dispose](); } };
  } catch (error) {
    report.trouble(SUBJECT, `${socketName(stateDirectory)} cannot be opened (${(error as Error).message}): the agent runs on, but \`agent status\` cannot reach it; check what lies at that path, or choose another --state-dir`);
    return { open: false, [Symbol.asyncDispose]: () => Promise.resolve() };
  }
}

/** Binding is synchronous, so no file of another part is created under the narrow umask but by its own threads. */
function listen(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    const before = process.umask(SOCKET_UMASK);
    try {
      server.listen(path, () => { server.off('error', reject); resolve(); });
    } finally {
      process.umask(before);
    }
  });
}

/** Removes the socket too. Answers under way are given first, if they can be at once. */
function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    const late = setTimeout(() => { server.closeAllConnections(); }, LAST_ANSWERS_MS);
    server.close(() => { clearTimeout(late); resolve(); });
  });
}
