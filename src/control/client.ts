import { request } from 'node:http';
import { socketAddress, socketName } from './socket-path.ts';
import { STATUS_VERSION } from './status-document.ts';
import type { ReloadDocument, StatusDocument } from './status-document.ts';

/** An agent that does not answer for this long is stuck, or stopped by a signal. */
const ANSWER_MS = 10_000;
/** A reload may have to wait for Parameter Store, three tries of ten seconds. */
const RELOAD_MS = 60_000;
/** The document's lists are bounded; more than this is no status. */
const MAX_ANSWER_BYTES = 64 << 20;

/** No agent answers for a state directory. The message says why and what to do next. */
export class NoAgentError extends Error {
  constructor(message: string, cause?: unknown) {
    super(message, { cause });
    this.name = 'NoAgentError';
  }
}

/** The status of the agent that runs on a state directory. Throws NoAgentError. */
export async function askStatus(stateDirectory: string, timeoutMs: number = ANSWER_MS): Promise<StatusDocument> {
  const text = await ask(stateDirectory, 'GET', '/status', timeoutMs);
  let document: Partial<StatusDocument>;
  try {
    document = JSON.parse(text) as Partial<StatusDocument>;
  } catch (error) {
    throw new NoAgentError(`${socketName(stateDirectory)}: what answers there is no agent`, error);
  }
  if (document.statusVersion !== STATUS_VERSION) {
    throw new NoAgentError(`the agent on ${stateDirectory} answers in format ${document.statusVersion ?? 'unknown'}, this command reads format ${STATUS_VERSION}: use the \`agent\` of the version that runs`);
  }
  return document as StatusDocument;
}

/** Lets the agent that runs on a state directory read its config again. Throws NoAgentError. */
export async function askReload(stateDirectory: string): Promise<ReloadDocument> {
  return JSON.parse(await ask(stateDirectory, 'POST', '/reload', RELOAD_MS)) as ReloadDocument;
}

async function ask(stateDirectory: string, method: 'GET' | 'POST', path: '/status' | '/reload', timeoutMs: number): Promise<string> {
  try {
    using address = socketAddress(stateDirectory);
    return await new Promise<string>((resolve, reject) => {
      const call = request({ socketPath: address.path, method, path, timeout: timeoutMs, signal: AbortSignal.timeout(timeoutMs) }, (response) => {
        const pieces: Buffer[] = [];
        let bytes = 0;
        response.on('data', (piece: Buffer) => {
          bytes += piece.length;
          if (bytes > MAX_ANSWER_BYTES) response.destroy(new Error(`more than ${MAX_ANSWER_BYTES} bytes`));
          else pieces.push(piece);
        });
        response.once('error', reject);
        response.once('end', () => {
          if (response.statusCode === 200) resolve(Buffer.concat(pieces).toString());
          else reject(new Error(`answered ${response.statusCode}`));
        });
      });
      call.once('timeout', () => call.destroy(new Error(`no answer within ${timeoutMs} ms`)));
      call.once('error', reject);
      call.end();
    });
  } catch (error) {
    throw new NoAgentError(explain(stateDirectory, error as NodeJS.ErrnoException, timeoutMs), error);
  }
}

function explain(stateDirectory: string, error: NodeJS.ErrnoException, timeoutMs: number): string {
  switch (error.name === 'TimeoutError' || error.name === 'AbortError' ? 'ETIMEDOUT' : error.code) {
    case 'ENOENT': return `no agent runs on ${stateDirectory}: start one with \`agent run --state-dir ${stateDirectory}\` or \`systemctl start unified-agent\`, or name its state directory with --state-dir`;
    case 'ECONNREFUSED': return `the agent on ${stateDirectory} has ended without cleaning up (killed?): start it again with \`agent run --state-dir ${stateDirectory}\`; it goes on where it was`;
    case 'EACCES': case 'EPERM': return `${socketName(stateDirectory)} may not be opened: ask as the user the agent runs as, or as root`;
    case 'ETIMEDOUT': return `the agent on ${stateDirectory} does not answer within ${timeoutMs / 1000} s: it is stopped or overloaded; see its log`;
    default: return `the agent on ${stateDirectory} cannot be asked (${error.message}): see its log`;
  }
}
