import { statSync } from 'node:fs';
import { request } from 'node:http';
import { nameIn } from '../host/identity.ts';
import { MAX_CONNECTIONS, socketAddress, socketName } from './socket-path.ts';

/** An agent that does not answer for this long is stuck, or stopped by a signal. */
export const ANSWER_MS = 10_000;
/** The lists of every document are bounded; more than this is no answer. */
const MAX_ANSWER_BYTES = 64 << 20;

/** No agent answers for a state directory. The message says why and what to do next. */
export class NoAgentError extends Error {
  constructor(message: string, cause?: unknown) {
    super(message, { cause });
    this.name = 'NoAgentError';
  }
}

/** The agent answers, and does not do what was asked. The message is its own. */
export class RefusedError extends Error {
  readonly code: number;

  constructor(code: number, message: string) {
    super(message);
    this.name = 'RefusedError';
    this.code = code;
  }
}

export interface Question {
  readonly method: 'GET' | 'POST';
  /** With its query. */
  readonly path: string;
  /** Sent as JSON. */
  readonly body?: unknown;
  readonly timeoutMs?: number;
  /** Whoever asks goes away. */
  readonly signal?: AbortSignal;
}

/** The answer of the agent that runs on a state directory. Throws NoAgentError, and RefusedError for any code but 200. */
export async function ask(stateDirectory: string, { method, path, body, timeoutMs = ANSWER_MS, signal }: Question): Promise<string> {
  let answer: { readonly code: number; readonly text: string };
  try {
    using address = socketAddress(stateDirectory);
    const limit = AbortSignal.timeout(timeoutMs);
    answer = await new Promise((resolve, reject) => {
      const call = request({ socketPath: address.path, method, path, timeout: timeoutMs, signal: signal === undefined ? limit : AbortSignal.any([limit, signal]) }, (response) => {
        const pieces: Buffer[] = [];
        let bytes = 0;
        response.on('data', (piece: Buffer) => {
          bytes += piece.length;
          if (bytes > MAX_ANSWER_BYTES) response.destroy(new Error(`more than ${MAX_ANSWER_BYTES} bytes`));
          else pieces.push(piece);
        });
        response.once('error', reject);
        response.once('end', () => { resolve({ code: response.statusCode ?? 0, text: Buffer.concat(pieces).toString() }); });
      });
      call.once('timeout', () => call.destroy(new Error(`no answer within ${timeoutMs} ms`)));
      call.once('error', reject);
      call.end(body === undefined ? undefined : JSON.stringify(body));
    });
  } catch (error) {
    throw new NoAgentError(explain(stateDirectory, error as NodeJS.ErrnoException, timeoutMs), error);
  }
  if (answer.code !== 200) throw new RefusedError(answer.code, errorIn(answer.text) ?? `the agent on ${stateDirectory} answered ${answer.code}`);
  return answer.text;
}

function errorIn(text: string): string | null {
  try {
    const { error } = JSON.parse(text) as { readonly error?: unknown };
    return typeof error === 'string' ? error : null;
  } catch {
    return null;
  }
}

/** The socket may be hidden by its directory, whose owner it then has. */
function refusedSocket(stateDirectory: string): string {
  const path = socketName(stateDirectory);
  const owner = [path, stateDirectory].map(ownerOf).find((uid) => uid !== null) ?? null;
  const user = owner === null ? null : nameIn('/etc/passwd', owner);
  return `${path} may not be opened as the user ${nameIn('/etc/passwd', process.geteuid?.() ?? -1)}: it is ${user === null ? 'the agent user' : user}'s alone. Run the same command with sudo${user === null || user === 'root' ? '' : `, or as that user (sudo -u ${user})`}`;
}

function ownerOf(path: string): number | null {
  try {
    return statSync(path).uid;
  } catch {
    return null;
  }
}

function explain(stateDirectory: string, error: NodeJS.ErrnoException, timeoutMs: number): string {
  switch (error.name === 'TimeoutError' || error.name === 'AbortError' ? 'ETIMEDOUT' : error.code) {
    case 'ENOENT': return `no agent runs on ${stateDirectory}: start one with \`systemctl start unified-agent\` or \`agent run --state-dir ${stateDirectory}\`, or name its state directory with --state-dir`;
    case 'ECONNREFUSED': return `the agent on ${stateDirectory} has ended without cleaning up (killed?): start it again with \`agent run --state-dir ${stateDirectory}\`; it goes on where it was`;
    case 'EACCES': case 'EPERM': return refusedSocket(stateDirectory);
    case 'ECONNRESET': case 'EPIPE': return `the agent on ${stateDirectory} has closed the connection: it answers ${MAX_CONNECTIONS} at once at most, or ends just now; ask again`;
    case 'ETIMEDOUT': return `the agent on ${stateDirectory} does not answer within ${timeoutMs / 1000} s: it is stopped or overloaded; see its log`;
    default: return `the agent on ${stateDirectory} cannot be asked (${error.message}): see its log`;
  }
}
